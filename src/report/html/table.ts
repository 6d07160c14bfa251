import { html, type Markup, nothing, when } from './markup.ts';

export interface TableColumn {
  readonly heading: string;
  /** Figures stand to the right, prose keeps room for words; the first column names its row. */
  readonly kind?: 'text' | 'prose' | 'figure';
}

export interface Table {
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly (string | Markup)[])[];
  /** Below the caption: what the reader must know of dashes and signs. */
  readonly notes?: readonly string[];
}

/**
 * A table in a box that scrolls sideways by itself on a narrow page. Each row is named by its first cell. `nothing`
 * without rows.
 */
export function table({ id, caption, columns, rows, notes = [] }: Table): Markup {
  if (rows.length === 0) return nothing;
  const classOf = (index: number): Markup => {
    const kind = columns[index]?.kind ?? 'text';
    return kind === 'text' ? nothing : html` class="${kind}"`;
  };
  const heading = columns.map((column, index) => html`<th scope="col"${classOf(index)}>${column.heading}</th>`);
  const padding = Array<string>(columns.length).fill('');
  const row = (cells: readonly (string | Markup)[]): Markup =>
    html`<tr>${[...cells, ...padding.slice(cells.length)].map((cell, index) =>
      index === 0 ? html`<th scope="row">${cell}</th>` : html`<td${classOf(index)}>${cell}</td>`,
    )}</tr>\n`;
  return html`<div class="scroll" role="group" aria-labelledby="${id}"><table>
<caption id="${id}">${caption}</caption>
<thead><tr>${heading}</tr></thead>
<tbody>
${rows.map(row)}</tbody></table></div>
${when(notes.length > 0, () => html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>\n`)}`;
}

export const text = (heading: string): TableColumn => ({ heading, kind: 'text' });
export const prose = (heading: string): TableColumn => ({ heading, kind: 'prose' });
export const figure = (heading: string): TableColumn => ({ heading, kind: 'figure' });
