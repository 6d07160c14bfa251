import { expect, test } from 'vitest';
import { Fold } from '../../src/agent/runner/fold.ts';
import { Offers } from '../../src/agent/runner/offers.ts';
import { emptyRecord } from '../../src/agent/runner/record-ring.ts';
import type { SealedInterval } from '../../src/agent/runner/sealed-interval.ts';
import type { Phase, Share } from '../../src/scenarios/phase.ts';
import { phasesOf } from '../../src/scenarios/presets.ts';
import { shareArrivals } from '../../src/scenarios/schedule.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { seconds } from '../../src/time/ns.ts';
import { context, sharesOf } from '../support/schedules.ts';
import { trialSpec } from '../support/trial-spec.ts';

const RATE = 10_000;
const HOUR_S = 3600;
const AGENTS = 4;
const SERVICE_NS = 20_000;

interface Counted {
  offered: number;
  settled: number;
  ok: number;
  intervals: number;
  seqs: number;
  mostHeld: number;
}

/** One agent's hour on a virtual clock: offered, served by one place, folded and sealed second by second. */
function agentHour(phases: readonly Phase[], share: Share): Counted {
  const fold = new Fold(trialSpec({ phases, share }));
  const offers = new Offers(shareArrivals(phases, share, context), phases.length);
  const served = shareArrivals(phases, share, context);
  const counted: Counted = { offered: 0, settled: 0, ok: 0, intervals: 0, seqs: 0, mostHeld: 0 };
  const before = held();
  const record = { ...emptyRecord(), outcome: Outcome.ok };
  let freeNs = 0;
  let pending = served.next();
  while (pending || offers.counts[0] !== counted.settled) {
    const endNs = fold.openEndNs;
    offers.until(endNs, Number.POSITIVE_INFINITY, fold);
    while (pending) {
      const startNs = Math.max(served.atNs, freeNs);
      if (startNs + SERVICE_NS >= endNs) break;
      freeNs = startNs + SERVICE_NS;
      record.seq = served.seq;
      record.intendedNs = served.atNs;
      record.readyNs = startNs;
      record.startNs = startNs;
      record.completedNs = freeNs;
      fold.settle(0, record);
      counted.seqs += served.seq;
      pending = served.next();
    }
    count(fold.seal(), counted, fold);
    if (counted.intervals % 600 === 0) counted.mostHeld = Math.max(counted.mostHeld, held() - before);
  }
  return counted;
}

function count(sealed: SealedInterval, counted: Counted, fold: Fold): void {
  counted.intervals++;
  for (const { offered } of sealed.phases) counted.offered += offered;
  for (const { tally } of sealed.slots) {
    counted.settled += tally.settled;
    counted.ok += tally.ok;
  }
  fold.recycle(sealed);
}

const held = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;

test('an hour at 10,000/s over four agents is counted exactly, in constant memory', () => {
  const spec = { kind: 'soak', law: 'uniform', rate: RATE, durationNs: seconds(HOUR_S) } as const;
  const phases = phasesOf(spec, { warmupNs: seconds(0), places: AGENTS });
  const hours = sharesOf(AGENTS).map((share) => agentHour(phases, share));
  const all = RATE * HOUR_S;
  for (const { offered, settled, ok, mostHeld } of hours) {
    expect([offered, settled, ok]).toEqual([all / AGENTS, all / AGENTS, all / AGENTS]);
    // The instants of one share alone would be 72 MB, a record of each request 720 MB.
    expect(mostHeld).toBeLessThan(32e6);
  }
  // Each arrival once: their numbers 0, 1, 2, ... add up.
  expect(hours.reduce((sum, { seqs }) => sum + seqs, 0)).toBe((all * (all - 1)) / 2);
  expect(hours.every(({ intervals }) => intervals >= HOUR_S && intervals <= HOUR_S + 1)).toBe(true);
}, 300_000);
