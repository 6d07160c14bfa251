import { readFileSync } from 'node:fs';
import type { DataSpec, PlainCall } from '../../campaign/endpoint-spec.ts';
import { FeedError } from '../feed-error.ts';
import { CsvFault, csvRecords } from './csv-records.ts';
import type { PreparedRequest, RequestSource } from './prepared-request.ts';

const PLACEHOLDER = /\{\{\s*(json\s+)?([\w.-]+)\s*\}\}/gu;
const MOST_DATA_BYTES = 256 * 2 ** 20;
const encoder = new TextEncoder();

/** A row of data by its columns: texts of a CSV file, any value of a JSON line. */
type Row = Readonly<Record<string, unknown>>;

/** The requests of a call of any method and body: one for each row of its data, or one. @throws FeedError */
export function plainRequests(call: PlainCall, path: string): RequestSource {
  const rows = call.data === null ? [{}] : rowsOf(call.data);
  for (const [placeholder, , name = ''] of `${path}${call.body ?? ''}`.matchAll(PLACEHOLDER)) {
    const lacking = rows.findIndex((row) => !Object.hasOwn(row, name));
    if (lacking < 0) continue;
    const known = Object.keys(rows[lacking] ?? {}).join(', ') || 'no columns';
    const where = lacking === 0 ? 'the data' : `row ${lacking + 1} of the data`;
    throw new FeedError(['body'], `found the placeholder ${placeholder}, expected one of ${where}: ${known}`);
  }
  return {
    count: rows.length,
    digest: call.data === null ? null : `sha256:${call.data.file.sha256}`,
    request: (index) => requestOf(call, path, rows[index] ?? {}),
    close: () => {},
  };
}

function requestOf({ method, body }: PlainCall, path: string, row: Row): PreparedRequest {
  const filledBody = body === null ? [] : [encoder.encode(filled(body, row, String))];
  return {
    method,
    path: sendable(filled(path, row, (value) => encodeURIComponent(String(value).toWellFormed()))),
    headers: [],
    body: filledBody,
  };
}

/** A path as it may stand in a request: what is no character of an address is encoded, all else stays as it is written. */
const sendable = (path: string): string =>
  path.replaceAll(/[^\x21-\x7e]+/gu, (odd) => encodeURIComponent(odd.toWellFormed()));

const filled = (template: string, row: Row, plain: (value: unknown) => string): string =>
  template.replaceAll(PLACEHOLDER, (_, json: string | undefined, name: string) =>
    json === undefined ? plain(plainValue(row[name])) : JSON.stringify(row[name]),
  );

const plainValue = (value: unknown): unknown => (typeof value === 'object' ? JSON.stringify(value) : value);

function rowsOf({ format, file }: DataSpec): readonly Row[] {
  if (file.bytes > MOST_DATA_BYTES) {
    throw new FeedError(['data', format], `found ${file.bytes} bytes, expected at most ${MOST_DATA_BYTES}`);
  }
  const text = textOf(file.path, format);
  const rows = format === 'csv' ? csvRows(text) : jsonRows(text);
  if (rows.length > 0) return rows;
  throw new FeedError(['data', format], 'found no row, expected at least one');
}

/** Without the mark that may stand in front. A character that is none is refused: it would be sent as another one. */
function textOf(path: string, format: DataSpec['format']): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new FeedError(['data', format], 'found bytes that are no UTF-8, expected a text in UTF-8', { cause: error });
  }
}

function csvRows(text: string): readonly Row[] {
  try {
    const [head, ...records] = csvRecords(text);
    if (head === undefined) return [];
    const columns = head.fields;
    const twice = columns.find((column, at) => columns.indexOf(column) < at);
    if (twice !== undefined) {
      const sentence = `found the column ${JSON.stringify(twice)} twice, expected different names`;
      throw new CsvFault(text, head.from, sentence);
    }
    for (const { fields, from } of records) {
      if (fields.length === columns.length) continue;
      throw new CsvFault(
        text,
        from,
        `found ${counted(fields.length)}, expected ${columns.length} as in the first line`,
      );
    }
    return records.map(({ fields }) => Object.fromEntries(columns.map((column, i) => [column, fields[i] ?? ''])));
  } catch (error) {
    if (error instanceof CsvFault) throw new FeedError(['data', 'csv'], error.message, { cause: error });
    throw error;
  }
}

const counted = (fields: number): string => `${fields} field${fields === 1 ? '' : 's'}`;

const jsonRows = (text: string): readonly Row[] =>
  text.split(/\r?\n/u).flatMap((line, at) => (line.trim() === '' ? [] : [jsonRow(line, at)]));

function jsonRow(line: string, at: number): Row {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = null;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
  throw new FeedError(['data', 'jsonl'], `line ${at + 1}: found ${line.slice(0, 40)}, expected a JSON object`);
}
