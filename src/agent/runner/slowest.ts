import type { RequestRecord } from './record-ring.ts';

const KEPT = 10;

export interface SlowRequest {
  readonly seq: number;
  readonly sample: number;
  readonly phase: number;
  readonly intendedNs: number;
  readonly waitNs: number;
  readonly lagNs: number;
  readonly serviceNs: number;
}

/** The ten requests with the longest response times of all that were shown to it. */
export class Slowest {
  readonly #kept: SlowRequest[] = [];
  /** Ascending, as {@link Slowest.#kept}. */
  readonly #responses: number[] = [];

  /** `record` must have been started. */
  consider(record: RequestRecord): void {
    const response = record.completedNs - record.intendedNs;
    if (this.#kept.length === KEPT) {
      if (response <= (this.#responses[0] as number)) return;
      this.#kept.shift();
      this.#responses.shift();
    }
    let at = this.#responses.length;
    while (at > 0 && (this.#responses[at - 1] as number) > response) at--;
    this.#responses.splice(at, 0, response);
    this.#kept.splice(at, 0, {
      seq: record.seq,
      sample: record.sample,
      phase: record.phase,
      intendedNs: record.intendedNs,
      waitNs: record.readyNs - record.intendedNs,
      lagNs: record.startNs - record.readyNs,
      serviceNs: record.completedNs - record.startNs,
    });
  }

  /** Slowest first. */
  list(): SlowRequest[] {
    return this.#kept.toReversed();
  }
}
