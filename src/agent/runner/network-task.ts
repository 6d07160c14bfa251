import type { NetworkSpec } from '../../campaign/target-spec.ts';
import { infersPerRequest } from '../../scenarios/phase.ts';
import type { NetworkContext, NetworkTarget, Settle, TellEvent } from '../../targets/network-target.ts';
import { InputFault } from '../../targets/target.ts';
import { drawSeed, threadClock } from '../../time/monotonic.ts';
import { Alarm } from './alarm.ts';
import { Board, CpuSamples, Place } from './board.ts';
import { FailureLog } from './failure-log.ts';
import { PhaseTable } from './phase-table.ts';
import { RecordWriter } from './record-ring.ts';
import { sampleKeys } from './samples.ts';
import { SocketLoop } from './socket-loop.ts';
import { TicketRing } from './ticket-ring.ts';
import { TrialClock } from './trial-clock.ts';
import { ThreadWakes } from './wakes.ts';
import { firstInstant, opened, samplesOf, targetContext, tell, threadCpuNs, type WorkerTask } from './worker-task.ts';

const NOT_SERVING: { settle: Settle; event: TellEvent } = { settle: () => {}, event: () => {} };

/** As `serveTrial` for a target in process, on a thread whose event loop must go on: connects, waits to be armed, serves, closes. */
export async function serveNetworkTrial(
  task: WorkerTask,
  spec: NetworkSpec,
  made: () => Promise<NetworkTarget>,
): Promise<void> {
  const clock = new TrialClock(threadClock(task.origin));
  const line = { ...NOT_SERVING };
  const settle: Settle = (place, completedNs, outcome, failure, parts) =>
    line.settle(place, completedNs, outcome, failure, parts);
  const event: TellEvent = (place, sinceNs, atNs) => line.event(place, sinceNs, atNs);
  const context: NetworkContext = {
    ...targetContext(task, clock),
    ...capacityHere(task, spec),
    ...auditsHere(task),
    settle,
    event,
  };
  const target = await opened(task, async () => {
    const connected = await made();
    return { target: connected, facts: await connected.open(context) };
  });
  if (target === null) return;
  const board = new Board(task.memory.board);
  const loop = loopOf(task, spec, { board, clock, target });
  line.settle = (place, completedNs, outcome, failure, parts) =>
    loop.settle(place, completedNs, outcome, failure, parts);
  line.event = (place, sinceNs, atNs) => loop.event(place, sinceNs, atNs);
  await armed(board);
  clock.arm(board.zeroNs);
  try {
    await loop.serve(firstInstant(task.spec));
    const changed = await target.changed();
    if (changed !== null) tell(task, { kind: 'changed', message: changed });
  } catch (error) {
    if (error instanceof InputFault) tell(task, { kind: 'refused', message: error.message });
    throw error;
  } finally {
    await target.close();
  }
}

/** A target is audited once for each cell: before its first trial, by one thread of one agent. */
const auditsHere = ({ worker, spec: { trial, attempt, share } }: WorkerTask) => ({
  audits: worker === 0 && share.index === 0 && trial === 1 && attempt === 1,
  freshSeed: drawSeed(),
});

/** Connections and streams of this worker. */
const capacityHere = ({ places }: WorkerTask, { streams }: NetworkSpec) => ({
  connections: places.count / streams,
  streams,
});

async function armed(board: Board): Promise<void> {
  while (!board.isArmed) {
    const heard = board.bell();
    if (!board.isArmed) await board.changed(heard);
  }
}

interface LoopParts {
  readonly board: Board;
  readonly clock: TrialClock;
  readonly target: NetworkTarget;
}

function loopOf(task: WorkerTask, target: NetworkSpec, { board, clock, target: opened }: LoopParts): SocketLoop {
  const { spec, memory, worker, places } = task;
  return new SocketLoop({
    target: opened,
    clock,
    board,
    places: Array.from({ length: places.count }, (_, index) => new Place(memory.board, places.first + index)),
    cpuSamples: new CpuSamples(memory.board, worker),
    tickets: new TicketRing(memory.tickets),
    records: new RecordWriter(memory.records[worker] as SharedArrayBuffer, board),
    wakes: new ThreadWakes({ pacing: spec.pacing, clock, board, alarm: new Alarm(memory.alarms, worker) }),
    failures: new FailureLog((number, failure) => tell(task, { kind: 'failure', number, failure })),
    phases: new PhaseTable(spec.phases),
    sampleKeys: sampleKeys(spec.phases, spec),
    picks: isCycling(target) ? 'in-turn' : 'drawn',
    timeoutNs: spec.timeoutNs,
    backlog: spec.backlog,
    bundle: { infers: infersPerRequest(spec.phases), stride: samplesOf(target) },
    cpuNs: threadCpuNs,
  });
}

const isCycling = ({ call }: NetworkSpec): boolean => call.kind === 'plain' && call.data?.pick === 'cycle';
