import { pathToFileURL } from 'node:url';
import type { CustomSpec } from '../campaign/target-spec.ts';
import { sha256OfFile } from '../models/digest.ts';
import { FAILURE_CLASSES, type FailureClass, Outcome } from '../stats/outcome.ts';
import { type Ns, ns, toMilliseconds } from '../time/ns.ts';
import type { CustomTarget, MakeTarget } from './custom-contract.ts';
import { RequestFailure, type Target, type TargetContext, type TargetFacts } from './target.ts';

/**
 * A campaign's own code, loaded into the worker's thread. It can do whatever this process can; only `--allow-code` lets
 * a campaign with such a target run.
 *
 * `open` rejects with one sentence that names the module. It makes one request, of sample 0 and outside every phase: code
 * that does not keep to the contract is told before the trial. A request that merely fails is no reason not to open.
 */
export const customTarget = (spec: CustomSpec): Target => new LoadedCode(spec);

/** The module will not do: one sentence for people. */
export class CustomCodeError extends Error {}

const NOT_OPEN: CustomTarget = {
  infer: () => {
    throw new Error('the custom target is not open');
  },
};

class LoadedCode implements Target {
  readonly name = 'custom';
  /** Present once opened, where the code has them. */
  prepare?: (sample: number) => void;
  check?: (sample: number) => Outcome;
  readonly #spec: CustomSpec;
  #code: CustomTarget = NOT_OPEN;

  constructor(spec: CustomSpec) {
    this.#spec = spec;
  }

  async open(context: TargetContext): Promise<TargetFacts> {
    const { module } = this.#spec;
    await refuseChanged(module);
    const began = context.now();
    const code = await made(this.#spec);
    await told(module.name, 'open failed', async () => code.open?.(context));
    const loaded = context.now();
    this.#code = code;
    this.#takeSteps(code);
    await this.#firstRequest();
    const answered = context.now();
    return { start: { sessionMs: between(began, loaded), firstInferenceMs: between(loaded, answered) } };
  }

  /** Hot path: of the harness's own one branch, and one more promise where the code answers with one. */
  infer(sample: number): Outcome | Promise<Outcome> {
    let answer: unknown;
    try {
      answer = this.#code.infer(sample);
    } catch (error) {
      throw failureOf(error);
    }
    return isPromise(answer) ? answer.then(inferred, rejected) : inferred(answer);
  }

  async close(): Promise<void> {
    const code = this.#code;
    this.#code = NOT_OPEN;
    await code.close?.();
  }

  /** The steps beside a request cost nothing where the code has none of them. */
  #takeSteps(code: CustomTarget): void {
    if (code.prepare !== undefined) this.prepare = (sample) => code.prepare?.(sample);
    if (code.check !== undefined) this.check = (sample) => checked(code, sample);
  }

  async #firstRequest(): Promise<void> {
    await told(this.#spec.module.name, 'prepare failed', async () => this.prepare?.(0));
    try {
      if ((await this.infer(0)) === Outcome.ok) this.check?.(0);
    } catch (error) {
      if (error instanceof NoOutcome) throw broken(this.#spec.module.name, error.message);
    }
  }
}

function checked(code: CustomTarget, sample: number): Outcome {
  try {
    return outcomeOf(code.check?.(sample), 'check');
  } catch (error) {
    throw failureOf(error);
  }
}

const between = (from: Ns, to: Ns): number => toMilliseconds(ns(to - from));

const broken = (module: string, what: string, cause?: unknown): CustomCodeError =>
  new CustomCodeError(`custom target ${module}: ${what}`, { cause });

/** What is measured is what was planned; the files that the module imports are its author's affair. */
async function refuseChanged({ name, path, sha256 }: CustomSpec['module']): Promise<void> {
  const found = await told(name, 'cannot be read', () => sha256OfFile(path));
  if (found === sha256) return;
  throw broken(
    name,
    `its content has changed since the plan was made (SHA-256 ${found}, expected ${sha256}); plan again`,
  );
}

/** Whatever `step` throws as one sentence. */
async function told<T>(module: string, what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw broken(module, `${what}: ${wordsOf(error)}`, error);
  }
}

const LONGEST_WORDS = 300;

/** A thrown thing's own words on one line. */
function wordsOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replaceAll(/\s+/gu, ' ').trim().slice(0, LONGEST_WORDS);
}

async function made({ module, options, batch }: CustomSpec): Promise<CustomTarget> {
  const { name, path } = module;
  const exports: Readonly<Record<string, unknown>> = await told(
    name,
    'cannot be loaded',
    () => import(pathToFileURL(path).href),
  );
  const make = exports.default ?? exports.target;
  if (typeof make !== 'function') {
    const found = Object.keys(exports).join(', ') || 'no export';
    throw broken(name, `found ${found}, expected a function as default export or as export \`target\``);
  }
  const code: unknown = await told(name, 'could not be made', async () =>
    (make as MakeTarget)(options, { Outcome, RequestFailure, batch }),
  );
  if (isCode(code)) return code;
  throw broken(name, `its function returned ${described(code)}, expected an object with a function infer`);
}

function isCode(code: unknown): code is CustomTarget {
  if (typeof code !== 'object' || code === null) return false;
  const { infer, open, prepare, check, close } = code as Readonly<Record<string, unknown>>;
  const isAbsentOrFunction = (value: unknown): boolean => value === undefined || typeof value === 'function';
  return typeof infer === 'function' && [open, prepare, check, close].every(isAbsentOrFunction);
}

function described(value: unknown): string {
  if (value === null || typeof value !== 'object') return typeof value === 'string' ? 'a text' : String(value);
  return `an object with ${Object.keys(value).join(', ') || 'nothing'}`;
}

const isPromise = (answer: unknown): answer is Promise<unknown> =>
  typeof answer === 'object' && answer !== null && typeof (answer as { then?: unknown }).then === 'function';

/** What gives an outcome. */
type Step = 'infer' | 'check';

/** An answer that is no outcome of a request. */
class NoOutcome extends RequestFailure {
  constructor(answer: unknown, step: Step) {
    const found = typeof answer === 'string' ? JSON.stringify(answer) : described(answer);
    super('target-error', 'no-outcome', `${step} returned ${found}, expected an outcome, for example Outcome.ok`);
    this.name = 'NoOutcome';
  }
}

/** What code may answer: `shed` and `unfinished` are the harness's own words. */
function outcomeOf(answer: unknown, step: Step): Outcome {
  switch (answer) {
    case Outcome.ok:
    case Outcome.timeout:
    case Outcome.rejected:
    case Outcome.targetError:
    case Outcome.wrongOutput:
      return answer;
    default:
      throw new NoOutcome(answer, step);
  }
}

const inferred = (answer: unknown): Outcome => outcomeOf(answer, 'infer');

const rejected = (error: unknown): never => {
  throw failureOf(error);
};

/** A failure made by another copy of the contract (of an installed package, say) counts as one of this. */
function failureOf(error: unknown): unknown {
  if (error instanceof RequestFailure || !(error instanceof Error)) return error;
  const { outcome, code } = error as Partial<RequestFailure>;
  const isFailure = FAILURE_CLASSES.includes(outcome as FailureClass) && typeof code === 'string';
  return isFailure ? new RequestFailure(outcome as FailureClass, code, error.message) : error;
}
