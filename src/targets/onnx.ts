import type { ModelSource, OnnxSpec } from '../campaign/target-spec.ts';
import { sha256OfFile } from '../models/digest.ts';
import { brainPortsOf, heldPorts } from '../models/float-ports.ts';
import { inspectModel, type ModelFacts, type ModelTensor } from '../models/inspect.ts';
import { ModelError } from '../models/model-error.ts';
import { Outcome } from '../stats/outcome.ts';
import { type Ns, ns, toMilliseconds } from '../time/ns.ts';
import { refuseChangedFiles } from './onnx-files.ts';
import { type Feeds, type InputPool, inputPool } from './onnx-inputs.ts';
import type { Session } from './onnx-load.ts';
import { firstLine, openSession, type Profiler } from './onnx-session.ts';
import { bindInputs } from './onnx-shapes.ts';
import type { PlacementStore } from './placement-store.ts';
import { Expected, type Outputs } from './samples/expected.ts';
import {
  InputFault,
  RequestFailure,
  type Target,
  type TargetContext,
  type TargetFacts,
  type TensorFacts,
} from './target.ts';

/**
 * A model run in this process by onnxruntime, one session for each target. `run` blocks its thread, and ending the
 * process in the middle of one aborts it: keep it off any thread that has something else to do.
 *
 * `open` rejects with a {@link ModelError} of one sentence. A request that onnxruntime refuses is a `target-error`.
 */
export const onnxTarget = (spec: OnnxSpec, profiles: ProfilePlan = NO_PROFILES): Target =>
  new OnnxTarget(spec, profiles);

/** Which profiles a target may use, and whether it is the one that takes them. */
export interface ProfilePlan {
  readonly store: PlacementStore | null;
  /**
   * `taker`, the first worker of a runner: profiles where nothing is at hand, and reads the model through to see that it
   * is the one planned. `other`: profiles only where it cannot be told otherwise what runs where.
   */
  readonly role: 'taker' | 'other';
  /** What else than model and session decides where nodes run: the machine. */
  readonly node: string;
}

const NO_PROFILES: ProfilePlan = { store: null, role: 'taker', node: '' };

type Run = Pick<Session, 'run' | 'release'>;

const NOT_OPEN: Run = {
  run: () => Promise.reject(new Error('the onnx target is not open')),
  release: () => Promise.resolve(),
};

class OnnxTarget implements Target {
  readonly name = 'onnx';
  readonly #spec: OnnxSpec;
  readonly #profiles: ProfilePlan;
  #session: Run = NOT_OPEN;
  #feeds: readonly Feeds[] = [{}];
  #samples = 1;
  #pool: InputPool | null = null;
  #expected: Expected | null = null;
  #outputs: Outputs = {};
  /** What an answer is turned into its outcome by. */
  #answered: (outputs: Outputs) => Outcome = answered;
  /** Samples from a file are laid into the one request that there is. */
  readonly prepare?: (sample: number) => void;
  readonly check?: (sample: number) => Outcome;

