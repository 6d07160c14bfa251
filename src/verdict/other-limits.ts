import type { Objective } from '../campaign/objective.ts';
import type { Cell } from '../campaign/plan.ts';
import { endsWhenDone } from '../scenarios/phase.ts';
import { bucketOf, highestOf, lowestOf, toRecordedUs } from '../stats/buckets.ts';
import { populationOf } from '../stats/population.ts';
import { type LatencyLimit, Tally } from '../stats/tally.ts';
import type { TrialEvidence } from './evidence.ts';
import { graceNs, latencyLimits } from './limits.ts';
import type { Reason } from './verdict.ts';
import { counted, digits, inMs } from './wording.ts';

/**
 * How requests in the bucket of a limit are counted that the run itself did not count against: as over it, or as under
 * it. What passes with all of them over is sure to pass, what fails with all of them under is sure to fail.
 */
type BucketSide = 'over' | 'under';

/**
 * A trial's evidence as other objectives than the run's own are judged on: `slots` count the bucket of a limit that is not
 * in the plan as over it, `slotsAsUnder` as under it. Limits of the plan keep their exact counts. Of the others nothing is
 * known without the harness's lag: there the count on response stands for it.
 *
 * What is in time changes with the tightest response limit, which is also how long after its phase a completion may come:
 * `slots` take the fewest requests that can be in time, `slotsAsUnder` the most.
 */
export function underObjectives(cell: Cell, evidence: TrialEvidence, others: readonly Objective[]): TrialEvidence {
  const count = (side: BucketSide): TrialEvidence['slots'] => {
    const recount = recountOf(cell, others, side);
    return evidence.slots.map((slots, p) => slots.map((tally, slot) => recount(tally, p, slot)));
  };
  const exact = uncountedLimits(cell, others).length === 0 && isSameGrace(cell, others);
  return exact
    ? { ...evidence, slots: count('over') }
    : { ...evidence, slots: count('over'), slotsAsUnder: count('under') };
}

/** A limit that the run did not count, with the bucket of the histograms that it falls into. */
export interface UncountedLimit extends LatencyLimit {
  readonly bucket: number;
}

/** Limits of the objectives that are not in the plan of the cell. */
export function uncountedLimits(cell: Cell, others: readonly Objective[]): readonly UncountedLimit[] {
  const known = latencyLimits(cell.objectives);
  return latencyLimits(others)
    .filter((limit) => indexIn(known, limit) < 0)
    .map((limit) => ({ ...limit, bucket: bucketOf(toRecordedUs(limit.limitNs)) }));
}

/** Edges of a bucket in microseconds, the second excluded. */
export const edgesOf = (bucket: number): readonly [from: number, to: number] => [
  lowestOf(bucket),
  highestOf(bucket) + 1,
];

/** Whether the objectives count the same requests as in time, and as good, as the run did. */
export function isSameGrace({ objectives }: Cell, others: readonly Objective[]): boolean {
  const [own, other] = [tightestResponse(objectives), tightestResponse(others)];
  return graceNs(objectives) === graceNs(others) && own?.limitNs === other?.limitNs;
}

/** What people must know of objectives that the run did not count for: one caution for each limit, and one for rates. */
export function limitCautions(
  cell: Cell,
  others: readonly Objective[],
  trials: readonly TrialEvidence[],
): readonly Reason[] {
  return [
    ...uncountedLimits(cell, others).map(({ metric, limitNs, bucket }) => {
      const inside = sumOfMeasured(cell, trials, (tally) => populationOf(tally, metric).finite.at(bucket));
      const [fromMs, toMs] = edgesOf(bucket).map((us) => digits(us / 1000));
      const message = `The limit of ${inMs(limitNs)} on ${metric} was not in the plan: the ${counted(inside, metric === 'betweenEvents' ? 'gap' : 'request')} of its bucket, from ${fromMs} ms to below ${toMs} ms, count as over for a pass and as under for a fail.`;
      return caution(cell, message);
    }),
    ...rateCautions(cell, others, trials),
  ];
}

