import type { OpenFile } from '../scenarios/byte-reader.ts';
import { measureArrivals, scheduleDigest, type TextHash } from '../scenarios/digest.ts';
import type { Phase } from '../scenarios/phase.ts';
import { fleetArrivals } from '../scenarios/schedule.ts';
import type { ScheduleContext } from '../scenarios/streams.ts';
import type { TrialPlan } from './plan.ts';

/** How a schedule is read and written down: `hash` makes a fresh SHA-256, `openFile` is needed for traces. */
export interface ScheduleTools {
  readonly hash: () => TextHash;
  readonly openFile?: OpenFile;
}

/** The schedule of the measure phases of a trial, by count and digest; both null where arrivals depend on completions. */
export function scheduleOf(
  phases: readonly Phase[],
  context: ScheduleContext,
  { hash, openFile }: ScheduleTools,
): Pick<TrialPlan, 'scheduleDigest' | 'scheduled'> {
  const scheduled = measureArrivals(phases);
  if (scheduled === null) return { scheduleDigest: null, scheduled };
  const measured = phases.filter(({ purpose }) => purpose === 'measure');
  const cursor = fleetArrivals(measured, context, openFile);
  return { scheduleDigest: `sha256:${scheduleDigest(cursor, measured, hash())}`, scheduled };
}
