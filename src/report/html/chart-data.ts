/**
 * What the page's charts are drawn from: embedded as JSON, one script element per trial, and read by the page's own
 * script. The form belongs to one page and is no format for others; `series/*.csv` and `benchmarks.json` are.
 */

/** Per second, from the start of warm-up: counts and fleet-wide figures. Percentiles in ms, shares in percent, memory in MB. */
export const CHART_COLUMNS = [
  'offered',
  'started',
  'achieved',
  'failed',
  'inFlight',
  'p50',
  'p95',
  'p99',
  'lagP99',
  'cpu',
  'steal',
  'throttled',
  'memory',
  'gpuSm',
  'gpuTensor',
  'gpuDram',
  'gpuUtilization',
  'gpuPower',
  'gpuClock',
  'gpuTemperature',
  'gpuHeld',
  'core',
  'pressureCpu',
] as const;
export type ChartColumn = (typeof CHART_COLUMNS)[number];

/** Stands for a percentile among the requests at infinity: they failed or never ended. */
export const BEYOND = -1;

/** Charts on a trial's time axis, from the top. */
export const TIME_CHARTS = [
  'response',
  'lag',
  'host',
  'activity',
  'power',
  'clock',
  'held',
  'temperature',
  'rates',
  'failed',
  'inFlight',
  'memory',
] as const;
export type TimeChart = (typeof TIME_CHARTS)[number];

/** Charts that a page has only where some trial of the cell has something to show in them. */
export const CHARTS_OF_SOME: ReadonlySet<TimeChart> = new Set([
  'lag',
  'activity',
  'power',
  'clock',
  'held',
  'temperature',
]);

/** Five significant digits: a picture shows no more. Null: no value. */
export type Column = readonly (number | null)[];

export interface TrialData {
  /** `trial 2, attempt 1`. */
  readonly name: string;
  /** Start of the first second, s since the start of the first measure phase. */
  readonly startS: number;
  readonly columns: Readonly<Record<ChartColumn, Column>>;
  /** What the percentiles of its seconds are: k6 tells service times alone. */
  readonly latency: 'response' | 'service';
  readonly phases: readonly PhaseBand[];
  /** Response limits of the objectives. */
  readonly limits: readonly Limit[];
  readonly slow: readonly SlowBand[];
  /** In words what each chart shows. */
  readonly summaries: Readonly<Record<TimeChart | 'distribution', string>>;
  /** Of all measure phases together, then of each where there are several. */
  readonly distributions: readonly Distribution[];
}

export interface PhaseBand {
  readonly name: string;
  readonly purpose: 'warmup' | 'measure' | 'cooldown';
  readonly fromS: number;
  readonly toS: number;
}

/** Seconds in which requests took much longer than in most, and the likely cause. */
export interface SlowBand {
  readonly cause: string;
  readonly fromS: number;
  readonly toS: number;
}

export interface Limit {
  readonly objective: string;
  readonly ms: number;
  /** Null: of the largest response. */
  readonly quantile: number | null;
}

/** What is distributed, in the order of its curves. */
export const DISTRIBUTED = ['response', 'service', 'wait'] as const;

/** Nearest-rank quantiles in ms; null from where the rank lies at infinity. */
export interface Distribution {
  readonly name: string;
  /** 1 / (1 - p), ascending. */
  readonly oneIn: readonly number[];
  /** Empty: not told. */
  readonly response: Column;
  readonly service: Column;
  readonly wait: Column;
  /** Where failures begin, as 1 / (their share of scheduled); null where there are none. */
  readonly failedFrom: number | null;
}
