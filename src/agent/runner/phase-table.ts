import type { Phase } from '../../scenarios/phase.ts';

/** What the hot path needs to know of a phase. */
export const OPEN = 0;
export const CLOSED = 1;
export const AT_ONCE = 2;

/** The phases of a trial as flat numbers, read by index without allocation. */
export class PhaseTable {
  readonly kind: Int32Array;
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  /** closed: pause between a completion and the next intended start. */
  readonly thinkNs: Float64Array;
  /** closed: requests in flight over the whole fleet, the stride of `seq` in one place. */
  readonly stride: Float64Array;
  /** closed: requests below this index are sent whatever time it is; 0: none. */
  readonly atLeast: Float64Array;

  constructor(phases: readonly Phase[]) {
    this.kind = Int32Array.from(phases, ({ load }) => KIND[load.kind]);
    this.startNs = Float64Array.from(phases, (phase) => phase.startNs);
    this.endNs = Float64Array.from(phases, (phase) => phase.startNs + phase.durationNs);
    this.thinkNs = Float64Array.from(phases, ({ load }) => (load.kind === 'closed' ? load.thinkNs : 0));
    this.stride = Float64Array.from(phases, ({ load }) => (load.kind === 'closed' ? load.inFlight : 1));
    this.atLeast = Float64Array.from(phases, ({ load }) => (load.kind === 'closed' ? (load.atLeast ?? 0) : 0));
  }
}

const KIND = { open: OPEN, trace: OPEN, closed: CLOSED, atOnce: AT_ONCE } as const;
