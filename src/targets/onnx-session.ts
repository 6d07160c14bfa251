import { env, InferenceSession, listSupportedBackends } from 'onnxruntime-node';
import { ModelError } from '../models/model-error.ts';
import type { Feeds } from './onnx-inputs.ts';
import { operatorsByProvider } from './onnx-placement.ts';

/** How a session is wanted. */
export interface SessionWish {
  /** The file, and what to call it to people. */
  readonly path: string;
  readonly label: string;
  /** In order of preference; the CPU stands behind them all. */
  readonly providers: readonly string[];
  /** The one that must be in use; null: any. */
  readonly require: string | null;
  /** Intra-op threads. */
  readonly threads: number;
}

export interface OpenSession {
  readonly session: InferenceSession;
  /** The execution provider really in use. */
  readonly provider: string;
  readonly options: Readonly<Record<string, string | number>>;
}

const CPU = 'cpu';

/**
 * Loads the model with the first wanted provider that takes it. A provider counts as in use when it runs every
 * operator, or when a profiled request shows that it runs some of them; onnxruntime itself drops providers that its
 * build lacks and leaves operators to the CPU without a word.
 *
 * @throws ModelError `refused` when onnxruntime does not load the model, `provider` when the required one is not usable.
 */
export async function openSession(wish: SessionWish, probe: Feeds): Promise<OpenSession> {
  quietOnnxruntime();
  const unavailable: string[] = [];
  for (const provider of preferences(wish)) {
    const attempt = provider === CPU ? await onCpu(wish) : await onDevice(wish, provider, probe);
    if (attempt.session !== null) {
      return { session: attempt.session, provider, options: report(wish, attempt.placement, unavailable) };
    }
    unavailable.push(`${provider}: ${attempt.reason}`);
  }
  throw new ModelError('provider', `require: ${wish.label} cannot run on ${unavailable.join('; ')}`);
}

type Attempt =
  | { readonly session: InferenceSession; readonly placement: string }
  | { readonly session: null; readonly reason: string };

const ALL_OPERATORS = 'all operators';

/** Everything that goes wrong reaches its caller as an error; the copies on standard error would only tear the display. */
function quietOnnxruntime(): void {
  env.logLevel = 'fatal';
}

function preferences({ providers, require }: SessionWish): readonly string[] {
  return require === null ? [...new Set([...providers, CPU])] : [require];
}

async function onCpu(wish: SessionWish): Promise<Attempt> {
  try {
    return { session: await create(wish, [CPU]), placement: ALL_OPERATORS };
  } catch (error) {
    throw new ModelError('refused', `${wish.label}: onnxruntime does not load it: ${firstLine(error)}`, {
      cause: error,
    });
  }
}

async function onDevice(wish: SessionWish, provider: string, probe: Feeds): Promise<Attempt> {
  if (!listSupportedBackends().some(({ name }) => name === provider)) {
    return { session: null, reason: 'not part of this build of onnxruntime-node' };
  }
  try {
    return { session: await create(wish, [provider], 'device-only'), placement: ALL_OPERATORS };
  } catch (error) {
    if (!LEFT_TO_CPU.test(String(error))) return { session: null, reason: firstLine(error) };
  }
  return sharedWithCpu(wish, provider, probe);
}

/** What onnxruntime says when operators would go to the CPU although the session forbids it. */
const LEFT_TO_CPU = /fallback to CPU EP has been explicitly disabled/;

async function sharedWithCpu(wish: SessionWish, provider: string, probe: Feeds): Promise<Attempt> {
  try {
    const counts = await operatorsByProvider(wish.path, [provider, CPU], probe);
    const onCpuOnly = counts.get(CPU) ?? 0;
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
    if (all === onCpuOnly) return { session: null, reason: 'takes none of the model’s operators' };
    const session = await create(wish, [provider, CPU]);
    return { session, placement: `${all - onCpuOnly} of ${all} operators, the others on cpu` };
  } catch (error) {
    return { session: null, reason: firstLine(error) };
  }
}

const create = (
  wish: SessionWish,
  executionProviders: readonly string[],
  placement: 'device-only' | 'any' = 'any',
): Promise<InferenceSession> =>
  InferenceSession.create(wish.path, {
    executionProviders,
    intraOpNumThreads: wish.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    extra: {
      'session.intra_op.allow_spinning': '0',
      ...(placement === 'device-only' ? { 'session.disable_cpu_ep_fallback': '1' } : {}),
    },
  });

function report(
  wish: SessionWish,
  placement: string,
  unavailable: readonly string[],
): Readonly<Record<string, string | number>> {
  return {
    requested: wish.require ?? wish.providers.join(', '),
    ...(unavailable.length > 0 ? { unavailable: unavailable.join('; ') } : {}),
    placement,
    intraOpThreads: wish.threads,
    interOpThreads: 1,
    intraOpSpinning: 'off',
    executionMode: 'sequential',
    graphOptimization: 'all',
    onnxruntime: env.versions.node ?? env.versions.common,
  };
}

const LONGEST_SENTENCE = 300;

/** onnxruntime's own words without the source file they come from, on one line. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [line = ''] = message.split('\n');
  return line.replace(/^\/\S+\.(?:cc|h):\d+ /, '').slice(0, LONGEST_SENTENCE);
}
