import { StringDecoder } from 'node:string_decoder';

/** Cuts a stream of CSV (RFC 4180, as Go's encoding/csv writes it) into rows. */
export class CsvRows {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  *read(chunk: Buffer): Generator<readonly string[]> {
    const text = this.#rest + this.#decoder.write(chunk);
    let from = 0;
    for (let end = lineEnd(text, from); end >= 0; end = lineEnd(text, from)) {
      yield fieldsOf(text.slice(from, end));
      from = end + 1;
    }
    this.#rest = text.slice(from);
  }

  /** Nothing of an unfinished row is left. */
  get isWhole(): boolean {
    return this.#rest === '';
  }
}

/** The first line feed from `from` on that no quotes enclose; -1: there is none yet. */
function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  const quote = text.indexOf('"', from);
  if (end < 0 || quote < 0 || quote > end) return end;
  let isQuoted = false;
  for (let at = quote; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isQuoted = !isQuoted;
    else if (code === LINE_FEED && !isQuoted) return at;
  }
  return -1;
}

const QUOTE = 34;
const LINE_FEED = 10;

function fieldsOf(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  for (const [, quoted, plain, end] of line.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/gu)) {
    fields.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end === '') break;
  }
  return fields;
}
