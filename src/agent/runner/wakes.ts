import type { Pacing } from '../../campaign/plan.ts';
import { WakeMargin } from '../../time/wake-margin.ts';
import type { Alarm } from './alarm.ts';
import type { Board } from './board.ts';
import type { TrialClock } from './trial-clock.ts';

/** When a thread with sockets looks at its work again. */
export interface Wakes {
  /** Calls `turn` on this thread whenever it is time, from now on until {@link close}. */
  listen(turn: () => void): void;
  /** The next turn is to come at `dueNs` as exactly as the pacing has it, or shortly after `laterNs`, whichever is first. */
  next(dueNs: number, laterNs: number): void;
  /** Something has happened on a socket. */
  noteEvent(): void;
  /** Time that this thread spent asleep or spinning since {@link listen}, nanoseconds. */
  idleNs(): number;
  close(): void;
}

export interface WakeParts {
  readonly pacing: Pacing;
  readonly clock: TrialClock;
  readonly board: Board;
  readonly alarm: Alarm;
}

/**
 * Wakes by the runner's alarm clock and the board's bell.
 *
 * `precise` is woken shortly before an instant and spins for the rest, never longer than 0.3 ms, through the event loop: a
 * socket that has something to say is heard meanwhile. `lowCpu` is woken at the instant, and is late by what waking takes.
 */
export class ThreadWakes implements Wakes {
  readonly #clock: TrialClock;
  readonly #board: Board;
  readonly #alarm: Alarm;
  readonly #margin: WakeMargin | null;
  #turn: () => void = () => {};
  /** The alarm that is set, on the trial's clock. */
  #setNs = Number.POSITIVE_INFINITY;
  #isSpinning = false;
  #spinFromNs = 0;
  #spunNs = 0;
  #events = 0;
  #eventsSeen = 0;
  #idleBeforeMs = 0;
  #isClosed = false;

  constructor({ pacing, clock, board, alarm }: WakeParts) {
    this.#clock = clock;
    this.#board = board;
    this.#alarm = alarm;
    this.#margin = pacing === 'precise' ? new WakeMargin() : null;
  }

  listen(turn: () => void): void {
    this.#turn = turn;
    this.#idleBeforeMs = performance.eventLoopUtilization().idle;
    void this.#alarm.listen(() => this.#rung());
    void this.#heedBell();
  }

  next(dueNs: number, laterNs: number): void {
    const now = this.#clock.now();
    const marginNs = this.#margin?.ns ?? 0;
    if (dueNs - now <= marginNs) {
      this.#spin(now);
      return;
    }
    const atNs = Math.min(dueNs - marginNs, laterNs);
    if (atNs >= this.#setNs) return;
    this.#setNs = atNs;
    this.#alarm.set(this.#clock.onThread(atNs));
  }

  noteEvent(): void {
    this.#events++;
  }

  idleNs(): number {
    return (performance.eventLoopUtilization().idle - this.#idleBeforeMs) * 1e6 + this.#spunNs;
  }

  close(): void {
    this.#isClosed = true;
    this.#alarm.mute();
  }

  /** The bell is read before each turn, so that whatever rings during one is heard after it. */
  async #heedBell(): Promise<void> {
    while (!this.#isClosed) {
      const heard = this.#board.bell();
      this.#turn();
      const changed = this.#isClosed ? null : this.#board.changed(heard);
      if (changed !== null) await changed;
    }
  }

  #rung(): void {
    const lateNs = this.#clock.now() - this.#setNs;
    this.#setNs = Number.POSITIVE_INFINITY;
    if (lateNs > 0 && Number.isFinite(lateNs)) this.#margin?.observe(lateNs);
    this.#turn();
  }

  #spin(now: number): void {
    if (this.#isSpinning) return;
    this.#isSpinning = true;
    this.#spinFromNs = now;
    this.#eventsSeen = this.#events;
    setImmediate(this.#spun);
  }

  /** One round of the event loop in which nothing happened was spinning. */
  readonly #spun = (): void => {
    this.#isSpinning = false;
    if (this.#events === this.#eventsSeen) this.#spunNs += this.#clock.now() - this.#spinFromNs;
    if (!this.#isClosed) this.#turn();
  };
}
