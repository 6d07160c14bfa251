import { expect, test } from 'vitest';
import { type CivilTime, civilTime, nsBetween } from '../../../../src/gpu/recorded/civil-time.ts';

const time = (text: string): CivilTime => {
  const read = civilTime(text);
  if (read === null) throw new Error(text);
  return read;
};

test('a stamp of nvidia-smi is local time, one with Z is UTC', () => {
  expect(time('2023/07/14 10:12:46.483').zone).toBe('local');
  expect(time('Fri Aug  4 11:44:30 2023').zone).toBe('local');
  expect(time('2025-09-24T03:48:33.493Z').zone).toBe('utc');
});

test('the time between two stamps counts by the calendar, to the millisecond', () => {
  expect(nsBetween(time('2023/07/14 10:12:46.483'), time('2023/07/14 10:12:46.499'))).toBe(16e6);
  expect(nsBetween(time('2024/02/28 23:59:59.999'), time('2024/03/01 00:00:00.000'))).toBe(86_400e9 + 1e6);
  expect(nsBetween(time('Fri Aug  4 11:44:30 2023'), time('2023/08/04 11:44:31.000'))).toBe(1e9);
});

test('what a clock where the tests run would skip is counted all the same', () => {
  const zone = process.env.TZ;
  try {
    process.env.TZ = 'Europe/Berlin';
    expect(nsBetween(time('2026/03/29 01:59:59.900'), time('2026/03/29 03:00:00.000'))).toBe(3600.1e9);
  } finally {
    process.env.TZ = zone ?? '';
    if (zone === undefined) delete process.env.TZ;
  }
});

test.each([
  '',
  'timestamp',
  '1689325967982958',
  '2023/13/14 10:12:46.483',
  '2023/07/14 25:12:46.483',
  'Foo Aug  4 11:44:30 2023',
])('%j is no time stamp', (text) => {
  expect(civilTime(text)).toBeNull();
});
