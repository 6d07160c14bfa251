import type { Ns } from '../time/ns.ts';
import type { Phase, Share } from './phase.ts';
import { arrivalsOf, scheduledIn } from './schedule.ts';
import { shareOf } from './share.ts';
import type { ScheduleContext } from './streams.ts';

/** A share's arrivals of each phase; 0 for a closed phase, whose arrivals follow from its completions. */
export const shareCounts = (phases: readonly Phase[], share: Share): number[] =>
  phases.map((phase) => shareOf(scheduledIn(phase), share));

/**
 * A share's arrivals of each phase that are intended before `untilNs`: what is scheduled of a trial that was stopped
 * there. The others are cancelled. Walks the one phase that `untilNs` cuts, as far as there.
 */
export const plannedCounts = (
  phases: readonly Phase[],
  share: Share,
  context: ScheduleContext,
  untilNs: Ns,
): number[] =>
  phases.map((phase) => {
    if (phase.startNs >= untilNs) return 0;
    if (phase.startNs + phase.durationNs <= untilNs) return shareOf(scheduledIn(phase), share);
    return countBefore(phase, share, context, untilNs);
  });

function countBefore(phase: Phase, share: Share, context: ScheduleContext, untilNs: Ns): number {
  const arrivals = arrivalsOf(phase, share, context);
  const inside = untilNs - phase.startNs;
  let count = 0;
  while (arrivals.next() && arrivals.atNs < inside) count++;
  return count;
}
