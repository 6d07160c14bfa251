import { env, type InferenceSession, listSupportedBackends } from 'onnxruntime-node';
import type { SessionSpec } from '../campaign/target-spec.ts';
import { ModelError } from '../models/model-error.ts';
import type { Ns } from '../time/ns.ts';
import type { Feeds } from './onnx-inputs.ts';
import { loadedSession, type ModelFile, type Session } from './onnx-load.ts';
import { profiledNodes } from './onnx-placement.ts';
import { placementOn } from './placement.ts';
import type { NodesByProvider } from './target.ts';

interface Created {
  readonly session: Session;
  /** How long loading this session took, without any profile before it. */
  readonly tookNs: number;
}

/** How a session is wanted. */
export interface SessionWish extends SessionSpec, ModelFile {
  /** What to call the model to people. */
  readonly label: string;
  /** In order of preference; the CPU stands behind them all. */
  readonly providers: readonly string[];
  /** The one that must run all nodes; null: any. */
  readonly require: string | null;
  /** Intra-op threads. */
  readonly threads: number;
}

/** How it is found out which provider runs what. */
export interface Profiler {
  readonly now: () => Ns;
  /** One request, as it will be sent. */
  readonly feeds: Feeds;
  /** `wanted`: also where it decides nothing. */
  readonly mode: 'wanted' | 'when-needed';
  /** What an earlier profile of a session with these options told; null: none is at hand. */
  readonly find: (options: string) => Promise<NodesByProvider | null>;
  readonly keep: (options: string, nodes: NodesByProvider) => Promise<void>;
}

export interface OpenSession extends Created {
  /** The execution provider really in use. */
  readonly provider: string;
  readonly options: Readonly<Record<string, string | number>>;
  /** Null: nothing was profiled. */
  readonly nodes: NodesByProvider | null;
}

const CPU = 'cpu';

/**
 * Loads the model with the first wanted provider that takes it. A provider counts as in use when it runs every node, or
 * when a profiled request shows that it runs some of them; onnxruntime itself drops providers that its build lacks and
 * leaves nodes to the CPU without a word. A required provider must run every node.
 *
 * @throws ModelError `refused` when onnxruntime does not load the model, `provider` when the required one is not usable.
 */
export async function openSession(wish: SessionWish, profiler: Profiler): Promise<OpenSession> {
  quietOnnxruntime();
  const unavailable: string[] = [];
  for (const provider of preferences(wish)) {
    const attempt = provider === CPU ? await onCpu(wish, profiler) : await onDevice(wish, provider, profiler);
    if (attempt.session !== null) {
      const { session, tookNs, placement, nodes } = attempt;
      return { session, tookNs, provider, options: report(wish, placement, unavailable), nodes };
    }
    unavailable.push(`${provider}: ${attempt.reason}`);
  }
  throw new ModelError('provider', `require: ${wish.label} cannot run on ${unavailable.join('; ')}`);
}

type Attempt =
  | (Created & { readonly placement: string; readonly nodes: NodesByProvider | null })
  | { readonly session: null; readonly reason: string };

const ALL_NODES = 'all nodes';

/** Everything that goes wrong reaches its caller as an error; the copies on standard error would only tear the display. */
function quietOnnxruntime(): void {
  env.logLevel = 'fatal';
}

function preferences({ providers, require }: SessionWish): readonly string[] {
  return require === null ? [...new Set([...providers, CPU])] : [require];
}

async function onCpu(wish: SessionWish, profiler: Profiler): Promise<Attempt> {
  const nodes = profiler.mode === 'wanted' ? await profiledOnCpu(wish, profiler) : null;
  try {
    return { ...(await create(wish, [CPU], profiler)), placement: ALL_NODES, nodes };
  } catch (error) {
    throw new ModelError('refused', `${wish.label}: onnxruntime does not load it: ${firstLine(error)}`, {
      cause: error,
    });
  }
}

/** A model that cannot be profiled may still be measured; one that cannot be loaded is told by the real session. */
const profiledOnCpu = (wish: SessionWish, profiler: Profiler): Promise<NodesByProvider | null> =>
  nodesOf(wish, [CPU], profiler).catch(() => null);

