import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeTrial } from '../../src/verdict/judge-trial.ts';
import { cellOf, latencyBelow, openPhase } from '../support/cells.ts';
import { evidenceOf } from '../support/evidence.ts';
import { served, uniformMs } from '../support/queue.ts';

const SECONDS = 300;
const OUTAGE_MS = 3000;
const LIMIT_MS = 100;
const phase = openPhase('load', 20, SECONDS);
const cell = cellOf([phase], [latencyBelow(0.999, LIMIT_MS)]);
const atMs = uniformMs(phase);

test('an outage of 1 % of the run is wholly in the counts and in the percentiles, wherever it falls', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 * SECONDS - OUTAGE_MS }), (fromMs) => {
      const first = atMs.findIndex((at) => at >= fromMs);
      const requests = served(atMs, (index) => (index === first ? OUTAGE_MS : 10));
      const slow = requests.filter(({ intendedNs, completedNs }) => completedNs - intendedNs >= LIMIT_MS * 1e6).length;
      const { accounting, latency, objectives, verdict } = judgeTrial(cell, evidenceOf(cell, requests), String);
      expect(accounting.scheduled).toBe(requests.length);
      expect(objectives[0]?.over).toEqual({ count: slow, of: requests.length });
      expect(slow).toBeGreaterThan(50);
      expect(latency.response['p99.9'].value).toBeGreaterThan(0.8 * OUTAGE_MS);
      expect(verdict.kind).not.toBe('pass');
    }),
    { numRuns: 20, seed: 7 },
  );
});
