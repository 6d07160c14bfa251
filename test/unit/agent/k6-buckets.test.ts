import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BUCKETS, bucketOf, lowestOf, MAX_US } from '../../../src/stats/buckets.ts';

const TABLE = new URL('../../../k6/output/testdata/buckets.json', import.meta.url);

/** Edges of buckets and of octaves, and a walk over everything in steps that grow. */
function microseconds(): number[] {
  const found = new Set([0, 1, 2047, 2048, 2049, MAX_US - 1, MAX_US]);
  for (let octave = 2 ** 11; octave < MAX_US; octave *= 2) {
    for (const edge of [octave - 1, octave, octave + 1]) if (edge <= MAX_US) found.add(edge);
  }
  for (let us = 1; us < MAX_US; us = Math.ceil(us * 1.013)) found.add(us);
  return [...found].sort((a, b) => a - b);
}

test('the buckets of the k6 output are the ones of every histogram here: both answer to one table', () => {
  const rows = microseconds().map((us) => [us, bucketOf(us), lowestOf(bucketOf(us))]);
  const table = `${JSON.stringify({ buckets: BUCKETS, rows })}\n`;
  if (process.env.LOADCELL_WRITE_TABLE === '1') writeFileSync(TABLE, table);
  expect(readFileSync(TABLE, 'utf8')).toBe(table);
  expect(rows.length).toBeGreaterThan(1000);
});
