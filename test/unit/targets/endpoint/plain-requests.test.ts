import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { PlainCall } from '../../../../src/campaign/endpoint-spec.ts';
import { http1Bytes } from '../../../../src/targets/endpoint/http1-request.ts';
import { plainRequests } from '../../../../src/targets/endpoint/plain-requests.ts';
import { valueAtPath } from '../../../../src/targets/endpoint/response-judge.ts';

function filled(name: string, content: string | Buffer, body: string | null, path = '/x'): string[] {
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

test('a field in quotes may go over several lines, and a byte-order mark is no part of the first column', () => {
  const rows = '\uFEFFid,text\r\n1,"two\r\nlines, ""quoted"""\r\n\r\n2,plain\r\n';
  expect(filled('rows.csv', rows, '{{id}} {{json text}}')).toEqual([
    '/x 1 "two\\r\\nlines, \\"quoted\\""',
    '/x 2 "plain"',
  ]);
});

test('a row may have empty fields anywhere', () => {
  const rows = 'a,b,c\n,2,\n"3"" pipe",4,\n"",,""\n';
  expect(filled('rows.csv', rows, '{{json a}}{{json b}}{{json c}}')).toEqual([
    '/x """2"""',
    '/x "3\\" pipe""4"""',
    '/x """"""',
  ]);
});

test('a row of one empty field in quotes is a row, an empty line is none, and the last line needs no end', () => {
  expect(filled('rows.csv', 'a\n""\n\n5 disks\n"3"" disk"', '{{json a}}')).toEqual([
    '/x ""',
    '/x "5 disks"',
    '/x "3\\" disk"',
  ]);
});

test('a field may be as large as the file', () => {
  const long = 'x""'.repeat(2_000_000);
  const [only] = filled('rows.csv', `a,b\n"${long}",1\n`, '{{a}}');
  expect(only?.length).toBe('/x '.length + 4_000_000);
});

test('an address is sent with what it may not hold encoded, and with the rest as it is written', () => {
  const rows = '{"q":"\\ud800 ü"}\n';
  expect(filled('rows.jsonl', rows, null, '/søk%2F{{ q }}?a=b c&d=[é]')).toEqual([
    '/s%C3%B8k%2F%EF%BF%BD%20%C3%BC?a=b%20c&d=[%C3%A9] ',
  ]);
});

test.each([
  [
    'rows.jsonl',
    '{"a":1}\n\n{"b":2}\n',
    '{{json a}}',
    'body: found the placeholder {{json a}}, expected one of row 2 of the data: b',
  ],
  ['rows.jsonl', '{"a":1}\n', '{{toString}}', 'body: found the placeholder {{toString}}, expected one of the data: a'],
  ['rows.csv', 'a\n"1\n2\n', '{{a}}', 'data.csv: line 2: found a quote that is not closed, expected its end'],
  ['rows.csv', 'a,b\n"1"2,3\n', '{{a}}', 'data.csv: line 2: found text behind a quote that closes a field'],
  [
    'rows.csv',
    'a,b\r\n"1\r\n",2\r\n\r\n3" pipe,4\r\n',
    '{{a}}',
    'data.csv: line 5: found a quote within a field that does not begin with one',
  ],
  ['rows.csv', 'a,b,a\n1,2,3\n', '{{a}}', 'data.csv: line 1: found the column "a" twice, expected different names'],
  ['rows.csv', 'a\n"1\n2"\n\n3,4\n', '{{a}}', 'data.csv: line 5: found 2 fields, expected 1 as in the first line'],
  ['rows.csv', Buffer.from('a\nM\xfcller\n', 'latin1'), '{{a}}', 'data.csv: found bytes that are no UTF-8'],
  ['rows.jsonl', Buffer.from('{"a":"\xfc"}\n', 'latin1'), '{{a}}', 'data.jsonl: found bytes that are no UTF-8'],
  ['rows.csv', 'id\n1\n', '{{text}}', 'body: found the placeholder {{text}}, expected one of the data: id'],
  ['rows.csv', 'a,b\n1\n', '{{a}}', 'data.csv: line 2: found 1 field, expected 2 as in the first line'],
  ['rows.csv', 'a\n', '{{a}}', 'data.csv: found no row, expected at least one'],
  ['rows.jsonl', '[1]\n', 'x', 'data.jsonl: line 1: found [1], expected a JSON object'],
])('%s of %j with the body %j is refused', (name, rows, body, sentence) => {
  expect(() => filled(name, rows, body)).toThrow(sentence);
});

test('a request is head and body in one piece; of a header that is given twice the nearer one goes', () => {
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
      ['user-agent', 'loadcell'],
      ['user-agent', 'mine'],
      ['host', 'model.example'],
    ],
    reuse: 'never',
  } as const;
  const [only] = http1Bytes(request, common);
  expect(Buffer.from(only ?? []).toString()).toBe(
    'POST /a HTTP/1.1\r\nhost: model.example\r\ncontent-type: text/x\r\nx: y\r\nuser-agent: mine\r\n' +
      'content-length: 2\r\nconnection: close\r\n\r\nhi',
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
