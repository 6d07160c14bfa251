import { expect, test } from 'vitest';
import { plannedCounts, shareCounts } from '../../../src/scenarios/counts.ts';
import { fleetArrivals, shareArrivals } from '../../../src/scenarios/schedule.ts';
import { TraceArrivals } from '../../../src/scenarios/trace-arrivals.ts';
import { surveyTrace } from '../../../src/scenarios/trace-survey.ts';
import { ns } from '../../../src/time/ns.ts';
import { alone, collect, context, sharesOf } from '../../support/schedules.ts';
import { MemoryFile, traceFile, tracePhase } from '../../support/traces.ts';

const TEXT = 'at,sample,target\n0.5,7,a\n0.6,8,b\n1.5,,a\n1.5,9,a\n3,1,\n';

test('a survey tells how many, how long and how many in one second', () => {
  expect(surveyTrace(new MemoryFile(TEXT), 1, null)).toEqual({
    count: 5,
    durationNs: 4e9,
    highest: 2,
    namesTargets: true,
  });
  expect(surveyTrace(new MemoryFile(TEXT), 2, 'a')).toMatchObject({ count: 3, durationNs: 1e9, highest: 3 });
  expect(surveyTrace(new MemoryFile(TEXT), 1, 'c')).toMatchObject({ count: 0, durationNs: 0, highest: 0 });
  expect(surveyTrace(new MemoryFile('0\n'), 1, null)).toMatchObject({ durationNs: 1e9, namesTargets: false });
});

test('a survey closes its file, also where it refuses it', () => {
  const [good, bad] = [new MemoryFile(TEXT), new MemoryFile('x')];
  surveyTrace(good, 1, null);
  expect(() => surveyTrace(bad, 1, null)).toThrow('line 1');
  expect([good.closed, bad.closed].every((times) => times > 0)).toBe(true);
});

test('a phase replays all lines, or those of one target, with the samples that they name', () => {
  const all = collectWithSamples(null);
  expect(all).toEqual([
    [0, 5e8, 7],
    [1, 6e8, 8],
    [2, 1.5e9, -1],
    [3, 1.5e9, 9],
    [4, 3e9, 1],
  ]);
  expect(collectWithSamples('a')).toEqual([
    [0, 5e8, 7],
    [1, 1.5e9, -1],
    [2, 1.5e9, 9],
  ]);
});

function collectWithSamples(target: string | null): number[][] {
  const cursor = fleetArrivals([tracePhase(TEXT, 1, target)], context, traceFile(TEXT));
  const found: number[][] = [];
  while (cursor.next()) found.push([cursor.seq, cursor.atNs, cursor.sample]);
  expect(cursor.next()).toBe(false);
  return found;
}

const MANY = Array.from({ length: 3000 }, (_, i) => `${i / 100}\n`).join('');

test('shares of a trace are dealt at random with exact counts, and partition it', () => {
  const phase = tracePhase(MANY);
  const shares = sharesOf(3).map((share) => collect(shareArrivals([phase], share, context, traceFile(MANY))));
  expect(shares.map((share) => share.length)).toEqual([1000, 1000, 1000]);
  expect(shares.flat().toSorted((a, b) => a.seq - b.seq)).toEqual(
    collect(fleetArrivals([phase], context, traceFile(MANY))),
  );
  // Every third line of an even trace would be even again; thinning at random gives geometric gaps, of CV sqrt(2/3).
  const gaps = shares.map((share) => share.slice(1).map(({ atNs }, i) => atNs - (share[i]?.atNs ?? 0)));
  for (const one of gaps) expect(coefficientOfVariation(one)).toBeCloseTo(Math.sqrt(2 / 3), 1);
});

function coefficientOfVariation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.sqrt(variance) / mean;
}

test('there is no warm-up before a trace, and its counts need no file', () => {
  const phase = tracePhase(MANY);
  expect(phase).toMatchObject({ name: 'trace', purpose: 'measure', startNs: 0, durationNs: 30e9, slots: 40 });
  expect(shareCounts([phase], { index: 1, of: 7 })).toEqual([429]);
  expect(plannedCounts([phase], alone, context, ns(30e9))).toEqual([3000]);
  expect(plannedCounts([phase], alone, context, ns(15e9))).toEqual([null]);
  expect(plannedCounts([phase], alone, context, ns(0))).toEqual([0]);
});

test('the file is opened late, read no further than needed, and closed', () => {
  const { load } = tracePhase(MANY);
  if (load.kind !== 'trace') throw new Error('a trace phase');
  const file = new MemoryFile(`${MANY}not an instant\n`);
  let opened = 0;
  const arrivals = new TraceArrivals(
    load,
    () => {
      opened++;
      return file;
    },
    null,
  );
  expect(opened).toBe(0);
  let count = 0;
  while (arrivals.next()) count++;
  expect([count, opened, file.closed > 0]).toEqual([3000, 1, true]);
});

test('without a way to read files a trace says so', () => {
  expect(() => fleetArrivals([tracePhase(MANY)], context).next()).toThrow(
    '/t: a schedule hangs on this file, and no file can be read here',
  );
});
