import type { Pacing } from '../../campaign/plan.ts';
import type { Clock } from '../../time/clock.ts';
import { NS_PER_MS } from '../../time/ns.ts';
import { WakeMargin } from '../../time/wake-margin.ts';
import type { Board } from './board.ts';

/**
 * Waits for intended starts on a worker's thread.
 *
 * `precise` sleeps to shortly before and spins for the rest, never longer than 0.3 ms; `lowCpu` only sleeps. Both sleep
 * on the board's bell, so a stop reaches them at once. The thread stands still meanwhile, and its event loop with it:
 * no socket may live there. Watched by `bench/runner-lag.ts`.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #board: Board;
  readonly #margin: WakeMargin | null;

  constructor(pacing: Pacing, clock: Clock, board: Board) {
    this.#clock = clock;
    this.#board = board;
    this.#margin = pacing === 'precise' ? new WakeMargin() : null;
  }

  /**
   * Returns the clock's first reading at or after `intended`; an earlier one only when the trial's stop forbids a
   * request intended then.
   */
  until(intended: number): number {
    let now: number = this.#clock.now();
    while (now < intended) {
      const aim = intended - (this.#margin?.ns ?? 0);
      if (now < aim) {
        const heard = this.#board.bell();
        if (this.#board.forbids(intended, now)) return now;
        this.#board.sleep(heard, (aim - now) / NS_PER_MS);
        now = this.#clock.now();
        if (now > aim) this.#margin?.observe(now - aim);
      } else {
        now = this.#clock.now();
      }
    }
    return now;
  }
}
