import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Objective } from '../../src/campaign/objective.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import type { Tally } from '../../src/stats/tally.ts';
import type { TrialEvidence } from '../../src/verdict/evidence.ts';
import { latencyLimits } from '../../src/verdict/limits.ts';
import { underObjectives } from '../../src/verdict/other-limits.ts';
import { judgeTogether } from '../../src/verdict/trial-verdict.ts';
import { atLeast, cellOf, errorsBelow, largestBelow, latencyBelow, openPhase } from '../support/cells.ts';
import { evidenceOf, type MadeRequest, request } from '../support/evidence.ts';

const DURATION_S = 2;

/** Limits near the latencies of the requests below, so that their buckets are occupied. */
const limitMs = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0.05, max: 60, noNaN: true }));
const objective: fc.Arbitrary<Objective> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(0.5, 0.95),
      limitMs,
      fc.constantFrom('response' as const, 'service' as const, 'wait' as const),
    )
    .map(([p, ms, metric]) => latencyBelow(p, ms, metric)),
  limitMs.map((ms) => largestBelow(ms)),
  fc.constantFrom(atLeast('throughput', 20), atLeast('goodput', 20), errorsBelow(0.05)),
);
const objectives = fc.array(objective, { minLength: 1, maxLength: 4 });

const made: fc.Arbitrary<MadeRequest> = fc
  .record({
    atMs: fc.integer({ min: 0, max: DURATION_S * 1000 - 1 }),
    wait: fc.double({ min: 0, max: 30, noNaN: true }),
    service: fc.double({ min: 0.01, max: 30, noNaN: true }),
    ok: fc.integer({ min: 0, max: 30 }),
  })
  .map(({ atMs, wait, service, ok }) =>
    request(atMs, { wait, service }, ok === 0 ? { outcome: Outcome.targetError } : {}),
  );

const summed = (evidence: TrialEvidence['slots'], value: (tally: Tally) => number): number =>
  evidence.flat().reduce((sum, tally) => sum + value(tally), 0);

const run = fc.record({
  own: objectives,
  others: objectives,
  requests: fc.array(made, { minLength: 1, maxLength: 200 }),
});
const phases = [openPhase('load', 100, DURATION_S)];

test('what cannot be told apart is bounded: every exact count lies between the two that stand for it', () => {
  fc.assert(
    fc.property(run, ({ own, others, requests }) => {
      const planned = cellOf(phases, own);
      const exact = evidenceOf(cellOf(phases, others), requests).slots;
      const { slots: asOver, slotsAsUnder: asUnder = asOver } = underObjectives(
        planned,
        evidenceOf(planned, requests),
        others,
      );
      latencyLimits(others).forEach((_, i) => {
        const over = (tally: Tally): number => tally.over[i] ?? Number.NaN;
        expect(summed(asOver, over)).toBeGreaterThanOrEqual(summed(exact, over));
        expect(summed(asUnder, over)).toBeLessThanOrEqual(summed(exact, over));
      });
      for (const key of ['inTime', 'good'] as const) {
        expect(summed(asOver, (tally) => tally[key])).toBeLessThanOrEqual(summed(exact, (tally) => tally[key]));
        expect(summed(asUnder, (tally) => tally[key])).toBeGreaterThanOrEqual(summed(exact, (tally) => tally[key]));
      }
    }),
    { numRuns: 200, seed: 1 },
  );
});

test('nothing passes and nothing fails afterwards that the run itself would have judged otherwise', () => {
  fc.assert(
    fc.property(run, ({ own, others, requests }) => {
      const [planned, other] = [cellOf(phases, own), cellOf(phases, others)];
      const exact = judgeTogether(other, [evidenceOf(other, requests)], 'here');
      const later = judgeTogether(other, [underObjectives(planned, evidenceOf(planned, requests), others)], 'here');
      later.objectives.forEach(({ decision }, i) => {
        if (decision !== 'inconclusive') expect(exact.objectives[i]?.decision).toBe(decision);
      });
    }),
    { numRuns: 200, seed: 2 },
  );
});

test('the run’s own objectives, in any order and number, give its own counts', () => {
  fc.assert(
    fc.property(run, ({ own, requests }) => {
      const planned = cellOf(phases, own);
      const evidence = evidenceOf(planned, requests);
      const back = underObjectives(planned, evidence, own.toReversed());
      expect(back.slotsAsUnder).toBeUndefined();
      const limits = latencyLimits(own);
      latencyLimits(own.toReversed()).forEach((limit, i) => {
        const was = limits.findIndex(({ metric, limitNs }) => metric === limit.metric && limitNs === limit.limitNs);
        expect(summed(back.slots, ({ over }) => over[i] ?? Number.NaN)).toBe(
          summed(evidence.slots, ({ over }) => over[was] ?? Number.NaN),
        );
        expect(summed(back.slots, ({ overLessLag }) => overLessLag[i] ?? Number.NaN)).toBe(
          summed(evidence.slots, ({ overLessLag }) => overLessLag[was] ?? Number.NaN),
        );
      });
      for (const key of ['inTime', 'good', 'settled', 'started'] as const) {
        expect(summed(back.slots, (tally) => tally[key])).toBe(summed(evidence.slots, (tally) => tally[key]));
      }
    }),
    { numRuns: 100, seed: 3 },
  );
});
