/**
 * HTML as a value of its own: only {@link html} makes it, and text becomes part of it escaped. So no text of a campaign,
 * a target or a model can turn into markup.
 */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | readonly Markup[];

/** A piece of HTML from a template; every part that is no {@link Markup} is escaped, for text and quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = strings[0] ?? '';
  parts.forEach((part, index) => {
    text += textOf(part) + (strings[index + 1] ?? '');
  });
  return new Markup(text);
}

export const nothing = new Markup('');

/** `then` where there is something to show. */
export const when = (condition: unknown, then: () => Markup): Markup => (condition ? then() : nothing);

/** Pieces one after the other, with something between them. */
export function joined(pieces: readonly Markup[], between: string): Markup {
  return new Markup(pieces.map(({ text }) => text).join(escaped(between)));
}

/** A sentence in which `code` is set as such. */
export function sentence(text: string): Markup {
  const pieces = text.split('`');
  if (pieces.length % 2 === 0) return html`${text}`;
  return new Markup(
    pieces.map((piece, index) => (index % 2 === 1 ? html`<code>${piece}</code>` : html`${piece}`).text).join(''),
  );
}

/** JSON inside a script element of a type that no browser runs; nothing in it can end the element. */
export const jsonScript = (id: string, value: unknown): Markup =>
  new Markup(
    `<script type="application/json" id="${escaped(id)}">${JSON.stringify(value).replaceAll('<', '\\u003c')}</script>`,
  );

/** A program or a style sheet inside its element, as given. Throws when its text would end the element. */
export function inlined(element: 'script' | 'style', text: string): Markup {
  if (/<\/(script|style)|<!--/i.test(text)) throw new Error(`a ${element} holds what would end its element`);
  return new Markup(`<${element}>${text}</${element}>`);
}

function textOf(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === 'string') return escaped(part);
  return typeof part === 'number' ? String(part) : part.map(({ text }) => text).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters, which HTML forbids, show as the replacement character; so do halves of surrogate pairs. */
const escaped = (text: string): string =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '\ufffd')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
