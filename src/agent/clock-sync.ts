import { addSample, type ClockFilter, NO_PROBES, type OffsetFinding, offsetAt } from './clock-offset.ts';

/** What comes back of a probe: t1 as it was sent, t2 and t3 of the coordinator's clock. */
export interface ProbeReply {
  readonly t1: bigint;
  readonly t2: bigint;
  readonly t3: bigint;
}

/** Bursts at the first lease, soon after it (a node that has just started processes answers late), and at the end. */
const FIRST_PROBES = 8;
const LATER_PROBES = 4;
const FIRST_BURSTS_MS: readonly number[] = [250, 500, 1_000, 2_000];
/** Between bursts from then on. */
const PROBE_EVERY_MS = 10_000;

export interface ProbeLine {
  /** Sends a probe, with the finding so far. */
  send(t1: bigint, finding: OffsetFinding | null): void;
  /** Whether a probe sent now goes out at once. */
  isOpen(): boolean;
}

/**
 * Keeps the offset to the coordinator's clock: bursts of probes, one at a time, each sent when the one before it is
 * answered. A probe that is lost with its stream ends its burst; the next burst begins another one.
 */
export class ClockSync {
  readonly #monotonic: () => bigint;
  readonly #line: ProbeLine;
  #filter: ClockFilter = NO_PROBES;
  #outstanding: bigint | null = null;
  #left = 0;
  #onFinished: () => void = () => {};
  #timers: NodeJS.Timeout[] = [];

  constructor(monotonic: () => bigint, line: ProbeLine) {
    this.#monotonic = monotonic;
    this.#line = line;
  }

  /** The offset as far as it is known now; null before the first reply. */
  finding(): OffsetFinding | null {
    return offsetAt(this.#filter, this.#monotonic());
  }

  /** A lease was granted: probes now, and from the first one on at its times. */
  begin(): void {
    this.#regular();
    if (this.#timers.length > 0) return;
    this.#timers = FIRST_BURSTS_MS.map((ms) => setTimeout(() => this.#regular(), ms));
    this.#timers.push(setInterval(() => this.#regular(), PROBE_EVERY_MS));
  }

  /** The last burst, in place of any other; `onFinished` is called with its last reply. */
  finish(onFinished: () => void): void {
    this.close();
    this.#burst(onFinished);
  }

  /** No more bursts by the clock. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  answered({ t1, t2, t3 }: ProbeReply): void {
    const t4 = this.#monotonic();
    if (t1 !== this.#outstanding) return;
    this.#outstanding = null;
    this.#filter = addSample(this.#filter, { t1, t2, t3, t4 });
    this.#left--;
    if (this.#left > 0) this.#probe();
    else this.#onFinished();
  }

  #regular(): void {
    if (this.#line.isOpen()) this.#burst(() => {});
  }

  #burst(onFinished: () => void): void {
    this.#left = this.#filter.length === 0 ? FIRST_PROBES : LATER_PROBES;
    this.#onFinished = onFinished;
    this.#probe();
  }

  #probe(): void {
    const finding = this.finding();
    const t1 = this.#monotonic();
    this.#outstanding = t1;
    this.#line.send(t1, finding);
  }
}
