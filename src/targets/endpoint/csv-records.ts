import { CsvError, type Info, parse } from 'csv-parse/sync';

/** A record of CSV and how many bytes of the text come before it. */
export interface CsvRecord {
  readonly fields: readonly string[];
  readonly from: number;
}

/** A text that is no CSV: one sentence with where, what was found and what would be right. */
export class CsvFault extends Error {
  constructor(text: string, from: number, sentence: string) {
    super(`line ${lineOf(text, from)}: ${sentence}`);
  }
}

const OPTIONS = { info: true, relax_column_count: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n'] };

/**
 * The records of a text of CSV (RFC 4180), their fields as they are written: lines end with LF or CRLF, a field in quotes may hold
 * commas, line ends and doubled quotes. Empty lines are no records.
 *
 * @throws CsvFault
 */
export function csvRecords(text: string): readonly CsvRecord[] {
  let from = 0;
  return parsed(text).map(({ info, record }) => {
    const begun = from;
    from = info.bytes;
    return { fields: record, from: begun };
  });
}

function parsed(text: string): readonly { readonly info: Info; readonly record: readonly string[] }[] {
  try {
    return parse(text, OPTIONS) as unknown as ReturnType<typeof parsed>;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new CsvFault(text, Number(error.bytes), SENTENCES[error.code] ?? error.message);
  }
}

const SENTENCES: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'found a quote that is not closed, expected its end',
  CSV_INVALID_CLOSING_QUOTE: 'found text behind a quote that closes a field, expected a comma or the end of the line',
  INVALID_OPENING_QUOTE:
    'found a quote within a field that does not begin with one, expected the field in quotes and its quotes doubled',
};

/** The line, from 1, that begins with the first character from `from` on that ends none. */
function lineOf(text: string, from: number): number {
  const bytes = Buffer.from(text);
  const rest = bytes.toString('utf8', from);
  const first = rest.search(/[^\r\n]/u);
  const before = bytes.toString('utf8', 0, from) + rest.slice(0, Math.max(0, first));
  return before.split('\n').length;
}
