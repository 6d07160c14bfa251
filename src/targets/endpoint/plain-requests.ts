import { readFileSync } from 'node:fs';
import type { DataSpec, PlainCall } from '../../campaign/endpoint-spec.ts';
import { FeedError } from '../feed-error.ts';
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
  const lines = readFileSync(file.path, 'utf8')
    .replace(/^\uFEFF/u, '')
    .split(/\r?\n/u);
  const rows =
    format === 'csv' ? csvRows(lines) : lines.flatMap((line, at) => (line.trim() === '' ? [] : [jsonRow(line, at)]));
  if (rows.length > 0) return rows;
  throw new FeedError(['data', format], 'found no row, expected at least one');
}

function csvRows(lines: readonly string[]): readonly Row[] {
  const [head, ...records] = csvRecords(lines);
  const columns = csvFields(head?.text ?? '');
  return records.map(({ text, line }) => {
    const fields = csvFields(text);
    if (fields.length !== columns.length) {
      const message = `line ${line}: found ${fields.length} fields, expected ${columns.length} as in the first line`;
      throw new FeedError(['data', 'csv'], message);
    }
    return Object.fromEntries(columns.map((column, i) => [column, fields[i] ?? '']));
  });
}

/** What belongs to one row, and the line that it begins on: the end of a line within quotes belongs to its field. */
function csvRecords(lines: readonly string[]): readonly { readonly text: string; readonly line: number }[] {
  const records: { readonly text: string; readonly line: number }[] = [];
  let parts: string[] = [];
  let isOpen = false;
  for (const [at, text] of lines.entries()) {
    parts.push(text);
    if (text.split('"').length % 2 === 0) isOpen = !isOpen;
    if (isOpen) continue;
    const line = at + 2 - parts.length;
    if (parts.length > 1 || text !== '') records.push({ text: parts.join('\n'), line });
    parts = [];
  }
  if (!isOpen) return records;
  const line = lines.length + 1 - parts.length;
  throw new FeedError(['data', 'csv'], `line ${line}: found a quote that is not closed, expected its end`);
}

/** The fields of one row (RFC 4180); a field in quotes may hold commas, line ends and doubled quotes. */
function csvFields(row: string): readonly string[] {
  const fields: string[] = [];
  for (const [, quotedText, plainText = ''] of row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/gu)) {
    fields.push(quotedText === undefined ? plainText : quotedText.replaceAll('""', '"'));
  }
  return fields;
}

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
