/** When a candidate is worse than its baseline, and what follows from that. */
export interface GatePolicy {
  /** Empty: `response.p95` of every cell. */
  readonly metrics: readonly MetricPolicy[];
  /** Smallest change for the worse that counts, a share of 1. */
  readonly threshold: number;
  /** Smallest absolute change of a latency that counts, milliseconds. */
  readonly floorMs: number;
  /** Chance of any false fail where nothing has changed, over all metrics and looks. */
  readonly alpha: number;
  /** Chance, per metric, that a change as large as the threshold is passed. */
  readonly beta: number;
  /** Numbers of pairs after which it is decided, ascending; the last one is the budget. */
  readonly looks: readonly number[];
  /** `repeat`: a fail counts only when as many pairs as the first look has, run anew, fail too. */
  readonly confirm: 'none' | 'repeat';
  readonly onInconclusive: PerEvent;
  readonly onInvalid: PerEvent;
  readonly onNoBaseline: PerEvent;
  readonly acks: readonly Acknowledgement[];
}

export const GATE_METRICS = [
  'response.mean',
  'response.p50',
  'response.p90',
  'response.p95',
  'response.p99',
  'response.p99.9',
  'service.mean',
  'service.p50',
  'service.p90',
  'service.p95',
  'service.p99',
  'service.p99.9',
  'throughput',
  'goodput',
] as const;

export type GateMetric = (typeof GATE_METRICS)[number];

/** Of more metrics, a pass of all takes more pairs than anyone runs. */
export const MOST_GATED = 6;

export interface MetricPolicy {
  readonly metric: GateMetric;
  /** Null: every cell. */
  readonly cell: string | null;
  readonly better: 'lower' | 'higher';
  /** Null: the policy's. */
  readonly threshold: number | null;
  /** In milliseconds or per second; null: the policy's for latencies, none for rates. */
  readonly floor: number | null;
}

export const GATE_EVENTS = ['pr', 'nightly', 'release'] as const;
export type GateEvent = (typeof GATE_EVENTS)[number];

/** `block`: the exit code of the verdict; `tolerate`: exit 0, and the verdict is told all the same. */
export type Consequence = 'block' | 'tolerate';
export type PerEvent = Readonly<Record<GateEvent, Consequence>>;

/** A known change for the worse that fails nothing for a while. */
export interface Acknowledgement {
  readonly metric: GateMetric;
  /** Null: of every cell. */
  readonly cell: string | null;
  /** The last day on which it holds, `2026-12-31`, UTC. */
  readonly until: string;
  readonly reason: string;
}
