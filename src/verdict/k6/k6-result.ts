import type { Cell } from '../../campaign/plan.ts';
import { NS_PER_MS } from '../../time/ns.ts';
import type { TrialEvidence } from '../evidence.ts';
import { durationOf, type TrialView } from '../trial-view.ts';
import type { K6Result, PartResult } from './k6-figures.ts';
import { isWithinHistogram, type PartEvidence } from './part.ts';
import { judgeThreshold } from './threshold.ts';

/** Nothing where k6 did not run it. */
export function k6Result(
  { spec }: Cell,
  { k6 }: TrialEvidence,
  view: TrialView,
  dropped: number,
): { readonly k6?: K6Result; readonly parts?: readonly PartResult[] } {
  if (spec.kind !== 'k6' || k6 === undefined) return {};
  const seconds = durationOf([view]);
  return {
    k6: {
      latency: labelOf(spec),
      samples: k6.samples,
      vus: spec.vus,
      vusMax: k6.vusMax,
      dropped,
      markedFailed: k6.markedFailed,
      thresholds: Object.entries(spec.thresholds).flatMap(([metric, of]) =>
        of.map((threshold) => judgeThreshold(metric, threshold, k6.parts, seconds)),
      ),
    },
    parts: k6.parts.map(partResult),
  };
}

function labelOf({ options, executors }: Extract<Cell['spec'], { kind: 'k6' }>): K6Result['latency'] {
  if (options === 'own') return 'service time, own scenarios';
  return executors === 'open' ? 'service time, uniform arrivals' : 'service time, no schedule';
}

function partResult(part: PartEvidence): PartResult {
  const { scenario, group, name, metric, type, count, nonzero, sum, min, max, histogram } = part;
  const at = (p: number): number => (histogram === null ? 0 : histogram.quantileNs(p) / NS_PER_MS);
  return {
    ...{ scenario, group, name, metric, type, unit: part.time ? 'ms' : null, count, sum, min, max },
    rate: type === 'rate' ? nonzero / Math.max(1, count) : null,
    quantiles:
      histogram === null || !isWithinHistogram(part)
        ? null
        : { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), 'p99.9': at(0.999) },
  };
}
