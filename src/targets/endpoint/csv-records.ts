/** A record of CSV and the line that it begins on, from 1. */
export interface CsvRecord {
  readonly fields: readonly string[];
  readonly line: number;
}

/** A text that is no CSV: one sentence with where, what was found and what would be right. */
export class CsvFault extends Error {}

/**
 * The records of a text of CSV (RFC 4180), as they are written: lines end with LF or CRLF, a field in quotes may hold commas,
 * line ends and doubled quotes, and a quote within a field that does not begin with one is a character like others. Empty
 * lines are no records.
 *
 * @throws CsvFault for quotes that are not closed, or that something else than a comma or a line's end follows.
 */
export function* csvRecords(text: string): Generator<CsvRecord> {
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const fields: string[] = [];
    const began = at;
    let lines = 0;
    for (let isLast = false; !isLast; ) {
      const field = text[at] === '"' ? quotedField(text, at, line + lines) : plainField(text, at);
      fields.push(field.value);
      lines += field.lines;
      isLast = text[field.end] !== ',';
      at = field.end + (isLast ? 0 : 1);
    }
    const isEmpty = at === began;
    at += lineEndAt(text, at);
    if (!isEmpty) yield { fields, line };
    line += lines + 1;
  }
}

/** `end`: what follows the field, a comma or a line's end. */
interface CsvField {
  readonly value: string;
  readonly end: number;
  /** Line ends within it. */
  readonly lines: number;
}

function plainField(text: string, from: number): CsvField {
  let end = from;
  while (end < text.length && !endsField(text, end)) end++;
  return { value: text.slice(from, end), end, lines: 0 };
}

function quotedField(text: string, from: number, line: number): CsvField {
  for (let quote = text.indexOf('"', from + 1); quote >= 0; quote = text.indexOf('"', quote + 2)) {
    if (text[quote + 1] === '"') continue;
    const end = quote + 1;
    if (end < text.length && !endsField(text, end)) {
      const found = JSON.stringify(text.slice(end, end + 20));
      throw new CsvFault(`line ${line}: found ${found} behind a quote that closes a field, expected a comma`);
    }
    const value = text.slice(from + 1, quote).replaceAll('""', '"');
    return { value, end, lines: value.split('\n').length - 1 };
  }
  throw new CsvFault(`line ${line}: found a quote that is not closed, expected its end`);
}

const COMMA = 44;
const LF = 10;
const CR = 13;

function endsField(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === COMMA || code === LF || (code === CR && lineEndAt(text, at) > 0);
}

/** Characters of the line's end at a place; 0: there is none. */
function lineEndAt(text: string, at: number): number {
  if (text[at] === '\n') return 1;
  return text[at] === '\r' && (at + 1 === text.length || text[at + 1] === '\n') ? Math.min(2, text.length - at) : 0;
}
