import { METRICS, type MetricName } from '../../gpu/metric.ts';
import type { DeviceObservation, ExporterObservation, NodeObservation, Untold, Window } from '../../gpu/observation.ts';
import type { MissingReason } from '../../gpu/reading.ts';
import { coverageOf, growthOf, largestOf, meanOf, quantileOf, smallestOf, within } from '../../gpu/within.ts';
import { deviceCoverage } from './coverage.ts';
import type { GpuMetricResult, GpuResult, ScrapedResult } from './gpu-result.ts';

/** What is said of the GPUs of a stretch of a trial; null: none was looked at, nor was it tried in vain. */
export function gpuResult(nodes: readonly NodeObservation[], window: Window): GpuResult | null {
  const looked = nodes.filter(({ inventory, gaps }) => inventory !== null || gaps.length > 0);
  if (looked.length === 0) return null;
  return {
    gpus: looked.flatMap(({ devices, inventory }) =>
      devices.map((device) => deviceResult(device, window, inventory?.untold ?? {})),
    ),
    sources: looked.flatMap(({ inventory }) => inventory?.sources ?? []),
    refused: looked.flatMap(({ inventory }) => inventory?.refused ?? []),
    gaps: looked.flatMap(({ gaps }) =>
      gaps
        .filter(({ fromNs, toNs }) => toNs > window.fromNs && fromNs < window.toNs)
        .map(({ fromNs, toNs, reason, message }) => ({ startMs: fromNs / 1e6, endMs: toNs / 1e6, reason, message })),
    ),
    sampler: looked.flatMap(({ cost }) =>
      cost === null || cost.wallS === 0
        ? []
        : [
            {
              cpu: cost.cpuS / cost.wallS,
              lateP99Ms: cost.lateP99Ns / 1e6,
              lateMaxMs: cost.lateMaxNs / 1e6,
              ticks: cost.ticks,
            },
          ],
    ),
  };
}

function deviceResult(told: DeviceObservation, window: Window, untold: Untold): GpuResult['gpus'][number] {
  const { device } = told;
  const observed = withUntold(told, window, untold[device.uuid] ?? []);
  const names = (Object.keys(METRICS) as MetricName[]).filter(
    (name) => observed.series[name] !== undefined || observed.lacks[name] !== undefined,
  );
  return {
    ...device,
    coverage: deviceCoverage(observed, window).share,
    metrics: Object.fromEntries(names.map((name) => [name, metricResult(observed, name, window)])),
  };
}

/** What no source tells is missing, not absent: once in a window, for nothing was read. */
function withUntold(observed: DeviceObservation, { toNs }: Window, untold: readonly MetricName[]): DeviceObservation {
  const silent = untold.filter((name) => observed.series[name] === undefined && observed.lacks[name] === undefined);
  const lacks = silent.map((name) => [name, [{ atNs: toNs, reason: 'not_supported' as const }]] as const);
  return { ...observed, lacks: { ...observed.lacks, ...Object.fromEntries(lacks) } };
}

function metricResult({ series, lacks }: DeviceObservation, name: MetricName, window: Window): GpuMetricResult {
  const { unit, kind } = METRICS[name];
  const known = series[name];
  const numbers = known === undefined ? [] : within(known, window);
  const missing = (lacks[name] ?? []).filter(({ atNs }) => atNs >= window.fromNs && atNs <= window.toNs);
  const common = {
    unit,
    source: known?.source ?? null,
    count: numbers.length,
    everyMs: everyMs(known?.atNs ?? [], window),
    missing: reasonCounts(missing),
  };
  if (kind === 'counter') return { ...common, kind, growth: known === undefined ? null : growthOf(known, window) };
  if (kind === 'bits') {
    return { ...common, kind, held: numbers.length === 0 ? null : shares(numbers) };
  }
  return {
    ...common,
    kind,
    mean: meanOf(numbers),
    p5: quantileOf(numbers, 0.05),
    p50: quantileOf(numbers, 0.5),
    p95: quantileOf(numbers, 0.95),
    min: smallestOf(numbers),
    max: largestOf(numbers),
  };
}

/** Median distance of readings within a window, ms; null: fewer than two. */
function everyMs(atNs: readonly number[], { fromNs, toNs }: Window): number | null {
  const inside = atNs.filter((at) => at >= fromNs && at <= toNs);
  const distances = inside.slice(1).map((at, place) => (at - (inside[place] ?? at)) / 1e6);
  return quantileOf(distances, 0.5);
}

/** What pages of metrics said and how their servers answered; absent where none was read or asked. */
export function pagesOf(
  nodes: readonly NodeObservation[],
  window: Window | null,
): { readonly scraped?: readonly ScrapedResult[]; readonly exporters?: readonly ExporterObservation[] } {
  const scraped = window === null ? [] : scrapedResults(nodes, window);
  const exporters = nodes.flatMap((node) => node.exporters);
  return { ...(scraped.length === 0 ? {} : { scraped }), ...(exporters.length === 0 ? {} : { exporters }) };
}

const scrapedResults = (nodes: readonly NodeObservation[], window: Window): readonly ScrapedResult[] =>
  nodes
    .flatMap(({ pages }) => pages)
    .flatMap(({ url, name, ...series }) => {
      const numbers = within(series, window);
      const [first, last, min, max] = [numbers.at(0), numbers.at(-1), smallestOf(numbers), largestOf(numbers)];
      if (first === undefined || last === undefined || min === null || max === null) return [];
      const { atNs } = series;
      const read = { count: numbers.length, everyMs: everyMs(atNs, window), coverage: coverageOf(atNs, window) };
      return [{ url, name, ...read, first, last, min, max }];
    });

function reasonCounts(lacks: readonly { readonly reason: MissingReason }[]): Partial<Record<MissingReason, number>> {
  const counts: Partial<Record<MissingReason, number>> = {};
  for (const { reason } of lacks) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/** Of each bit of a mask that was ever set: the share of readings in which it was. */
function shares(masks: readonly number[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const mask of masks) {
    for (let bit = 1; bit <= mask; bit *= 2) {
      if (Math.floor(mask / bit) % 2 === 1)
        counts[`0x${bit.toString(16)}`] = (counts[`0x${bit.toString(16)}`] ?? 0) + 1;
    }
  }
  return Object.fromEntries(Object.entries(counts).map(([bit, count]) => [bit, count / masks.length]));
}