function rateCautions(cell: Cell, others: readonly Objective[], trials: readonly TrialEvidence[]): readonly Reason[] {
  const onRates = others.filter(({ indicator }) => ['throughput', 'goodput', 'samples'].includes(indicator.kind));
  if (onRates.length === 0 || isSameGrace(cell, others)) return [];
  const total = (side: BucketSide): number => {
    const inTime = inTimeOf(cell, others, side);
    return sumOfMeasured(cell, trials, inTime);
  };
  const [least, most] = [total('over'), total('under')];
  if (least === most) return [];
  const message = `In time is now what completes within ${inMs(graceNs(others))} after its phase; the run counted with ${inMs(graceNs(cell.objectives))}: between ${least} and ${most} requests, the fewest for a pass and the most for a fail.`;
  return [caution(cell, message)];
}

type OfSlot = (tally: Tally, phase: number, slot: number) => number;

/** Over every slot of the measure phases. */
const sumOfMeasured = ({ phases }: Cell, trials: readonly TrialEvidence[], value: OfSlot): number => {
  let sum = 0;
  for (const { slots } of trials) {
    for (const [p, tallies] of slots.entries()) {
      if (phases[p]?.purpose !== 'measure') continue;
      for (const [slot, tally] of tallies.entries()) sum += value(tally, p, slot);
    }
  }
  return sum;
};

const caution = (cell: Cell, message: string): Reason => ({
  code: 'limit-not-counted',
  where: cell.id,
  message,
  hint: "Run again with these objectives to have them counted exactly, and without the harness's lag.",
});

type Recount = (tally: Tally, phase: number, slot: number) => Tally;

function recountOf(cell: Cell, others: readonly Objective[], side: BucketSide): Recount {
  const planned = latencyLimits(cell.objectives);
  const limits = latencyLimits(others).map((limit) => ({
    ...limit,
    known: indexIn(planned, limit),
    firstOver: bucketOf(toRecordedUs(limit.limitNs)) + (side === 'over' ? 0 : 1),
  }));
  const tightest = tightestResponse(others);
  const strictest = tightest === null ? -1 : indexIn(limits, tightest);
  const inTime = inTimeOf(cell, others, side);
  return (tally, phase, slot) => {
    const recounted = new Tally(limits.length, tally);
    limits.forEach(({ metric, known, firstOver }, i) => {
      const over = known < 0 ? populationOf(tally, metric).finite.countFrom(firstOver) : (tally.over[known] ?? 0);
      recounted.over[i] = over;
      recounted.overLessLag[i] = known < 0 ? over : (tally.overLessLag[known] ?? 0);
    });
    recounted.inTime = inTime(tally, phase, slot);
    // What keeps the tightest response limit is in time, for that limit is also the grace.
    recounted.good = strictest < 0 ? recounted.inTime : tally.ok - (recounted.over[strictest] ?? 0);
    return recounted;
  };
}

/**
 * Requests in time by another grace than the one that they were counted by. A request of a slot was intended between its
 * edges: what responds in the time left at the later edge surely is in time, what needs more than at the earlier one is not.
 * Of a phase that ends when it is done, everything is in time.
 */
function inTimeOf({ phases, objectives }: Cell, others: readonly Objective[], side: BucketSide): OfSlot {
  const [counted, grace] = [graceNs(objectives), graceNs(others)];
  if (counted === grace) return ({ inTime }) => inTime;
  return ({ inTime, ok, response }, p, slot) => {
    const phase = phases[p];
    if (phase === undefined || endsWhenDone(phase)) return inTime;
    const leftNs = (edge: number): number => phase.durationNs * (1 - edge / phase.slots) + grace;
    if (side === 'over') {
      const surely = ok - response.countFromBucketOf(leftNs(slot + 1));
      return grace > counted ? Math.max(inTime, surely) : surely;
    }
    const possibly = ok - response.countFrom(bucketOf(toRecordedUs(leftNs(slot))) + 1);
    return grace > counted ? possibly : Math.min(inTime, possibly);
  };
}

function tightestResponse(objectives: readonly Objective[]): LatencyLimit | null {
  const limits = latencyLimits(objectives).filter(({ metric }) => metric === 'response');
  return limits.length === 0 ? null : limits.reduce((a, b) => (b.limitNs < a.limitNs ? b : a));
}

const indexIn = (limits: readonly LatencyLimit[], { metric, limitNs }: LatencyLimit): number =>
  limits.findIndex((known) => known.metric === metric && known.limitNs === limitNs);
