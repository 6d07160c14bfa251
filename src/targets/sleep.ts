import type { SleepLaw } from '../campaign/target-spec.ts';
import { Outcome } from '../stats/outcome.ts';
import { type Ns, ns } from '../time/ns.ts';
import { WakeMargin } from '../time/wake-margin.ts';
import type { Target, TargetContext, TargetFacts } from './target.ts';

/** Standard normal quantile of 0.99. */
const Z_99 = 2.3263478740408408;

/** Instant at which a request begun at `now` ends. A stall holds whatever meets it until it is over. */
export function sleepDeadline(law: SleepLaw, now: Ns, random: () => number): Ns {
  switch (law.kind) {
    case 'constant':
      return ns(now + law.ns);
    case 'exponential':
      return ns(now - law.meanNs * Math.log1p(-random()));
    case 'lognormal':
      return ns(now + law.medianNs * (law.p99Ns / law.medianNs) ** (normal(random) / Z_99));
    case 'stall': {
      const over = law.atNs + law.forNs;
      return ns((now >= law.atNs && now < over ? over : now) + law.otherwiseNs);
    }
  }
}

/** Box and Muller, 1958. */
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log1p(-random())) * Math.cos(2 * Math.PI * random());

/**
 * A known service time: what is measured can be held against an analytic answer.
 *
 * Blocks its thread as a model in process does. Sleeps, then spins to the deadline, so that it never occupies its place
 * for noticeably longer than the law says. `stall.at` counts from the start of the first measure phase.
 */
export class SleepTarget implements Target {
  readonly name = 'sleep';
  readonly #law: SleepLaw;
  readonly #margin = new WakeMargin();
  /** Never notified: a wait on it always runs to its timeout. */
  readonly #cell = new Int32Array(new SharedArrayBuffer(4));
  #context: TargetContext | null = null;

  constructor(law: SleepLaw) {
    this.#law = law;
  }

  async open(context: TargetContext): Promise<TargetFacts> {
    this.#context = context;
    return { start: { sessionMs: 0, firstInferenceMs: 0 } };
  }

  infer(): Outcome {
    const context = this.#context;
    if (context === null) throw new Error('sleep: asked before it was opened');
    const deadline = sleepDeadline(this.#law, context.now(), () => context.random());
    this.#sleepUntil(context, deadline);
    return Outcome.ok;
  }

  async close(): Promise<void> {}

  #sleepUntil(context: TargetContext, deadline: Ns): void {
    const aim = deadline - this.#margin.ns;
    let now = context.now();
    if (now < aim) {
      Atomics.wait(this.#cell, 0, 0, (aim - now) / 1e6);
      now = context.now();
      this.#margin.observe(now - aim);
    }
    while (now < deadline) now = context.now();
  }
}
