import { addSample, type ClockFilter, NO_PROBES, type OffsetFinding, offsetAt } from './clock-offset.ts';

/** What comes back of a probe: t1 as it was sent, t2 and t3 of the coordinator's clock. */
export interface ProbeReply {
  readonly t1: bigint;
  readonly t2: bigint;
  readonly t3: bigint;
}

/** Probes at the start, at the end, and between every {@link PROBE_EVERY_MS}. */
const FIRST_PROBES = 8;
const LATER_PROBES = 4;
export const PROBE_EVERY_MS = 10_000;

/**
 * Keeps the offset to the coordinator's clock: bursts of probes, one at a time, each sent when the one before it is
 * answered. A probe that is lost with its stream ends its burst; the next stream begins another one.
 */
export class ClockSync {
  readonly #monotonic: () => bigint;
  readonly #send: (t1: bigint, finding: OffsetFinding | null) => void;
  #filter: ClockFilter = NO_PROBES;
  #outstanding: bigint | null = null;
  #left = 0;
  #onFinished: () => void = () => {};

  constructor(monotonic: () => bigint, send: (t1: bigint, finding: OffsetFinding | null) => void) {
    this.#monotonic = monotonic;
    this.#send = send;
  }

  /** The offset as far as it is known now; null before the first reply. */
  finding(): OffsetFinding | null {
    return offsetAt(this.#filter, this.#monotonic());
  }

  /** Begins a burst in place of the one under way; `onFinished` is called with its last reply. */
  burst(onFinished: () => void = () => {}): void {
    this.#left = this.#filter.length === 0 ? FIRST_PROBES : LATER_PROBES;
    this.#onFinished = onFinished;
    this.#probe();
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

  #probe(): void {
    const finding = this.finding();
    const t1 = this.#monotonic();
    this.#outstanding = t1;
    this.#send(t1, finding);
  }
}
