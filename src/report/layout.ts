/** Text in columns. Widths count UTF-16 units: reports hold no wide characters of their own. */
import { visible } from './visible.ts';

/** Colours a verdict or a heading; {@link plain} leaves it alone. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly doubtful: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

const asIs = (text: string): string => text;
export const plain: Paint = { good: asIs, bad: asIs, doubtful: asIs, strong: asIs, faint: asIs };

const rendition =
  (code: number, end: number) =>
  (text: string): string =>
    `\u001b[${code}m${text}\u001b[${end}m`;
/** ANSI select graphic rendition (ECMA-48). */
export const ansi: Paint = {
  good: rendition(32, 39),
  bad: rendition(31, 39),
  doubtful: rendition(33, 39),
  strong: rendition(1, 22),
  faint: rendition(2, 22),
};

/** Rows in columns two spaces apart: the first column to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** Rows in columns two spaces apart, all to the left; the last column is not padded. */
export function leftColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  '),
  );
}

/** Breaks a sentence at spaces so that no line is longer than `width`; a longer word stands alone. Sentences may quote a target. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of visible(text).split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

/** A sentence below a bullet: `bullet` once, then equal indentation. */
export function bulleted(bullet: string, text: string, width: number): string[] {
  const indent = ' '.repeat(bullet.length);
  return wrapped(text, width - bullet.length).map((line, index) => `${index === 0 ? bullet : indent}${line}`);
}
