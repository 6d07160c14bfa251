import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { PlainCall } from '../../../../src/campaign/endpoint-spec.ts';
import { http1Bytes } from '../../../../src/targets/endpoint/http1-request.ts';
import { plainRequests } from '../../../../src/targets/endpoint/plain-requests.ts';
import { valueAtPath } from '../../../../src/targets/endpoint/response-judge.ts';

function filled(name: string, content: string, body: string | null, path = '/x'): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-rows-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = { path: join(folder, name), sha256: 'd', bytes: content.length, cache: folder };
  writeFileSync(file.path, content);
  const call: PlainCall = {
    kind: 'plain',
    method: 'POST',
    body,
    data: { format: name.endsWith('csv') ? 'csv' : 'jsonl', file, pick: 'cycle' },
    expect: { status: [200], contains: null, json: null },
    stream: null,
    batch: 1,
  };
  const { count, request } = plainRequests(call, path);
  return Array.from({ length: count }, (_, index) => {
    const made = request(index);
    return `${made.path} ${Buffer.concat(made.body).toString()}`;
  });
}

test('a body is filled from the rows of a CSV file, as text or as JSON', () => {
  const rows = 'id,text\n1,"say ""hi"", twice"\n2,plain\n';
  expect(filled('rows.csv', rows, '{"id":{{id}},"text":{{json text}}}')).toEqual([
    '/x {"id":1,"text":"say \\"hi\\", twice"}',
    '/x {"id":2,"text":"plain"}',
  ]);
});

test('a path is filled from JSON lines, encoded for an address', () => {
  const rows = '{"q":"a b/c","n":{"deep":[1]}}\n\n{"q":"d","n":null}\n';
  expect(filled('rows.jsonl', rows, '{{json n}}', '/find?q={{ q }}')).toEqual([
    '/find?q=a%20b%2Fc {"deep":[1]}',
    '/find?q=d null',
  ]);
});

test.each([
  ['rows.csv', 'id\n1\n', '{{text}}', 'body: found the placeholder {{text}}, expected one of the data: id'],
  ['rows.csv', 'a,b\n1\n', '{{a}}', 'data.csv: line 2: found 1 fields, expected 2 as in the first line'],
  ['rows.csv', 'a\n', '{{a}}', 'data.csv: found no row, expected at least one'],
  ['rows.jsonl', '[1]\n', 'x', 'data.jsonl: line 1: found [1], expected a JSON object'],
])('%s of %j with the body %j is refused', (name, rows, body, sentence) => {
  expect(() => filled(name, rows, body)).toThrow(sentence);
});

test('a request is head and body in one piece, its own headers before those of the target', () => {
  const request = {
    method: 'POST',
    path: '/a',
    headers: [['content-type', 'text/x']],
    body: [Buffer.from('hi')],
  } as const;
  const common = {
    host: 'h:1',
    headers: [
      ['content-type', 'other'],
      ['x', 'y'],
    ],
    reuse: 'never',
  } as const;
  const [only] = http1Bytes(request, common);
  expect(Buffer.from(only ?? []).toString()).toBe(
    'POST /a HTTP/1.1\r\nhost: h:1\r\nx: y\r\ncontent-type: text/x\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi',
  );
  const large = Buffer.alloc(100_000);
  expect(http1Bytes({ ...request, body: [large] }, common)[1]).toBe(large);
});

test('a value is found by its path', () => {
  const value = { outputs: [{ name: 'y', data: [1, [2]] }] };
  expect(valueAtPath(value, 'outputs[0].name')).toBe('y');
  expect(valueAtPath(value, 'outputs[0].data[1][0]')).toBe(2);
  expect(valueAtPath(value, 'outputs[3].name')).toBeUndefined();
  expect(valueAtPath(value, 'outputs.name.x')).toBeUndefined();
});
