import { expect, test } from 'vitest';
import { queryHeader, queryRow, readQueryCsv } from '../../../../src/gpu/recorded/query-csv.ts';
import { shortReadings } from '../../../support/gpu-recordings.ts';

test('a stream is read row by row under its header', () => {
  const header = queryHeader('timestamp, uuid, power.draw.instant [W], temperature.gpu');
  if (header === null) throw new Error('no header');
  const row = queryRow(header, '2026/07/14 08:12:53.353, GPU-aaaa1111, 98.5, 41');
  expect(row).toMatchObject({
    facts: { device: { uuid: 'GPU-aaaa1111', index: null } },
    readings: {
      'power.instant': { kind: 'number', value: 98.5 },
      'temperature.gpu': { kind: 'number', value: 41 },
    },
  });
  expect(queryRow(header, '2026/07/14 08:12:53.353, GPU-aaaa1111, 98.5')).toBeNull();
  expect(queryRow(header, '2026/07/14 08:12:53.353, GPU-aaaa1111, 98.5, 41, 5')).toBeNull();
});

test('a unit in the header that is not known keeps its column from being read', () => {
  const recording = readQueryCsv('index, power.draw [hp]\n0, 3\n');
  expect(shortReadings(recording)).toEqual({ 'power.draw': 'parse_error' });
  expect(recording.findings).toMatchObject([{ code: 'unknown-unit' }]);
});

test('a header in kilowatts does not turn watts into something else', () => {
  expect(shortReadings(readQueryCsv('index, power.draw [%]\n0, 3\n'))['power.draw']).toBe('parse_error');
  expect(shortReadings(readQueryCsv('index, power.draw [mW]\n0, 3000\n'))['power.draw']).toBe(3);
});

test('findings of one kind are counted beyond the first twenty', () => {
  const { findings } = readQueryCsv(`index, power.draw [W]\n${'0\n'.repeat(50)}`);
  expect(findings).toHaveLength(21);
  expect(findings.at(-1)).toMatchObject({ code: 'malformed-row', sentence: '30 more like these' });
});
