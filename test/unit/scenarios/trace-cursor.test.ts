import { expect, test } from 'vitest';
import { TraceCursor } from '../../../src/scenarios/trace-cursor.ts';
import { linesOf, MemoryFile } from '../../support/traces.ts';

const NONE = -1;
const seconds = (text: string, scale = 1) => linesOf(text, scale).map(([at]) => at);

test.each([
  ['a single column without a header', '0\n0.5\n1.25\n'],
  ['without a last line feed', '0\n0.5\n1.25'],
  ['with carriage returns, blank lines and a byte order mark', '\uFEFFat\r\n\r\n0\r\n0.5\r\n\r\n1.25\r\n'],
  ['milliseconds', 'atMs\n0\n500\n1250\n'],
  ['microseconds', 'atUs\n0\n500000.0\n1250000\n'],
  ['nanoseconds', 'atNs\n0\n500000000\n1250000000\n'],
  ['among columns of others', 'id,at,x\n7,0,a\n8,0.5,b\n9, 1.25 ,\n'],
  ['quoted', '"id","at"\n"a,b","0"\n"c","0.5"\n"","1.25"\n'],
  ['with exponents', 'at\n0e0\n5e-1\n1.25E0\n'],
  ['timestamps, from the first', 'at\n2026-01-31T12:00:00Z\n2026-01-31T12:00:00.5Z\n2026-01-31T13:00:01.25+01:00\n'],
  ['timestamps without a zone', '2026-01-31 12:00:00\n2026-01-31 12:00:00.500\n2026-01-31 12:00:01.25\n'],
  ['JSON lines', '{"at":0}\n{"at":0.5,"x":[1]}\n{"at":1.25}\n'],
  ['JSON lines in milliseconds', '{"atMs":0}\n{"atMs":500}\n{"atMs":1250}'],
  [
    'JSON lines with timestamps',
    '{"at":"2026-01-31T12:00:00Z"}\n{"at":"2026-01-31T12:00:00.5Z"}\n{"at":"2026-01-31T12:00:01.25Z"}',
  ],
])('instants: %s', (_, text) => {
  expect(seconds(text)).toEqual([0, 0.5, 1.25]);
});

test('a scale of 2 is twice as fast, to the nanosecond', () => {
  expect(seconds('0.5\n1.5\n', 2)).toEqual([0.25, 0.75]);
  expect(seconds('0.000000001\n0.000000005\n', 0.5)).toEqual([2e-9, 1e-8]);
});

test('decimals are exact: a tenth of a second is a hundred million nanoseconds, at any distance', () => {
  const cursor = new TraceCursor(new MemoryFile('0.1\n3600.1\n86400.123456789\n86400.12345678951\n'), 1, '');
  const found: number[] = [];
  while (cursor.next()) found.push(cursor.atNs);
  expect(found).toEqual([100_000_000, 3_600_100_000_000, 86_400_123_456_789, 86_400_123_456_790]);
});

test('a line may name a sample and a target', () => {
  expect(linesOf('at,sample,target\n0,3,classifier\n1,,other\n2,0,\n3,4294967295,"classifier"\n')).toEqual([
    [0, 3, true],
    [1, NONE, false],
    [2, 0, false],
    [3, 4_294_967_295, true],
  ]);
  expect(linesOf('{"at":0,"sample":3,"target":"classifier"}\n{"at":1,"target":"classifiers"}\n{"at":2}')).toEqual([
    [0, 3, true],
    [1, NONE, false],
    [2, NONE, false],
  ]);
});

test('lines are the same however the file comes in pieces', () => {
  const text = `at,sample\n${Array.from({ length: 40_000 }, (_, i) => `${i / 1000},${i}`).join('\n')}\n`;
  const whole = linesOf(text);
  expect(whole).toHaveLength(40_000);
  expect(whole.at(-1)).toEqual([39.999, 39_999, false]);
  for (const atOnce of [7, 1000, 65_535]) expect(linesOf(text, 1, '', atOnce)).toEqual(whole);
});

test.each([
  ['', 'found an empty file, expected a line for every arrival'],
  ['\n\n', 'found an empty file, expected a line for every arrival'],
  ['time,sample\n1,2\n', 'line 1: found the columns time, sample, expected one named at, atMs, atUs or atNs'],
  ['at,atMs\n', 'line 1: found at and atMs, expected one named at, atMs, atUs or atNs'],
  ['at,at\n', 'line 1: found the column at twice, expected it once'],
  ['0,1\n', 'line 1: found 2 columns without a header, expected one such as at,sample,target'],
  ['at\n1\n0.5\n', 'line 3: found 0.5 s after 1 s, expected instants in ascending order'],
  [
    'at\n1\nsoon\n',
    'line 3: found soon, expected an instant at or after the start, for example 1.25 or 2026-01-31T12:00:00.5Z',
  ],
  [
    'at\n-1\n',
    'line 2: found -1, expected an instant at or after the start, for example 1.25 or 2026-01-31T12:00:00.5Z',
  ],
  ['at,sample\n\n1\n', 'line 3: found 1 of the columns, expected at least 2'],
  ['at,sample\n1,-1\n', 'line 2: found the sample -1, expected its index, a whole number from 0'],
  ['at,sample\n1,1.0\n', 'line 2: found the sample 1.0, expected its index, a whole number from 0'],
  ['at,sample\n1,4294967296\n', 'line 2: found the sample 4294967296, expected its index, a whole number from 0'],
  ['{"at":1}\n{"at":\n', 'line 2: found {"at":, expected a JSON object, for example { "at": 1.25 }'],
  ['{"at":1}\n[2]\n', 'line 2: found [2], expected a JSON object, for example { "at": 1.25 }'],
  ['{"sample":1}\n', 'line 1: found no instant, expected one named at, atMs, atUs or atNs'],
  ['{"at":1,"atMs":1}\n', 'line 1: found at and atMs, expected one named at, atMs, atUs or atNs'],
  [
    '{"at":-1}\n',
    'line 1: found -1, expected an instant at or after the start, for example 1.25 or 2026-01-31T12:00:00.5Z',
  ],
  ['{"at":1,"sample":1.5}\n', 'line 1: found the sample 1.5, expected its index, a whole number from 0'],
  ['{"at":1,"target":3}\n', 'line 1: found a target that is no text, expected its name'],
  [
    '1700000000\n',
    'line 1: found 1700000000, more than 2400 h after the start; expected instants from the start of the trace, or timestamps such as 2026-01-31T12:00:00Z',
  ],
  [`at\n${'1'.repeat(70_000)}\n`, 'line 2: found a line of more than 65,535 bytes, expected one arrival a line'],
])('%j is refused at its first mistake', (text, sentence) => {
  expect(() => linesOf(text)).toThrow(sentence);
});
