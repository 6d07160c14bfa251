/**
 * The wall-clock budget of a whole command (`--deadline`) and the walltime of places (`fleet.walltime`): whether a trial
 * still fits into what is left of them, and when one whose length nobody knows has to stop, so that all ends in time.
 */
import { type Ns, ns, seconds, toSeconds } from '../time/ns.ts';
import type { TrialOrder } from './fleet-plan.ts';
import type { RunningStage } from './run-stage.ts';
import type { Run } from './run-state.ts';

/** What comes after the last request of a run: the last intervals, farewells, and judging. */
export const CLOSING_RESERVE = seconds(3);

/** Whether a trial that is asked for now would be over, drained and judged by the deadline. */
export const fits = (run: Run, trial: TrialOrder, atNs: Ns): boolean =>
  fitsFrom(run, trial, ns(atNs + run.longestPrepareNs));

/** Whether it would be when everybody is ready now. A trial of unknown length needs room for some load at least. */
export function fitsFrom(run: Run, trial: TrialOrder, readyNs: Ns): boolean {
  const dueNs = Math.min(deadlineOf(run), stayUntil(run, trial));
  return endFrom(run, trial, readyNs) < dueNs;
}

/** Whether it is the walltime of the places, and not the command's deadline, that leaves no time for a trial. */
export const isStayTooShort = (run: Run, trial: TrialOrder, atNs: Ns): boolean =>
  endFrom(run, trial, ns(atNs + run.longestPrepareNs)) < deadlineOf(run);

const endFrom = ({ fleet }: Run, { warmupNs, endNs, drainNs }: TrialOrder, readyNs: Ns): number =>
  readyNs + fleet.deadlines.leadNs + warmupNs + (endNs ?? 0) + drainNs + CLOSING_RESERVE;

const deadlineOf = ({ fleet }: Run): number => fleet.deadline?.atNs ?? Number.POSITIVE_INFINITY;

/** Until when the agents of a trial have their places; for ever where none has a limit, or none has come. */
function stayUntil({ fleet, places, instance }: Run, trial: TrialOrder): number {
  if (fleet.stayNs === null || trial.instance !== instance) return Number.POSITIVE_INFINITY;
  const placed = places
    .slice(0, trial.agents)
    .flatMap((place) => (place.kind === 'held' ? [place.holder.placedNs] : []));
  return Math.min(...placed) + fleet.stayNs;
}

/** Whether load that still runs has to end now: what is in flight is drained after it. */
export function isOutOfTime(run: Run, { trial, zeroNs }: RunningStage, atNs: Ns): boolean {
  const dueNs = Math.min(deadlineOf(run), stayUntil(run, trial));
  if (zeroNs === null) return false;
  const isDraining = trial.endNs !== null && atNs >= zeroNs + trial.endNs;
  return !isDraining && atNs + trial.drainNs + CLOSING_RESERVE >= dueNs;
}

/** Why a trial was not run that the walltime of its places leaves no time for; a clause for people. */
export const whyNoStay = ({ fleet }: Run): string =>
  `the walltime of ${toSeconds(fleet.stayNs ?? ns(0))} s leaves no time for it`;

/** Why a trial was not run; a clause for people. */
export const whyNoTime = ({ fleet: { deadline } }: Run): string =>
  deadline?.of === 'place'
    ? `the walltime of ${deadline.text} of the coordinator's place leaves no time for it`
    : `the --deadline of ${deadline?.text ?? 'the command'} leaves no time for it`;