async function onDevice(wish: SessionWish, provider: string, profiler: Profiler): Promise<Attempt> {
  if (!isInBuild(provider)) return { session: null, reason: 'not part of this build of onnxruntime-node' };
  const devices = devicesFrom(wish, provider);
  try {
    const alone = profiler.mode === 'wanted' ? null : await createUnlessShared(wish, devices, profiler);
    if (alone !== null) return { ...alone, placement: ALL_NODES, nodes: null };
    const nodes = await nodesOf(wish, [...devices, CPU], profiler);
    const placed = placementOn(provider, nodes, wish.require === null ? 'preferred' : 'required');
    switch (placed.kind) {
      case 'refused':
        return { session: null, reason: placed.reason };
      case 'all':
        return { ...(await create(wish, devices, profiler)), placement: ALL_NODES, nodes };
      case 'shared':
        return { ...(await create(wish, [...devices, CPU], profiler)), placement: placed.sentence, nodes };
    }
  } catch (error) {
    return { session: null, reason: firstLine(error) };
  }
}

/** What onnxruntime says when nodes would go to the CPU although the session forbids it. */
const LEFT_TO_CPU = /fallback to CPU EP has been explicitly disabled/;

/** A session whose every node runs on `devices`; null where some would run on the CPU. */
async function createUnlessShared(
  wish: SessionWish,
  devices: readonly string[],
  profiler: Profiler,
): Promise<Created | null> {
  try {
    return await create(wish, devices, profiler);
  } catch (error) {
    if (LEFT_TO_CPU.test(String(error))) return null;
    throw error;
  }
}

const isInBuild = (provider: string): boolean => listSupportedBackends().some(({ name }) => name === provider);

/** The provider and those behind it, CPU aside: TensorRT hands to CUDA what it does not take. */
function devicesFrom({ providers }: SessionWish, provider: string): readonly string[] {
  const behind = providers.slice(providers.indexOf(provider) + 1);
  return [provider, ...behind.filter((name) => name !== CPU && isInBuild(name))];
}

async function nodesOf(wish: SessionWish, providers: readonly string[], profiler: Profiler): Promise<NodesByProvider> {
  const options = optionsOf(wish, providers);
  const key = JSON.stringify([versionOf(), options]);
  const known = await profiler.find(key);
  if (known !== null) return known;
  const { now, feeds } = profiler;
  const nodes = await profiledNodes({ model: wish, options, feeds, now });
  await profiler.keep(key, nodes);
  return nodes;
}

async function create(wish: SessionWish, providers: readonly string[], { now }: Profiler): Promise<Created> {
  const began = now();
  const session = await loadedSession(wish, optionsOf(wish, providers));
  return { session, tookNs: now() - began };
}

/** Without the CPU among `providers` a node that none of them takes is an error. */
function optionsOf(wish: SessionWish, providers: readonly string[]): InferenceSession.SessionOptions {
  return {
    executionProviders: providers.map((name) => ({ name, ...wish.providerOptions[name] })),
    intraOpNumThreads: wish.threads,
    interOpNumThreads: wish.interOpThreads,
    executionMode: wish.execution,
    graphOptimizationLevel: wish.graph,
    logSeverityLevel: 4,
    extra: {
      'session.intra_op.allow_spinning': '0',
      ...(providers.includes(CPU) ? {} : { 'session.disable_cpu_ep_fallback': '1' }),
      ...wish.config,
    },
  };
}

const versionOf = (): string => env.versions.node ?? env.versions.common;

function report(
  wish: SessionWish,
  placement: string,
  unavailable: readonly string[],
): Readonly<Record<string, string | number>> {
  return {
    requested: wish.require ?? wish.providers.join(', '),
    ...(unavailable.length > 0 ? { unavailable: unavailable.join('; ') } : {}),
    placement,
    ...flattened(wish),
    intraOpThreads: wish.threads,
    interOpThreads: wish.interOpThreads,
    intraOpSpinning: wish.config['session.intra_op.allow_spinning'] === '1' ? 'on' : 'off',
    executionMode: wish.execution,
    graphOptimization: wish.graph,
    ...wish.config,
    onnxruntime: versionOf(),
  };
}

/** `cuda.deviceId: 1` */
const flattened = ({ providerOptions }: SessionWish): Readonly<Record<string, string | number>> =>
  Object.fromEntries(
    Object.entries(providerOptions).flatMap(([provider, options]) =>
      Object.entries(options).map(([key, value]): [string, string | number] => [
        `${provider}.${key}`,
        typeof value === 'number' ? value : String(value),
      ]),
    ),
  );

const LONGEST_SENTENCE = 300;

/** onnxruntime's own words without the source file they come from, on one line. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [line = ''] = message.split('\n');
  return line.replace(/^\/\S+\.(?:cc|h):\d+ /, '').slice(0, LONGEST_SENTENCE);
}
