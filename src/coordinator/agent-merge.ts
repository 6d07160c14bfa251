import type { Phase } from '../scenarios/phase.ts';
import { Tally } from '../stats/tally.ts';
import { NS_PER_S, type Ns, ns } from '../time/ns.ts';
import type { AgentEvidence } from '../verdict/evidence.ts';
import type { HostSample, Interval } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { lengthOf } from '../wire/interval-merge.ts';

/** What one agent's intervals of one attempt of a trial add up to. */
export type AgentSums = Pick<
  AgentEvidence,
  | 'agent'
  | 'phases'
  | 'offered'
  | 'started'
  | 'cancelled'
  | 'notStartedThoughFree'
  | 'missingIntervals'
  | 'coarseSeconds'
  | 'beganLateNs'
  | 'inFlightS'
  | 'settledS'
  | 'pacingCpuS'
  | 'pacingWallS'
  | 'wallDrift'
  | 'releases'
> & {
  /** Where this agent says that it was stopped, on its own clock; null when it does not. */
  readonly stoppedNs: Ns | null;
};

/** Adds up one agent's intervals, each once, in any order; whoever adds one also adds its slots to {@link tallyOf}. */
export class AgentMerge {
  readonly #agent: number;
  readonly #beginNs: number;
  readonly #phases: readonly Tally[];
  readonly #offered: number[];
  readonly #started: number[];
  readonly #cancelled: number[];
  readonly #seen = new Set<number>();
  #lastSeq = -1;
  #endNs: number;
  #closed = false;
  #stoppedNs: Ns | null = null;
  #notStartedThoughFree = 0;
  #coarseSeconds = 0;
  #beganLateNs: Ns | null = null;
  #inFlightS = 0;
  #settledS = 0;
  #pacingCpuS = 0;
  #pacingWallS = 0;
  #released = 0;
  #late = 0;
  #wallLow = Number.POSITIVE_INFINITY;
  #wallHigh = Number.NEGATIVE_INFINITY;

  constructor(agent: number, phases: readonly Phase[], limits: number) {
    this.#agent = agent;
    this.#beginNs = phases[0]?.startNs ?? 0;
    this.#endNs = this.#beginNs;
    this.#phases = phases.map(() => new Tally(limits));
    this.#offered = phases.map(() => 0);
    this.#started = phases.map(() => 0);
    this.#cancelled = phases.map(() => 0);
  }

  /** False when the interval had been added before: it is then not counted again. */
  add(interval: Interval): boolean {
    if (this.#seen.has(interval.seq)) return false;
    this.#see(interval.seq, lengthOf(interval));
    this.#endNs = Math.max(this.#endNs, Number(interval.endNs));
    this.#closed ||= interval.last;
    if (interval.stoppedNs !== undefined) this.#stoppedNs = ns(Number(interval.stoppedNs));
    if (interval.beganLateNs !== undefined) this.#beganLateNs = ns(Number(interval.beganLateNs));
    this.#addCounts(interval);
    this.#inFlightS += interval.inFlightS;
    this.#settledS += interval.settledS;
    if (interval.host !== undefined) this.#addHost(interval.host);
    return true;
  }

  /** All of this agent's slots of a phase together. */
  tallyOf(phase: number): Tally {
    return entry(this.#phases, phase, 'phase');
  }

  /** End of the latest second that has come, on the trial's time line. */
  get endNs(): number {
    return this.#endNs;
  }

  /** `untilNs`: the instant up to which every second must be there: the stop, or the end of the last phase. */
  sums(untilNs: Ns): AgentSums {
    return {
      agent: this.#agent,
      phases: this.#phases,
      offered: this.#offered,
      started: this.#started,
      cancelled: this.#cancelled,
      notStartedThoughFree: this.#notStartedThoughFree,
      missingIntervals: this.#missing(untilNs),
      coarseSeconds: this.#coarseSeconds,
      beganLateNs: this.#beganLateNs,
      inFlightS: this.#inFlightS,
      settledS: this.#settledS,
      pacingCpuS: this.#pacingCpuS,
      pacingWallS: this.#pacingWallS,
      wallDrift: this.#wallDrift(),
      releases: { released: this.#released, late: this.#late },
      stoppedNs: this.#stoppedNs,
    };
  }

  #see(first: number, length: number): void {
    for (let seq = first; seq < first + length; seq++) this.#seen.add(seq);
    this.#lastSeq = Math.max(this.#lastSeq, first + length - 1);
    if (length > 1) this.#coarseSeconds += length;
  }

  #addCounts(interval: Interval): void {
    for (const counts of interval.phases) {
      entry(this.#phases, counts.phase, 'phase');
      bump(this.#offered, counts.phase, counts.offered);
      bump(this.#started, counts.phase, counts.started);
      bump(this.#cancelled, counts.phase, Number(counts.cancelled));
      this.#notStartedThoughFree += counts.notStartedThoughFree;
    }
  }

  #addHost(host: HostSample): void {
    this.#pacingCpuS += host.pacingCpuS;
    this.#pacingWallS += host.pacingWallS;
    this.#released += Number(host.networkReleased);
    this.#late += Number(host.networkLate);
    const apart = Number(host.wallMinusMonotonicNs);
    this.#wallLow = Math.min(this.#wallLow, apart);
    this.#wallHigh = Math.max(this.#wallHigh, apart);
  }

  /** Gaps in the sequence, and the seconds after its end up to `untilNs` when no interval said it was the last. */
  #missing(untilNs: Ns): number {
    const gaps = this.#lastSeq + 1 - this.#seen.size;
    if (this.#closed) return gaps;
    return gaps + Math.max(1, Math.ceil((untilNs - this.#endNs) / NS_PER_S));
  }

  #wallDrift(): number {
    const length = this.#endNs - this.#beginNs;
    return this.#wallHigh > this.#wallLow && length > 0 ? (this.#wallHigh - this.#wallLow) / length : 0;
  }
}

/** The entry of an array that an interval speaks of; an error where the plan holds none. */
export function entry<T>(array: readonly T[], index: number, what: string): T {
  const found = array[index];
  if (found === undefined) throw new Error(`interval: found ${what} ${index}, expected one of ${array.length}`);
  return found;
}

function bump(counts: number[], index: number, by: number): void {
  counts[index] = (counts[index] ?? 0) + by;
}
