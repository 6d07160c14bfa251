import { EVENT_BITS, type MetricName } from '../../gpu/metric.ts';
import type { HostSecond, NodeObservation, Series } from '../../gpu/observation.ts';
import { parentsOf } from '../../gpu/parents.ts';
import { NS_PER_S } from '../../time/ns.ts';
import { powerOf } from './energy.ts';
import { busiestCore } from './host-node.ts';

/**
 * What was observed in one second of a trial, of all GPUs and nodes together, in the units of the metrics. Null: not told,
 * or not by all that a sum is of.
 */
export interface ObservedSecond {
  /** Sum over GPUs, W. */
  readonly gpuPower: number | null;
  /** Lowest of any GPU, MHz. */
  readonly gpuClock: number | null;
  /** Highest of any GPU, °C. */
  readonly gpuTemperature: number | null;
  /** Means over GPUs, or over MIG instances where those tell it. */
  readonly gpuUtilization: number | null;
  readonly gpuSm: number | null;
  readonly gpuTensor: number | null;
  readonly gpuDram: number | null;
  /** Share of readings in which a GPU's clocks were held down. */
  readonly gpuHeld: number | null;
  /** The busiest processor of any node. */
  readonly core: number | null;
  /** Largest of any node. */
  readonly pressureCpu: number | null;
  readonly pressureIo: number | null;
  readonly loopDelayMs: number | null;
  readonly runnerRss: number | null;
  /** Sums over nodes, per second. */
  readonly contextSwitches: number | null;
  readonly received: number | null;
  readonly sent: number | null;
}

/** In the order of the columns of a series. */
export const OBSERVED_COLUMNS = [
  'gpuPower',
  'gpuClock',
  'gpuTemperature',
  'gpuUtilization',
  'gpuSm',
  'gpuTensor',
  'gpuDram',
  'gpuHeld',
  'core',
  'pressureCpu',
  'pressureIo',
  'loopDelayMs',
  'runnerRss',
  'contextSwitches',
  'received',
  'sent',
] as const satisfies readonly (keyof ObservedSecond)[];

/** Reasons that are no holding down: idle, clocks that somebody set, and a display's. */
const HARMLESS = EVENT_BITS.gpuIdle + EVENT_BITS.applicationClocks + EVENT_BITS.displayClocks;
const isHeld = (mask: number): number => (mask - (mask & HARMLESS) > 0 ? 1 : 0);

type Column = readonly (number | null)[];
type Fold = (values: readonly number[]) => number;

const sum: Fold = (values) => values.reduce((a, b) => a + b, 0);
const mean: Fold = (values) => sum(values) / values.length;
const largest: Fold = (values) => values.reduce((a, b) => Math.max(a, b));
const smallest: Fold = (values) => values.reduce((a, b) => Math.min(a, b));

/** One entry for each of `count` seconds from `beginNs` on. */
export function observedSeconds(
  nodes: readonly NodeObservation[],
  beginNs: number,
  count: number,
): readonly ObservedSecond[] {
  const devices = nodes.flatMap((node) => node.devices);
  const gpus = parentsOf(devices);
  const bySecond = (series: Series | undefined, fold: Fold = mean, value = (raw: number) => raw): Column =>
    buckets(series?.atNs ?? [], (series?.values ?? []).map(value), { beginNs, count, fold });
  const told = (metric: MetricName): readonly Column[] =>
    devices.filter(({ series }) => series[metric] !== undefined).map(({ series }) => bySecond(series[metric]));
  const host = (value: (row: HostSecond) => number | null): readonly Column[] =>
    nodes.map(({ host: rows }) => {
      const known = rows.flatMap((row) => {
        const found = value(row);
        // A row covers the second that ends with it.
        return found === null ? [] : [{ atNs: row.atNs - NS_PER_S / 2, found }];
      });
      const [at, values] = [known.map(({ atNs }) => atNs), known.map(({ found }) => found)];
      return buckets(at, values, { beginNs, count, fold: largest });
    });
  const columns: Readonly<Record<keyof ObservedSecond, Column>> = {
    gpuPower: all(
      gpus.map(({ series }) => bySecond(powerOf(series))),
      sum,
      count,
    ),
    gpuClock: any(told('clock.sm'), smallest, count),
    gpuTemperature: any(told('temperature.gpu'), largest, count),
    gpuUtilization: any(told('utilization.gpu'), mean, count),
    gpuSm: any(told('activity.sm'), mean, count),
    gpuTensor: any(told('activity.tensor'), mean, count),
    gpuDram: any(told('activity.dram'), mean, count),
    gpuHeld: any(
      gpus
        .filter(({ series }) => series.events !== undefined)
        .map(({ series }) => bySecond(series.events, mean, isHeld)),
      largest,
      count,
    ),
    core: any(host(busiestCore), largest, count),
    pressureCpu: any(
      host((row) => row.pressureCpu),
      largest,
      count,
    ),
    pressureIo: any(
      host((row) => row.pressureIo),
      largest,
      count,
    ),
    loopDelayMs: any(
      host((row) => row.loopDelayP99Ms),
      largest,
      count,
    ),
    runnerRss: any(
      host((row) => row.runnerRssBytes),
      largest,
      count,
    ),
    contextSwitches: all(
      host((row) => row.contextSwitches),
      sum,
      count,
    ),
    received: all(
      host((row) => row.receivedBytes),
      sum,
      count,
    ),
    sent: all(
      host((row) => row.sentBytes),
      sum,
      count,
    ),
  };
  return Array.from({ length: count }, (_, second) => {
    const entries = OBSERVED_COLUMNS.map((name) => [name, columns[name][second] ?? null]);
    return Object.fromEntries(entries) as ObservedSecond;
  });
}

function buckets(
  atNs: readonly number[],
  values: readonly number[],
  { beginNs, count, fold }: { readonly beginNs: number; readonly count: number; readonly fold: Fold },
): Column {
  const filled: number[][] = Array.from({ length: count }, () => []);
  atNs.forEach((at, place) => {
    const value = values[place];
    if (value !== undefined) filled[Math.floor((at - beginNs) / NS_PER_S)]?.push(value);
  });
  return filled.map((bucket) => (bucket.length === 0 ? null : fold(bucket)));
}

/** Of those that tell it. */
const any = (columns: readonly Column[], fold: Fold, count: number): Column =>
  Array.from({ length: count }, (_, second) => {
    const known = columns.map((column) => column[second] ?? null).filter((value) => value !== null);
    return known.length === 0 ? null : fold(known);
  });

/** Only where every one tells it: a part is no whole. */
const all = (columns: readonly Column[], fold: Fold, count: number): Column =>
  Array.from({ length: count }, (_, second) => {
    const known = columns.map((column) => column[second] ?? null).filter((value) => value !== null);
    return known.length === 0 || known.length < columns.length ? null : fold(known);
  });
