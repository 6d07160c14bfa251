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
  const [first = {}] = rows;
  const missing = [...`${path}${call.body ?? ''}`.matchAll(PLACEHOLDER)].find(([, , name = '']) => !(name in first));
  if (missing !== undefined) {
    const known = Object.keys(first).join(', ') || 'no columns';
    throw new FeedError(['body'], `found the placeholder ${missing[0]}, expected one of the data: ${known}`);
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
    path: filled(path, row, (value) => encodeURIComponent(String(value))),
    headers: [],
    body: filledBody,
  };
}

const filled = (template: string, row: Row, plain: (value: unknown) => string): string =>
  template.replaceAll(PLACEHOLDER, (_, json: string | undefined, name: string) =>
    json === undefined ? plain(plainValue(row[name])) : JSON.stringify(row[name]),
  );

const plainValue = (value: unknown): unknown => (typeof value === 'object' ? JSON.stringify(value) : value);

function rowsOf({ format, file }: DataSpec): readonly Row[] {
  if (file.bytes > MOST_DATA_BYTES) {
    throw new FeedError(['data', format], `found ${file.bytes} bytes, expected at most ${MOST_DATA_BYTES}`);
  }
  const lines = readFileSync(file.path, 'utf8').split(/\r?\n/u);
  const rows =
    format === 'csv' ? csvRows(lines) : lines.flatMap((line, at) => (line.trim() === '' ? [] : [jsonRow(line, at)]));
  if (rows.length > 0) return rows;
  throw new FeedError(['data', format], 'found no row, expected at least one');
}

function csvRows([head = '', ...lines]: readonly string[]): readonly Row[] {
  const columns = csvFields(head);
  return lines.flatMap((line, at) => {
    if (line === '') return [];
    const fields = csvFields(line);
    if (fields.length !== columns.length) {
      const message = `line ${at + 2}: found ${fields.length} fields, expected ${columns.length} as in the first line`;
      throw new FeedError(['data', 'csv'], message);
    }
    return [Object.fromEntries(columns.map((column, i) => [column, fields[i] ?? '']))];
  });
}

/** The fields of one line (RFC 4180); a field in quotes may hold commas and doubled quotes. */
function csvFields(line: string): readonly string[] {
  const fields: string[] = [];
  for (const [, quotedText, plainText = ''] of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/gu)) {
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
