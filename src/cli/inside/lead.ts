import { setTimeout as delay } from 'node:timers/promises';
import { formatDuration } from '../../campaign/quantity.ts';
import type { RunRequest } from '../../coordinator/supervision.ts';
import { type InsideHandle, type InsideOrder, type InsidePlace, PlaceTrouble } from '../../engines/inside-place.ts';
import { nodeMonotonic, systemWallClock } from '../../time/monotonic.ts';
import { ns, toMilliseconds } from '../../time/ns.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { Failure } from '../failure.ts';
import { endLeftovers } from '../leftovers.ts';
import type { Progress } from '../progress.ts';
import type { SupervisedEnd } from '../supervise.ts';
import { bundleOf } from './bundle.ts';
import { concludeInside, endOf, type InsideEnd, manifestHere, whereItLies } from './conclude.ts';
import { fetchCommand, whereOf } from './fetch-command.ts';
import { follow, LOST_MS } from './follow.ts';
import { Interrupts } from './interrupts.ts';
import { refuseUnplaceable } from './probe.ts';
import { insideRequest } from './request.ts';
import type { Word } from './words.ts';

/** A run that a coordinator elsewhere is to carry out. */
export interface InsideRun {
  readonly request: RunRequest;
  readonly place: InsidePlace;
  readonly order: InsideOrder;
  readonly progress: Progress;
  /** Where SIGINT, SIGTERM and SIGHUP arrive: `process`. */
  readonly signals: Pick<NodeJS.Process, 'on' | 'off'>;
}

/** Between two questions whether the coordinator has been given its place. */
const LOOK_MS = 2_000;

/**
 * Leads a run whose coordinator is on a place of its own: asks for the place, shows what the coordinator tells, passes
 * interrupts on, fetches the results folder and gives the place back. Ends as a run here ends. Throws a {@link Failure}
 * where it cannot be placed. When this process dies the coordinator goes on.
 */
export async function leadInside(run: InsideRun): Promise<SupervisedEnd> {
  const { request, place, order, progress } = run;
  await refuseUnplaceable(request.plan, place, order);
  const bundle = await bundleOf(request, insideRequest(request, order.stayNs, now()));
  const interrupts = new Interrupts(run.signals, (signal) => progress.show({ kind: 'interrupting', signal }));
  try {
    const due = dueSignal(request);
    let lastWhy = 'nobody has said why';
    const waiting = (why: string): void => {
      lastWhy = why;
      progress.show(waitingFor(run, why));
    };
    const signal = AbortSignal.any([interrupts.drained, due]);
    const left: string[] = [];
    const handle = await place.start(order, bundle, waiting, signal).catch((error: unknown) => {
      if (!signal.aborted) throw unstarted(error);
      if (error instanceof PlaceTrouble) left.push(error.message);
      return null;
    });
    if (handle !== null) return await followed(run, handle, interrupts);
    const end =
      interrupts.by === null ? unplacedBy(request.deadline?.text ?? '', lastWhy) : interruptedBefore(interrupts);
    return { ...end, message: [end.message, ...left].join('\n') };
  } finally {
    interrupts.close();
  }
}

/** The longest that a timer takes. */
const MOST_MS = 2 ** 31 - 1;

/** Aborted when the command's own deadline has passed. */
function dueSignal({ deadline }: RunRequest): AbortSignal {
  if (deadline === null) return new AbortController().signal;
  const leftMs = Number(deadline.at - nodeMonotonic()) / 1e6;
  return AbortSignal.timeout(Math.min(MOST_MS, Math.max(0, Math.round(leftMs))));
}

const now = () => ({ wallMs: systemWallClock.nowMs(), monotonic: nodeMonotonic() });

type Failed = Extract<SupervisedEnd, { readonly kind: 'failed' }>;

/** Nothing was measured. */
function unstarted(error: unknown): unknown {
  if (!(error instanceof PlaceTrouble)) return error;
  const kind = error.kind === 'refused' ? 'before-start' : 'inconclusive';
  return new Failure(EXIT_CODES[kind].code, error.message);
}

