import { expect, test } from 'vitest';
import {
  formatDuration,
  formatRate,
  formatShare,
  parseBytes,
  parseDuration,
  parsePositiveDuration,
  parsePositiveRate,
  parseRate,
  parseShare,
  type Reading,
} from '../../../src/campaign/quantity.ts';
import { ns } from '../../../src/time/ns.ts';

const amountOf = (reading: Reading<number>): number => (reading.ok ? reading.value : Number.NaN);
const problemOf = (reading: Reading<unknown>): string => (reading.ok ? 'accepted' : reading.problem);

test.each([
  ['20s', 20e9],
  ['250ms', 250e6],
  ['1.5s', 1.5e9],
  ['0.25s', 250e6],
  ['10us', 10e3],
  ['10µs', 10e3],
  ['7ns', 7],
  ['1h30m', 5400e9],
  ['1m30s', 90e9],
  ['2s500ms', 2.5e9],
  ['1.1ms', 1_100_000],
  ['0s', 0],
])('%s is %d nanoseconds', (text, expected) => {
  expect(amountOf(parseDuration(text))).toBe(expected);
});

test.each([
  ['120/s', 120],
  ['6000/m', 100],
  ['90/h', 0.025],
  ['0.5/s', 0.5],
  ['0/s', 0],
])('%s is %d requests per second', (text, expected) => {
  expect(amountOf(parseRate(text))).toBe(expected);
});

test.each([
  ['5%', 0.05],
  ['99.9%', 0.999],
  ['0.1%', 0.001],
  ['100%', 1],
])('%s is a share of %d', (text, expected) => {
  expect(amountOf(parseShare(text))).toBe(expected);
});

test.each([
  ['4KiB', 4096],
  ['1MB', 1e6],
  ['1.5GiB', 1.5 * 2 ** 30],
  ['12B', 12],
])('%s is %d bytes', (text, expected) => {
  expect(amountOf(parseBytes(text))).toBe(expected);
});

test('a bare number is answered with the form it should have', () => {
  expect(problemOf(parseRate(100))).toBe('found 100, expected a rate with its unit, for example 100/s');
  expect(problemOf(parseDuration(20))).toBe('found 20, expected a duration with its unit, for example 20s');
  expect(problemOf(parseDuration('20'))).toBe('found 20, expected a duration with its unit, for example 20s');
  expect(problemOf(parseShare(5))).toBe('found 5, expected a share with its unit, for example 5%');
  expect(problemOf(parseRate(Number.NaN))).toBe('found NaN, expected a rate with its unit, for example 120/s');
  expect(problemOf(parseRate(0))).toBe('found 0, expected a rate with its unit, for example 120/s');
});

test('an unknown unit is named, and the known ones are listed', () => {
  expect(problemOf(parseDuration('20 fortnights'))).toBe(
    'found 20 fortnights, expected a duration in h, m, s, ms, us or ns ("fortnights" is no such unit), for example 20s',
  );
  expect(problemOf(parseRate('100/d'))).toContain('"/d" is no such unit');
});

test.each(['-5s', '-0.1s', ' -1ms'])('a negative duration such as %s is refused as that', (text) => {
  expect(problemOf(parseDuration(text))).toContain('expected a duration that is not negative');
});

test('zero is refused where it makes no sense', () => {
  expect(problemOf(parsePositiveDuration('0ms'))).toContain('expected a duration above zero');
  expect(problemOf(parsePositiveRate('0/s'))).toBe('found 0/s, expected a rate above zero, for example 50/s');
  expect(problemOf(parseDuration('0.1ns'))).toContain('at least 1ns');
});

test('absurd amounts are refused', () => {
  expect(problemOf(parseDuration('3000h'))).toContain('at most 2400h');
  expect(problemOf(parseRate('1000000000/s'))).toContain('at most 100000000/s');
  expect(problemOf(parseShare('101%'))).toContain('at most 100%');
  expect(problemOf(parseRate(`${'9'.repeat(400)}/s`))).toContain('at most');
});

test('parts of a duration come once each, the largest first', () => {
  expect(problemOf(parseDuration('30m1h'))).toContain('largest first');
  expect(problemOf(parseDuration('1h1h'))).toContain('each unit once');
});

test.each(['', ' ', 's', '20 s', '1e3s', '.5s', '20s ago', '0x10s', '１０s'])('%j is no duration', (text) => {
  expect(problemOf(parseDuration(text))).toMatch(/^found .+, expected /);
});

test.each([
  [0, '0s'],
  [5400e9, '1h30m'],
  [3661e9, '1h1m1s'],
  [20e9, '20s'],
  [1.5e9, '1.5s'],
  [250e6, '250ms'],
  [500e3, '500us'],
  [7, '7ns'],
  [90_000_000_001, '90000000001ns'],
])('%d nanoseconds are written %s or as exactly', (value, text) => {
  const written = formatDuration(ns(value));
  expect(amountOf(parseDuration(written))).toBe(value);
  if (value < 90e9 || value % 1e9 === 0) expect(written).toBe(text);
});

test('rates and shares are written in their own units', () => {
  expect(formatRate(100)).toBe('100/s');
  expect(formatRate(0.025)).toBe('0.025/s');
  expect(formatRate(1e7)).toBe('10000000/s');
  expect(formatShare(0.05)).toBe('5%');
  expect(formatShare(0.001)).toBe('0.1%');
});
