import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Outcome } from '../../src/stats/outcome.ts';
import { judgeTrial } from '../../src/verdict/judge-trial.ts';
import { atLeast, cellOf, errorsBelow, largestBelow, latencyBelow, openPhase } from '../support/cells.ts';
import { evidenceOf, type MadeRequest, request } from '../support/evidence.ts';
import { uniformMs } from '../support/queue.ts';

const phase = openPhase('load', 40, 10);
const cell = cellOf(
  [phase],
  [latencyBelow(0.9, 100), largestBelow(1000), errorsBelow(0.1), atLeast('throughput', 35), atLeast('goodput', 30)],
);
const arrivals = uniformMs(phase);

/** Shares of slow and of failed requests around the limits, in bursts or spread. */
const trials = fc.record({
  slow: fc.double({ min: 0, max: 0.3, noNaN: true }),
  failed: fc.double({ min: 0, max: 0.2, noNaN: true }),
  pattern: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 400, maxLength: 400 }),
  worse: fc.uniqueArray(fc.integer({ min: 0, max: 399 }), { minLength: 1, maxLength: 60 }),
  by: fc.constantFrom<'slower' | 'failed'>('slower', 'failed'),
});

const verdict = (requests: readonly MadeRequest[]) => judgeTrial(cell, evidenceOf(cell, requests), String).verdict.kind;

test('a slower request, or one more that fails, never turns fail into pass', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(trials, ({ slow, failed, pattern, worse, by }) => {
      const before = arrivals.map((at, i) => {
        const draw = pattern[i] ?? 1;
        return request(
          at,
          { service: draw < slow ? 150 : 20 },
          { outcome: draw > 1 - failed ? Outcome.rejected : Outcome.ok },
        );
      });
      const after = before.map((made, i) => {
        if (!worse.includes(i)) return made;
        return by === 'failed'
          ? { ...made, outcome: Outcome.timeout }
          : request(arrivals[i] ?? 0, { service: 1200 }, { outcome: made.outcome });
      });
      const [first, second] = [verdict(before), verdict(after)];
      seen.add(`${first} ${second}`);
      expect(first === 'fail' && second === 'pass').toBe(false);
      expect([first, second]).not.toContain('invalid');
    }),
    { numRuns: 60, seed: 11 },
  );
  expect([...seen].some((pair) => pair.startsWith('pass'))).toBe(true);
  expect([...seen].some((pair) => pair.startsWith('fail'))).toBe(true);
});

test('what a trial shows is scheduled = ok + failed + shed + unfinished, whatever became of its requests', () => {
  const outcomes = fc.array(fc.constantFrom(...Object.values(Outcome)), { minLength: 400, maxLength: 400 });
  fc.assert(
    fc.property(outcomes, (became) => {
      const requests = arrivals.map((at, i) => {
        const outcome = became[i] ?? Outcome.ok;
        const wasStarted = outcome !== Outcome.shed && outcome !== Outcome.unfinished;
        return request(at, {}, { outcome, wasStarted });
      });
      const { accounting, latency } = judgeTrial(cell, evidenceOf(cell, requests), String);
      const { ok, failed, shed, unfinished, scheduled } = accounting;
      expect(scheduled).toBe(400);
      expect(ok + Object.values(failed).reduce((a, b) => a + b, 0) + shed + unfinished).toBe(400);
      expect(latency.response.count).toBe(scheduled);
      expect(latency.responseOk.count).toBe(ok);
    }),
    { numRuns: 20, seed: 12 },
  );
});
