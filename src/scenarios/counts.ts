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
 * there. The others are cancelled. Walks the one phase that `untilNs` cuts, as far as there. Null where only the run
 * can tell: of a closed phase, whose arrivals follow from its completions, and of a trace that was cut, whose file need
 * not be at hand where a run is judged.
 */
export const plannedCounts = (
  phases: readonly Phase[],
  share: Share,
  context: ScheduleContext,
  untilNs: Ns,
): (number | null)[] =>
  phases.map((phase) => {
    if (phase.load.kind === 'closed') return null;
    if (phase.startNs >= untilNs) return 0;
    if (phase.startNs + phase.durationNs <= untilNs) return shareOf(scheduledIn(phase), share);
    return phase.load.kind === 'trace' ? null : countBefore(phase, share, context, untilNs);
  });

function countBefore(phase: Phase, share: Share, context: ScheduleContext, untilNs: Ns): number {
  const arrivals = arrivalsOf(phase, share, context);
  const inside = untilNs - phase.startNs;
  let count = 0;
  while (arrivals.next() && arrivals.atNs < inside) count++;
  return count;
}
