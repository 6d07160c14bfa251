import { expect, test } from 'vitest';
import { type Rng, stream } from '../../src/scenarios/rng.ts';
import { bucketOf } from '../../src/stats/buckets.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { Tally } from '../../src/stats/tally.ts';
import { latencyLimits } from '../../src/verdict/limits.ts';
import { latencyQuestion } from '../../src/verdict/objectives/latency.ts';
import { answerShare } from '../../src/verdict/objectives/share.ts';
import { trialView } from '../../src/verdict/trial-view.ts';
import { cellOf, latencyBelow, openPhase } from '../support/cells.ts';
import { evidenceOf } from '../support/evidence.ts';

const GAPS = 50;
const ALLOWED = 0.01;
const REPEATED = 400;
const LIMIT_MS = 50;

const objective = latencyBelow(1 - ALLOWED, LIMIT_MS, 'betweenEvents');
const limits = latencyLimits([objective]);
const question = latencyQuestion(objective, { metric: 'betweenEvents', quantile: 1 - ALLOWED }, limits);

/** Gaps of one slow stream are long together: `inSlow` of its gaps are, so that `ALLOWED` of all are: the limit itself. */
function slotOf(rng: Rng, streams: number, inSlow: number): Tally {
  const tally = new Tally(limits.length);
  let over = 0;
  for (let i = 0; i < streams; i++) {
    if (rng.next() < ALLOWED / inSlow) over += Math.round(inSlow * GAPS);
  }
  tally.outcomes[Outcome.ok] = streams;
  tally.started = streams;
  tally.over[0] = over;
  const { betweenEvents } = tally.ownStream();
  betweenEvents.addBucket(bucketOf(10_000), streams * GAPS - over);
  if (over > 0) betweenEvents.addBucket(bucketOf(60_000), over);
  betweenEvents.maxNs = 60e6;
  return tally;
}

/**
 * How often the verdict on `betweenEvents.p99 < L` passes on `streams` streams when L is the true P99: it should not, in 99
 * of 100.
 */
function wrongPasses(streams: number, inSlow: number, asked: typeof question): number {
  const rng = stream('5', `gaps/${streams}/${inSlow}`);
  const phase = openPhase('load', streams / 20, 20);
  const cell = cellOf([phase], [objective]);
  let passes = 0;
  for (let i = 0; i < REPEATED; i++) {
    const slots = [Array.from({ length: phase.slots }, () => slotOf(rng, streams / phase.slots, inSlow))];
    const view = trialView(cell, evidenceOf(cell, [], { slots }));
    if (answerShare(asked, [view], limits.length).decision === 'pass') passes++;
  }
  return passes / REPEATED;
}

test.each([
  [600, 1],
  [600, 0.1],
  [60, 1],
  [60, 0.1],
])(
  'at the limit an objective on gaps of %d streams passes wrongly in 1.5 %% at most, with %d of a slow one long',
  (streams, inSlow) => {
    expect(wrongPasses(streams, inSlow, question)).toBeLessThan(0.015);
  },
);

test('if every gap counted as independent, few streams none of which happens to be slow would pass by their many gaps', () => {
  const { units: _, ...naive } = question;
  expect(wrongPasses(60, 1, naive)).toBeGreaterThan(0.4);
});
