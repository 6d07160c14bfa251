/** The keys and list positions that lead to a value. */
export type Path = readonly (string | number)[];

/** Something wrong in a campaign, at its place. */
export interface Mistake {
  /** Whole: `scenarios.load.load.rate`; empty for the file as a whole. */
  readonly path: string;
  /** The file's name, or the command-line option (`--set fleet.agents=0`) that brought the value. */
  readonly source: string;
  /** In `source`, both counted from 1. */
  readonly line: number;
  readonly column: number;
  /** `found …, expected …, for example …`, without the place. */
  readonly message: string;
}

/** `scenarios.load.objectives[2]`; a key that is no plain word stands in quotes. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += `${text === '' ? '' : '.'}${/^[\p{L}\p{N}_-]+$/u.test(step) ? step : JSON.stringify(step)}`;
  }
  return text;
}

/**
 * Begins what is said of a credential that stands where only a reference may: neither its line nor what `--set` brought is
 * shown with it.
 */
export const LITERAL_CREDENTIAL = 'found a literal credential';

const isCredential = ({ message }: Mistake): boolean => message.startsWith(LITERAL_CREDENTIAL);

/** One line for people: `smoke.yaml:7:22: scenarios.load.load.rate: found 0, expected …`. */
export function mistakeLine(mistake: Mistake): string {
  const source = isCredential(mistake) ? mistake.source.replace(/=.*$/su, '=…') : mistake.source;
  const where = `${source}:${mistake.line}:${mistake.column}`;
  return mistake.path === '' ? `${where}: ${mistake.message}` : `${where}: ${mistake.path}: ${mistake.message}`;
}

/** As {@link mistakeLine}, with the line of the source and a caret under the place. `text` is the source's text. */
export function mistakeWithLine(mistake: Mistake, text: string): string {
  const line = text.split(/\r?\n/u)[mistake.line - 1];
  if (line === undefined || line.trim() === '' || isCredential(mistake)) return mistakeLine(mistake);
  const from = Math.max(0, mistake.column - 70);
  const shown = line.slice(from, from + 110);
  return `${mistakeLine(mistake)}\n    ${shown}\n    ${' '.repeat(mistake.column - 1 - from)}^`;
}
