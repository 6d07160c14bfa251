import { Outcome } from '../stats/outcome.ts';
import type { Target } from './target.ts';

/**
 * A target of which one request is a bundle: `infers` inferences on consecutive samples, `stride` samples each, one after
 * the other. The first that is not ok ends the bundle and is its outcome.
 *
 * The first sample is laid ready before the start and the last answer looked at after the completion, as of any target.
 * What lies between stands inside the bundle's time: it is part of getting the bundle done.
 */
export function bundleOf(target: Target, infers: number, stride: number): Target {
  if (infers === 1) return target;
  const last = (infers - 1) * stride;
  const bundle = new Bundle(target, infers, stride);
  return {
    name: target.name,
    open: (context) => target.open(context),
    ...(target.prepare === undefined ? {} : { prepare: (sample: number) => target.prepare?.(sample) }),
    infer: (sample) => bundle.infer(sample),
    ...(target.check === undefined ? {} : { check: (sample: number) => target.check?.(sample + last) ?? Outcome.ok }),
    close: () => target.close(),
  };
}

class Bundle {
  readonly #target: Target;
  readonly #infers: number;
  readonly #stride: number;

  constructor(target: Target, infers: number, stride: number) {
    this.#target = target;
    this.#infers = infers;
    this.#stride = stride;
  }

  /** Of a synchronous target without an await and without allocating; else one promise for the bundle. */
  infer(sample: number): Outcome | Promise<Outcome> {
    for (let done = 0; done < this.#infers; done++) {
      const answer = this.#start(sample, done);
      if (typeof answer !== 'number') return this.#goOn(answer, sample, done);
      const outcome = this.#settled(answer, sample, done);
      if (outcome !== Outcome.ok) return outcome;
    }
    return Outcome.ok;
  }

  async #goOn(first: Promise<Outcome>, sample: number, from: number): Promise<Outcome> {
    let answer: Outcome | Promise<Outcome> = first;
    for (let done = from; ; ) {
      const outcome = this.#settled(await answer, sample, done);
      done++;
      if (outcome !== Outcome.ok || done === this.#infers) return outcome;
      answer = this.#start(sample, done);
    }
  }

  #start(sample: number, done: number): Outcome | Promise<Outcome> {
    const own = sample + done * this.#stride;
    if (done > 0) this.#target.prepare?.(own);
    return this.#target.infer(own);
  }

  /** An answer with a further one behind it is looked at here, the last one by whoever runs the bundle. */
  #settled(outcome: Outcome, sample: number, done: number): Outcome {
    if (outcome !== Outcome.ok || done === this.#infers - 1) return outcome;
    return this.#target.check?.(sample + done * this.#stride) ?? outcome;
  }
}
