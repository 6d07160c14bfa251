import type { Clock } from '../../time/clock.ts';
import { type Ns, ns } from '../../time/ns.ts';

/**
 * A thread's clock on the time line of the trial: zero is the start of the first measure phase once it is armed; until
 * then, the instant at which the runner was told to prepare.
 */
export class TrialClock implements Clock {
  readonly #thread: Clock;
  #zeroNs = 0;

  constructor(thread: Clock) {
    this.#thread = thread;
  }

  now(): Ns {
    return ns(this.#thread.now() - this.#zeroNs);
  }

  /** `zeroNs`: instant 0 of the trial on the thread's clock. */
  arm(zeroNs: number): void {
    this.#zeroNs = zeroNs;
  }

  /** An instant of the trial on the thread's clock. */
  onThread(atNs: number): number {
    return atNs + this.#zeroNs;
  }
}
