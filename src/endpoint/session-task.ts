import type { MessagePort } from 'node:worker_threads';
import type { ServedEndpoint } from '../campaign/served-endpoint.ts';
import { brainPortsOf, heldPorts } from '../models/float-ports.ts';
import { inspectModel } from '../models/inspect.ts';
import { ModelError, type ModelErrorCode } from '../models/model-error.ts';
import { type Feeds, inputPool } from '../targets/onnx-inputs.ts';
import type { Session } from '../targets/onnx-load.ts';
import { firstLine, openSession } from '../targets/onnx-session.ts';
import { bindInputs } from '../targets/onnx-shapes.ts';
import type { TensorFacts } from '../targets/target.ts';
import { threadClock } from '../time/monotonic.ts';
import { toMilliseconds } from '../time/ns.ts';
import { carriedOut, type SessionPlace } from './session-place.ts';
import { signatureOf } from './signature.ts';
import type { Task, TaskAnswer } from './task.ts';

/** How a served model's sessions are wanted. */
export type ServedSession = Pick<ServedEndpoint, 'model' | 'providers' | 'require' | 'threads' | 'session' | 'bind'>;

/** What a pool thread is given: one task for as long as the endpoint lives. */
export interface SessionTask {
  readonly served: ServedSession;
  /** Samples of the second warm-up request, which shows that batches come out whole; 1: there is none. */
  readonly batch: number;
  /** The node's monotonic clock at zero of the endpoint's time line. */
  readonly origin: bigint;
  readonly port: MessagePort;
}

/** What an opened session says of itself. */
export interface SessionFacts {
  readonly provider: string;
  readonly options: Readonly<Record<string, string | number>>;
  readonly outputs: readonly TensorFacts[];
  readonly sessionMs: number;
  readonly firstInferenceMs: number;
}

export type FromSession = { readonly kind: 'opened'; readonly facts: SessionFacts } | TaskAnswer;

/** Why a session could not be opened. */
export interface SessionRefusal {
  readonly code: ModelErrorCode;
  readonly message: string;
}

export type ToSession = Task | 'end';

/**
 * What the pool calls on its threads: opens a session, does tasks as they come, and leaves when told to. A refusal is
 * what it returns: sent over the port it could be overtaken by the end of the task, which takes another way.
 */
export default async function serveSession(task: SessionTask): Promise<SessionRefusal | null> {
  const { port } = task;
  const tell = (message: FromSession, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const opened = await open(task);
  if (opened instanceof ModelError) return { code: opened.code, message: opened.message };
  tell({ kind: 'opened', facts: opened.facts });
  await untilTold(port, async (work) => {
    const answer = await carriedOut(opened.place, work);
    tell(answer, [answer.buffer]);
  });
  await opened.release();
  return null;
}

function untilTold(port: MessagePort, work: (task: Task) => Promise<void>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let last = Promise.resolve();
  port.on('message', (message: ToSession) => {
    // A session does one thing at a time, and what it was given before it is told to end.
    last = message === 'end' ? last.then(resolve) : last.then(() => work(message));
    last.catch(reject);
  });
  return promise;
}

interface Opened {
  readonly place: SessionPlace;
  readonly facts: SessionFacts;
  readonly release: () => Promise<void>;
}

async function open({ served, batch, origin }: SessionTask): Promise<Opened | ModelError> {
  const clock = threadClock(origin);
  const label = `model ${served.model.path}`;
  try {
    const facts = inspectModel(served.model.path);
    const signature = signatureOf(facts);
    const { inputs } = heldPorts(facts);
    const feedsFor = async (samples: number): Promise<Feeds> => {
      const bound = bindInputs(inputs, { batch: samples, bind: withOnes(inputs, served.bind) });
      return (await inputPool({ kind: 'random', samples: 1 }, bound, samples)).feeds[0] ?? {};
    };
    const known = await feedsFor(1);
    const { path } = served.model;
    const wish = { ...served, ...served.session, path, brain: brainPortsOf(facts), label };
    const profiler = { now: () => clock.now(), feeds: known, find: async () => null, keep: async () => {} };
    const created = await openSession(wish, { ...profiler, mode: 'when-needed' });
    const { session, provider, options, tookNs } = created;
    const began = clock.now();
    await firstAnswer(() => session.run(known), label);
    const answeredAt = clock.now();
    if (batch > 1) {
      // Of one size alone an output may have as many rows by chance.
      await checkBatch(session, known, 1, label);
      await checkBatch(session, await feedsFor(batch), batch, label);
    }
    return {
      place: { session, signature, known, clock },
      facts: {
        provider,
        options,
        outputs: facts.outputs.map(({ name, type, shape }) => ({ name, type, shape })),
        sessionMs: tookNs / 1e6,
        firstInferenceMs: toMilliseconds(answeredAt) - toMilliseconds(began),
      },
      release: () => session.release(),
    };
  } catch (error) {
    return error instanceof ModelError ? error : new ModelError('refused', `${label}: ${firstLine(error)}`);
  }
}

/** Free dimensions that nothing is said about, apart from the first, are 1. */
function withOnes(
  inputs: readonly { readonly name: string; readonly shape: readonly (number | string)[] }[],
  bind: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const first = new Set(inputs.map(({ shape }) => shape[0]));
  const free = inputs.flatMap(({ name, shape }) =>
    shape.flatMap((size, axis) => {
      if (typeof size === 'number' || axis === 0) return [];
      if (size !== '?' && first.has(size)) return [];
      return [size === '?' ? `${name}.${axis}` : size];
    }),
  );
  return { ...Object.fromEntries(free.map((key) => [key, 1])), ...bind };
}

async function firstAnswer(run: () => Promise<unknown>, label: string): Promise<void> {
  try {
    await run();
  } catch (error) {
    throw new ModelError(
      'refused',
      `${label}: its first request failed: ${firstLine(error)}; sizes of free dimensions may be given, for example --bind sequence=128`,
    );
  }
}

async function checkBatch(session: Session, feeds: Feeds, batch: number, label: string): Promise<void> {
  const outputs = await session.run(feeds).catch((error: unknown) => {
    throw new ModelError('shape', `${label}: batching: a run of ${counted(batch)} failed: ${firstLine(error)}`);
  });
  const lost = session.outputNames.find((name) => outputs[name]?.dims[0] !== batch);
  if (lost === undefined) return;
  throw new ModelError(
    'shape',
    `${label}: batching: its output ${lost} of a run of ${counted(batch)} is [${outputs[lost]?.dims.join(', ')}], ` +
      `expected ${batch} in front; serve it without batching`,
  );
}

const counted = (samples: number): string => `${samples} sample${samples === 1 ? '' : 's'}`;