/** From the order to the last word, and what comes after it. */
async function followed(run: InsideRun, handle: InsideHandle, interrupts: Interrupts): Promise<SupervisedEnd> {
  const { place, progress, request } = run;
  const over = new AbortController();
  const begun = new AbortController();
  const manifestBefore = await manifestHere(request.resultsDir, request.runId);
  let folderThere: string | null = null;
  const heard = (word: Word): void => {
    begun.abort();
    if (word.kind === 'begun') folderThere = word.folder;
    if (word.kind === 'progress') progress.show(word.event);
  };
  const onLost = (message: string): void => progress.show({ kind: 'fault', message });
  interrupts.passTo((what) => place.tell(handle, what), onLost);
  const listening = follow({ place, handle, heard, onLost, signal: over.signal }).then(endOf);
  const queue = waitForPlace(run, handle, AbortSignal.any([begun.signal, over.signal]));
  try {
    const first: InsideEnd = await Promise.race([listening, queue, interrupts.atOnce]);
    const end = interrupts.abandoned.aborted ? await interrupts.atOnce : first;
    if (end.kind === 'unplaced') await place.tell(handle, 'abort');
    const left = end.kind === 'finished' || end.kind === 'failed' ? [] : await endLeftovers(request);
    for (const message of left) onLost(message);
    const signal = interrupts.abandoned;
    const interruptedBy = (): string | null => interrupts.by;
    const known = { ...whereabouts(run, handle), manifestBefore, folderThere, interruptedBy, onLost, signal };
    return await concludeInside(known, end);
  } catch (error) {
    if (error instanceof PlaceTrouble) return outOfReach(run, handle, error);
    throw error;
  } finally {
    over.abort();
    await listening.catch(() => {});
  }
}

/** The run goes on there, and nobody here hears of it. */
function outOfReach(run: InsideRun, handle: InsideHandle, { message, kind }: PlaceTrouble): SupervisedEnd {
  const how =
    kind === 'lost' ? `${message}, for ${LOST_MS / 60_000} minutes now; the run goes on without this command` : message;
  return {
    kind: 'failed',
    exitCode: EXIT_CODES.inconclusive.code,
    message: `${how}; what comes of it lies in ${whereItLies(whereabouts(run, handle))}`,
  };
}

const whereabouts = ({ place, request }: InsideRun, handle: InsideHandle) => ({
  place,
  handle,
  resultsDir: request.resultsDir,
  fetchCommand:
    request.plan.fleet === undefined
      ? ''
      : fetchCommand(request.runId, whereOf(request.plan.fleet), request.resultsDir),
});

/** Shows why the coordinator waits for its place; settles only when it has waited too long. */
async function waitForPlace(run: InsideRun, handle: InsideHandle, begun: AbortSignal): Promise<InsideEnd> {
  const { place, progress, request } = run;
  const { within, atMs } = patienceOf(request);
  while (!begun.aborted) {
    const status = await place.status(handle);
    if (begun.aborted || status.kind === 'ended') break;
    if (status.kind === 'queued') {
      progress.show(waitingFor(run, status.reason));
      if (performance.now() >= atMs) return { kind: 'unplaced', within, why: status.reason };
    }
    await delay(LOOK_MS, undefined, { signal: begun }).catch(() => {});
  }
  return new Promise(() => {});
}

/** How long a place is waited for, and until when: as the queue's limit says, or the command's where that is sooner. */
function patienceOf({ plan, deadline }: RunRequest): { readonly within: string; readonly atMs: number } {
  const queueNs = plan.fleet?.queueNs ?? ns(0);
  const dueMs = deadline === null ? Number.POSITIVE_INFINITY : Number(deadline.at - nodeMonotonic()) / 1e6;
  const queueMs = toMilliseconds(queueNs);
  const within = deadline !== null && dueMs < queueMs ? deadline.text : formatDuration(queueNs);
  return { within, atMs: performance.now() + Math.min(dueMs, queueMs) };
}

const waitingFor = ({ request }: InsideRun, why: string) => ({
  kind: 'waiting' as const,
  registered: 0,
  of: Math.max(...request.plan.cells.map(({ agents }) => agents)),
  why: `its coordinator waits: ${why}`,
});

const unplacedBy = (deadline: string, why: string): Failed => ({
  kind: 'failed',
  exitCode: EXIT_CODES.inconclusive.code,
  message: `no place was given to the coordinator within ${deadline}: ${why}`,
});

const interruptedBefore = ({ by }: Interrupts): Failed => ({
  kind: 'failed',
  exitCode: EXIT_CODES.interrupted.code,
  message: `ended by ${by} before the coordinator had its place; there is nothing to keep`,
});
