import { flushCompileCache } from 'node:module';
import type { MessagePort } from 'node:worker_threads';
import { isNetwork, type TargetSpec } from '../../campaign/target-spec.ts';
import { infersPerRequest } from '../../scenarios/phase.ts';
import { stream } from '../../scenarios/rng.ts';
import { bundleOf } from '../../targets/bundle.ts';
import { InputFault, type Target, type TargetContext, type TargetFacts } from '../../targets/target.ts';
import { threadClock } from '../../time/monotonic.ts';
import type { TrialSpec } from '../../wire/trial-spec.ts';
import { Board, CpuSamples, Place } from './board.ts';
import type { FailureKind } from './failure-kinds.ts';
import { FailureLog } from './failure-log.ts';
import { ServeLoop } from './loop.ts';
import { Pacer } from './pacing.ts';
import { PhaseTable } from './phase-table.ts';
import type { PlaceStretch } from './place-deal.ts';
import { RecordWriter } from './record-ring.ts';
import { rehearse } from './rehearsal.ts';
import { sampleKeys } from './samples.ts';
import { TicketRing } from './ticket-ring.ts';
import { TrialClock } from './trial-clock.ts';
import type { TrialMemory } from './trial-memory.ts';

/** What a pool worker is given: one task covers the whole trial, since phases follow one another without a gap. */
export interface WorkerTask {
  readonly worker: number;
  /** The places that this worker serves: one where a request occupies its thread. */
  readonly places: PlaceStretch;
  readonly spec: TrialSpec;
  /** The node's monotonic clock when the runner was told to prepare: zero of its own time line. */
  readonly origin: bigint;
  readonly memory: TrialMemory;
  readonly port: MessagePort;
}

/** Worker to main thread. */
export type FromWorker =
  | { readonly kind: 'opened'; readonly facts: TargetFacts }
  | { readonly kind: 'refused'; readonly message: string }
  /** After the last request: the target is another one now. */
  | { readonly kind: 'changed'; readonly message: string }
  /** Comes before the first record that holds its number. */
  | { readonly kind: 'failure'; readonly number: number; readonly failure: FailureKind };

const ARM_POLL_MS = 1000;

/** Opens the target, rehearses, waits to be armed, serves, closes. */
export async function serveTrial(task: WorkerTask, made: () => Promise<Target>): Promise<void> {
  const clock = new TrialClock(threadClock(task.origin));
  const target = await openTarget(task, clock, made);
  if (target === null) return;
  const board = new Board(task.memory.board);
  const loop = loopOf(task, board, clock, target);
  while (!board.isArmed) {
    const heard = board.bell();
    if (!board.isArmed) board.sleep(heard, ARM_POLL_MS);
  }
  clock.arm(board.zeroNs);
  await served(task, loop);
  await target.close();
}

/** Serves to the end. An input that the target cannot serve is told before the worker breaks. */
async function served(task: WorkerTask, loop: ServeLoop): Promise<void> {
  try {
    await loop.serve(firstInstant(task.spec));
  } catch (error) {
    if (error instanceof InputFault) tell(task, { kind: 'refused', message: error.message });
    throw error;
  }
}

/** Start of the trial's first phase: from then on every place is free. */
export const firstInstant = (spec: TrialSpec): number => spec.phases[0]?.startNs ?? 0;

export const tell = (task: WorkerTask, message: FromWorker): void => task.port.postMessage(message);

const openTarget = (task: WorkerTask, clock: TrialClock, made: () => Promise<Target>): Promise<Target | null> =>
  opened(task, async () => {
    const { spec } = task;
    const target = bundleOf(await made(), infersPerRequest(spec.phases), samplesOf(spec.target));
    const facts = await target.open(targetContext(task, clock));
    await rehearse({ pacing: spec.pacing, clock, cpuNs: threadCpuNs });
    return { target, facts };
  });

/** Opens a target and tells what it found, or why it cannot be used; null then. */
export async function opened<T>(
  task: WorkerTask,
  open: () => Promise<{ readonly target: T; readonly facts: TargetFacts }>,
): Promise<T | null> {
  try {
    const { target, facts } = await open();
    flushCompileCache();
    tell(task, { kind: 'opened', facts });
    return target;
  } catch (error) {
    tell(task, { kind: 'refused', message: error instanceof Error ? error.message : String(error) });
    return null;
  }
}

/** What a target of this worker is given: the trial's clock, and draws of its own. */
export function targetContext({ spec, worker }: WorkerTask, clock: TrialClock): TargetContext {
  const rng = stream(spec.seed, `target/${spec.scenario}/${spec.trial}/${spec.share.index}/${worker}`);
  return { now: () => clock.now(), random: () => rng.next() };
}

/** Samples of one inference. */
export function samplesOf(target: TargetSpec): number {
  if (isNetwork(target)) return target.call.batch;
  return 'batch' in target ? target.batch : 1;
}

function loopOf(task: WorkerTask, board: Board, clock: TrialClock, target: Target): ServeLoop {
  const { spec, memory, worker, places } = task;
  const place = new Place(memory.board, places.first);
  return new ServeLoop({
    target,
    clock,
    board,
    place,
    cpuSamples: new CpuSamples(memory.board, worker),
    tickets: new TicketRing(memory.tickets),
    records: new RecordWriter(memory.records[worker] as SharedArrayBuffer, board),
    pacer: new Pacer(spec.pacing, clock, board),
    failures: new FailureLog((number, failure) => tell(task, { kind: 'failure', number, failure })),
    phases: new PhaseTable(spec.phases),
    sampleKeys: sampleKeys(spec.phases, spec),
    timeoutNs: spec.timeoutNs,
    backlog: spec.backlog,
    cpuNs: threadCpuNs,
  });
}

/** CPU time of the calling thread, user and system, nanoseconds. */
export const threadCpuNs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1e3;
};
