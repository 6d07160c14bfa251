const STEP_NS = 20_000;
const FLOOR_NS = 30_000;
/** Share of sleeps that may end later than the margin covers. */
const MISSED = 0.01;

/** Two CPUs of a small machine are worth little more than one: nobody spins for longer than this, nanoseconds. */
export const LONGEST_SPIN_NS = 300_000;

/**
 * How long before an instant a sleep must aim so that the thread is awake by then: the 99th percentile of the observed
 * lateness of its sleeps, followed step by step (Robbins and Monro, 1951), never above {@link LONGEST_SPIN_NS}. What is left after
 * waking is spun.
 */
export class WakeMargin {
  #marginNs = LONGEST_SPIN_NS / 2;

  /** Nanoseconds. */
  get ns(): number {
    return this.#marginNs;
  }

  /** A sleep ended `lateNs` after the instant at which it was to end. */
  observe(lateNs: number): void {
    const next = this.#marginNs + (lateNs > this.#marginNs ? STEP_NS * (1 - MISSED) : -STEP_NS * MISSED);
    this.#marginNs = Math.min(LONGEST_SPIN_NS, Math.max(FLOOR_NS, next));
  }
}