  constructor(spec: OnnxSpec, profiles: ProfilePlan) {
    this.#spec = spec;
    this.#profiles = profiles;
    if (spec.inputs.kind !== 'random') this.prepare = (sample) => this.#lay(sample);
    if (spec.expect !== undefined) {
      this.check = (sample) => this.#compare(sample);
      this.#answered = (outputs) => {
        this.#outputs = outputs;
        return Outcome.ok;
      };
    }
  }

  async open(context: TargetContext): Promise<TargetFacts> {
    const { model, inputs, batch, expect } = this.#spec;
    const label = labelOf(model);
    const facts = inspectModel(model.path);
    const ports = heldPorts(facts);
    if (this.#profiles.role === 'taker') await refuseChanged(model, label);
    await refuseChangedFiles(this.#spec);
    const pool = await inputPool(inputs, bindInputs(ports.inputs, this.#spec), batch);
    this.#pool = pool;
    if (expect !== undefined) {
      this.#expected = await Expected.open(expect, { outputs: ports.outputs, count: pool.count, batch });
    }
    pool.lay?.(0);
    const probe = pool.feeds[0] ?? {};
    const wish = { ...this.#spec, ...this.#spec.session, path: model.path, brain: brainPortsOf(facts), label };
    const { session, tookNs, provider, options, nodes } = await openSession(wish, this.#profiler(context, probe));
    const loaded = context.now();
    await firstRequest(session, probe, label);
    const answered = context.now();
    this.#session = session;
    this.#feeds = pool.feeds;
    this.#samples = pool.feeds.length;
    return {
      model: modelFacts(facts, model.sha256),
      session: { provider, options, ...(nodes === null ? {} : { nodes }) },
      inputs: { digest: pool.digest },
      start: { sessionMs: toMilliseconds(ns(tookNs)), firstInferenceMs: between(loaded, answered) },
    };
  }

  #profiler(context: TargetContext, feeds: Feeds): Profiler {
    const { store, role, node } = this.#profiles;
    const { model, batch, bind, session } = this.#spec;
    const keyOf = (options: string): string => JSON.stringify([node, model.sha256, batch, bind, options]);
    return {
      now: () => context.now(),
      feeds,
      mode: role === 'taker' && session.profile === 'on' ? 'wanted' : 'when-needed',
      find: async (options) => (await store?.find(keyOf(options))) ?? null,
      keep: async (options, nodes) => store?.keep(keyOf(options), nodes),
    };
  }

  /** Hot path: no allocation beyond onnxruntime's own and the one promise. Watched by `bench/runner-rate.ts`. */
  infer(sample: number): Promise<Outcome> {
    return this.#session.run(this.#feeds[sample % this.#samples] as Feeds).then(this.#answered, failed);
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = NOT_OPEN;
    this.#pool?.close();
    this.#expected?.close();
    await session.release();
  }

  #lay(sample: number): void {
    try {
      this.#pool?.lay?.(sample);
    } catch (error) {
      throw inputFault(error);
    }
  }

  #compare(sample: number): Outcome {
    const { count } = this.#pool as InputPool;
    try {
      return (this.#expected as Expected).check(sample % count, this.#outputs);
    } catch (error) {
      throw error instanceof RequestFailure ? error : inputFault(error);
    }
  }
}

const inputFault = (error: unknown): InputFault =>
  new InputFault(error instanceof Error ? error.message : String(error));

const answered = (): Outcome => Outcome.ok;

const failed = (error: unknown): never => {
  throw new RequestFailure('target-error', 'onnxruntime', firstLine(error));
};

const between = (from: Ns, to: Ns): number => toMilliseconds(ns(to - from));

const labelOf = (model: ModelSource): string =>
  model.kind === 'reference' ? `reference model ${model.name} (${model.path})` : `model ${model.path}`;

/** What is measured is what was planned, byte for byte. */
async function refuseChanged(model: ModelSource, label: string): Promise<void> {
  const found = await sha256OfFile(model.path);
  if (found === model.sha256) return;
  throw new ModelError(
    'changed',
    `${label}: its content has changed since the plan was made (SHA-256 ${found}, expected ${model.sha256}); ` +
      (model.kind === 'reference' ? 'delete the file and plan again' : 'plan again'),
  );
}

async function firstRequest(session: Session, feeds: Feeds, label: string): Promise<void> {
  try {
    await session.run(feeds);
  } catch (error) {
    await session.release();
    throw new ModelError('refused', `${label}: its first request failed: ${firstLine(error)}`, { cause: error });
  }
}

const tensorFacts = ({ name, type, shape }: ModelTensor): TensorFacts => ({ name, type, shape });

const modelFacts = (facts: ModelFacts, sha256: string): NonNullable<TargetFacts['model']> => ({
  sha256,
  bytes: facts.bytes,
  opset: facts.opset,
  parameters: facts.parameters,
  inputs: facts.inputs.map(tensorFacts),
  outputs: facts.outputs.map(tensorFacts),
});
