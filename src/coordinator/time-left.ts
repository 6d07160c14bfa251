/**
 * The wall-clock budget of a whole command (`--deadline`): whether a trial still fits into what is left of it, and when
 * one whose length nobody knows has to stop, so that the command ends in time.
 */
import { type Ns, ns, seconds } from '../time/ns.ts';
import type { TrialOrder } from './fleet-plan.ts';
import type { Run, RunningStage } from './run-state.ts';

/** What comes after the last request of a run: the last intervals, farewells, and judging. */
export const CLOSING_RESERVE = seconds(3);

/** Whether a trial that is asked for now would be over, drained and judged by the deadline. */
export const fits = (run: Run, trial: TrialOrder, atNs: Ns): boolean =>
  fitsFrom(run, trial, ns(atNs + run.longestPrepareNs));

/** Whether it would be when everybody is ready now. A trial of unknown length needs room for some load at least. */
export function fitsFrom({ fleet }: Run, { warmupNs, endNs, drainNs }: TrialOrder, readyNs: Ns): boolean {
  if (fleet.deadline === null) return true;
  const loadNs = warmupNs + (endNs ?? 0);
  return readyNs + fleet.deadlines.leadNs + loadNs + drainNs + CLOSING_RESERVE < fleet.deadline.atNs;
}

/** Whether load that still runs has to end now: what is in flight is drained after it. */
export function isOutOfTime({ fleet }: Run, { trial, zeroNs }: RunningStage, atNs: Ns): boolean {
  if (fleet.deadline === null || zeroNs === null) return false;
  const isDraining = trial.endNs !== null && atNs >= zeroNs + trial.endNs;
  return !isDraining && atNs + trial.drainNs + CLOSING_RESERVE >= fleet.deadline.atNs;
}

/** Why a trial was not run; a clause for people. */
export const whyNoTime = ({ fleet }: Run): string =>
  `the --deadline of ${fleet.deadline?.text ?? 'the command'} leaves no time for it`;
