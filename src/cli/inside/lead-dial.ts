import type { Plan } from '../../campaign/plan.ts';
import type { Dialled } from '../../coordinator/dial-probe.ts';
import { type InsidePlace, PlaceTrouble } from '../../engines/inside-place.ts';
import { nodeMonotonic, systemWallClock } from '../../time/monotonic.ts';
import { seconds } from '../../time/ns.ts';
import type { Dialling } from '../dial.ts';
import type { Door } from '../door.ts';
import { bundleOf } from './bundle.ts';
import { follow } from './follow.ts';
import { insideRequest } from './request.ts';

/** The least that a place lets a coordinator stay. */
const STAY = seconds(600);
/** How long it all may take, the coordinator's place included, milliseconds. */
const WITHIN_MS = 300_000;

/**
 * Places a coordinator on a place of its own that places one agent and tells whether that could dial it; clears the place
 * again. What kept it from being tried is told likewise.
 */
export async function dialInside(
  plan: Plan,
  { place, door, runId }: { readonly place: InsidePlace; readonly door: Door; readonly runId: string },
  { waiting, signal }: Dialling,
  withinMs = WITHIN_MS,
): Promise<Dialled> {
  const site = plan.fleet?.coordinator?.inside;
  if (site === undefined) throw new Error('found a plan whose coordinator is here');
  const run = {
    runId,
    plan: { ...plan, files: [] },
    mode: 'new' as const,
    campaignText: new Uint8Array(),
    resultsDir: '',
    source: { commit: null, dirty: null, ci: null },
    ...door,
    calibrationMaxAgeS: 0,
    deadline: null,
  };
  const now = { wallMs: systemWallClock.nowMs(), monotonic: nodeMonotonic() };
  const request = { ...insideRequest(run, STAY, now), mode: 'dial' as const };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  let lastWhy = 'nobody has said why';
  const waited = (why: string): void => {
    lastWhy = why;
    waiting(why);
  };
  try {
    const order = { runId, instance: site.instance, stayNs: STAY };
    const handle = await place.start(order, await bundleOf(run, request), waited, limit);
    try {
      const last = await follow({ place, handle, heard: () => {}, onLost: waited, signal: limit });
      if (last?.kind === 'dialled') return last.dialled;
      const status = await place.status(handle);
      const reason = 'reason' in status ? status.reason : 'it was not over in time';
      return unplaced(last?.kind === 'failed' ? last.message : `the coordinator had no place: ${reason}`);
    } finally {
      await place.tell(handle, 'abort').catch(() => {});
      await place.clear(handle);
    }
  } catch (error) {
    if (error instanceof PlaceTrouble) return unplaced(error.message);
    if (!limit.aborted) throw error;
    if (signal.aborted) return unplaced('it was called off');
    return unplaced(`the coordinator had no place within ${withinMs / 1000} s: ${lastWhy}`);
  }
}

const unplaced = (why: string): Dialled => ({ kind: 'unplaced', address: '', why });
