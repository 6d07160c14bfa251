import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fold } from '../../src/agent/runner/fold.ts';
import { intervalMessage } from '../../src/agent/runner/interval-message.ts';
import { emptyRecord, type RequestRecord } from '../../src/agent/runner/record-ring.ts';
import { OUTCOMES, type Outcome } from '../../src/stats/outcome.ts';
import { Tally } from '../../src/stats/tally.ts';
import { HostSampleSchema } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { decodeInterval, encodeInterval, slotToTally } from '../../src/wire/interval-codec.ts';
import { openLoad, phase, trialSpec } from '../support/trial-spec.ts';

const MS = 1e6;
const SECONDS = 6;
const spec = trialSpec({
  phases: [phase('warmup', -1, 1, openLoad(10, 1)), phase('load', 0, 3, openLoad(10, 3))],
  limits: [
    { metric: 'response', limitNs: 300 * MS },
    { metric: 'wait', limitNs: 100 * MS },
  ],
  workers: 3,
});

interface Request {
  readonly worker: number;
  readonly intended: number;
  readonly wait: number;
  readonly lag: number;
  readonly service: number;
  readonly outcome: Outcome;
}

const request = fc.record({
  worker: fc.nat(2),
  intended: fc.integer({ min: -999, max: 2999 }),
  wait: fc.nat(600),
  lag: fc.nat(50),
  service: fc.nat(1200),
  outcome: fc.nat(OUTCOMES - 1) as fc.Arbitrary<Outcome>,
});

const record = (r: Request, i: number): RequestRecord => ({
  ...emptyRecord(),
  seq: i,
  phase: r.intended < 0 ? 0 : 1,
  intendedNs: r.intended * MS,
  readyNs: (r.intended + r.wait) * MS,
  startNs: (r.intended + r.wait + r.lag) * MS,
  completedNs: (r.intended + r.wait + r.lag + r.service) * MS,
  outcome: r.outcome,
});

/** Folds requests in order of completion; those of which `late` says so become known only two seconds later. */
function fold(requests: readonly Request[], late: (i: number) => boolean) {
  const folding = new Fold(spec);
  const records = requests.map(record).sort((a, b) => a.completedNs - b.completedNs);
  for (const r of records) folding.offer(r.phase, r.intendedNs);
  const sealed: ReturnType<typeof decodeInterval>[] = [];
  let rest = records.map((r, i) => ({ r, worker: i % 3, knownNs: r.completedNs + (late(i) ? 2e9 : 0) }));
  for (let second = 0; second <= SECONDS; second++) {
    const now = (second < SECONDS ? second : 100) * 1e9;
    for (const { r, worker } of rest.filter(({ knownNs }) => knownNs < now)) folding.settle(worker, r);
    rest = rest.filter(({ knownNs }) => knownNs >= now);
    const interval = second < SECONDS ? folding.seal() : folding.close((SECONDS - 0.5) * 1e9, null, [0, 0]);
    sealed.push(decodeInterval(encodeInterval(intervalMessage(spec, interval, create(HostSampleSchema)))));
    folding.recycle(interval);
  }
  return sealed;
}

function total(intervals: ReturnType<typeof fold>, of: number): Tally {
  const sum = new Tally(spec.limits.length);
  for (const { slots } of intervals) {
    for (const slot of slots) if (slot.phase === of) sum.add(slotToTally(slot, spec.limits.length));
  }
  return sum;
}

test('whatever becomes known when, the sealed intervals hold every request once, in its phase, with its instants', () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 60 }), fc.nat(5), (requests, every) => {
      const intervals = fold(requests, (i) => i % (every + 2) === 0);
      for (const of of [0, 1]) {
        const mine = requests.filter((r) => (r.intended < 0 ? 0 : 1) === of);
        const ok = mine.filter((r) => r.outcome === 0);
        const tally = total(intervals, of);
        expect(tally.settled).toBe(mine.length);
        expect(tally.ok).toBe(ok.length);
        expect(tally.response.total).toBe(ok.length);
        expect(tally.response.sumNs).toBe(tally.wait.sumNs + tally.service.sumNs + sum(ok, (r) => r.lag) * MS);
        expect(tally.over[0]).toBe(ok.filter((r) => r.wait + r.lag + r.service >= 300).length);
        // Less its own lag, and less what it inherited of the lag before it: never more than the first alone takes away.
        expect(tally.overLessLag[0]).toBeLessThanOrEqual(ok.filter((r) => r.wait + r.service >= 300).length);
        expect(tally.overLessLag[0]).toBeGreaterThanOrEqual(ok.filter((r) => r.service >= 300).length);
        expect(tally.over[1]).toBe(ok.filter((r) => r.wait >= 100).length);
      }
    }),
    { seed: 4711, numRuns: 200 },
  );
});

test('events add up and the integral of what is in flight is the sum of response times, known late or not', () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 60 }), fc.nat(5), (requests, every) => {
      const intervals = fold(requests, (i) => i % (every + 2) === 0);
      const counts = intervals.flatMap(({ phases }) => phases);
      expect(sum(counts, (c) => c.offered)).toBe(requests.length);
      expect(sum(counts, (c) => c.started)).toBe(requests.length);
      expect(sum(counts, (c) => c.achieved + c.failed)).toBe(requests.length);
      expect(sum(intervals, (i) => i.inFlightS)).toBeCloseTo(
        sum(intervals, (i) => i.settledS),
        9,
      );
      expect(intervals.at(-1)?.inFlight).toBe(0n);
    }),
    { seed: 4712, numRuns: 200 },
  );
});

const sum = <T>(values: readonly T[], of: (value: T) => number): number => values.reduce((all, v) => all + of(v), 0);
