import { STREAM_METRICS } from '../stats/stream-tally.ts';

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

const GATED_LATENCIES = ['response', 'service', ...STREAM_METRICS] as const;
const GATED_FIGURES = ['mean', 'p50', 'p90', 'p95', 'p99', 'p99.9'] as const;
const GATED_RATES = ['throughput', 'goodput'] as const;

export type GatedLatency = (typeof GATED_LATENCIES)[number];
export type GatedFigure = (typeof GATED_FIGURES)[number];
export type GatedRate = (typeof GATED_RATES)[number];
/** `response.p95`, `firstEvent.p99`, `throughput`. */
export type GateMetric = `${GatedLatency}.${GatedFigure}` | GatedRate;

export const GATE_METRICS: readonly GateMetric[] = [
  ...GATED_LATENCIES.flatMap((latency) => GATED_FIGURES.map((figure) => `${latency}.${figure}` as const)),
  ...GATED_RATES,
];

/** A rate, of which more is better; else a latency. */
export const isGatedRate = (metric: GateMetric): metric is GatedRate => GATED_RATES.some((rate) => rate === metric);

/** The latency of a metric, and the figure of it. */
export function partsOfMetric(
  metric: Exclude<GateMetric, GatedRate>,
): readonly [latency: GatedLatency, figure: GatedFigure] {
  const dot = metric.indexOf('.');
  return [metric.slice(0, dot) as GatedLatency, metric.slice(dot + 1) as GatedFigure];
}

/** A cell whose figures may be held against a baseline's. */
export interface GateCell {
  readonly id: string;
  /** Whether its answers are streams of events. */
  readonly streams: boolean;
  /** Whether responses count from a schedule; loops of k6 have none. */
  readonly isScheduled: boolean;
  /** Requests of each trial; null: nobody knows before. */
  readonly requests: number | null;
}

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
