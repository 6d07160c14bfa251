import type { Plan } from '../campaign/plan.ts';
import { endsWhenDone, type Phase } from '../scenarios/phase.ts';
import { OUTCOMES } from '../stats/outcome.ts';
import { NS_PER_S } from '../time/ns.ts';
import { overdueLimits } from '../verdict/window/overdue-limits.ts';
import type { Interval, SlotTally } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { lengthOf } from '../wire/interval-merge.ts';

/**
 * Why an interval of place `index` cannot be evidence for this plan; null when it can. What passes here can be merged:
 * the journal never holds what the judge would choke on.
 */
export function intervalFault(
  plan: Plan,
  limitsOf: (cell: number) => number,
  index: number,
  interval: Interval,
): string | null {
  const { cell, trial, agent } = interval;
  const planned = plan.cells[cell];
  if (planned === undefined) return `interval: found cell ${cell}, the plan has ${plan.cells.length}`;
  if (agent !== index || index >= planned.agents) return `interval: found agent ${agent}, expected agent ${index}`;
  if (!planned.trials.some((known) => known.index === trial)) return `interval: found trial ${trial} of ${planned.id}`;
  const { phases } = planned;
  if (interval.further > 0 && secondsIn(interval) !== lengthOf(interval))
    return `interval: merges ${lengthOf(interval)} seconds and lasts ${secondsIn(interval)}`;
  const limits = limitsOf(cell);
  const counted = [...interval.phases, ...interval.failures, ...interval.slowest];
  if (counted.some(({ phase }) => phase >= phases.length)) return 'interval: counts a phase that is not planned';
  const ages = overdueLimits(planned).length;
  if (interval.overdue.length !== ages || interval.overdueLessLag.length !== ages)
    return `interval: counts ${interval.overdue.length} ages, expected ${ages}`;
  const foreign = interval.slots.find((slot) => !fits(slot, slotsUntil(phases[slot.phase], interval), limits));
  return foreign === undefined
    ? null
    : `interval: found slot ${foreign.slot} of phase ${foreign.phase} with ${foreign.over.length} limits, which is not planned`;
}

/** Begun seconds. */
const secondsIn = ({ startNs, endNs }: Interval): number => Math.ceil(Number(endNs - startNs) / NS_PER_S);

/** The slots that a phase can have by the end of an interval: more than planned only where it ends when it is done. */
function slotsUntil(phase: Phase | undefined, { endNs }: Interval): number {
  if (phase === undefined) return 0;
  if (!endsWhenDone(phase) || phase.durationNs <= 0) return phase.slots;
  return Math.max(phase.slots, Math.ceil(((Number(endNs) - phase.startNs) * phase.slots) / phase.durationNs));
}

const fits = ({ slot, outcomes, over, overLessLag }: SlotTally, slots: number, limits: number): boolean =>
  slot < slots && outcomes.length === OUTCOMES && over.length === limits && overLessLag.length === limits;
