import type { GateMetric } from '../campaign/gate-policy.ts';
import { parseShare } from '../campaign/quantity.ts';
import { signedPercent } from '../report/comparison-text.ts';
import { figureText } from '../report/figures.ts';
import { leftColumns, type Paint } from '../report/layout.ts';
import { sparkline } from '../report/sparkline.ts';
import { stream } from '../scenarios/rng.ts';
import { type ChangePoint, changePoints } from '../stats/comparison/change-points.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { type HistoryOptions, withStore } from './baseline.ts';
import { Failure } from './failure.ts';
import type { Night, SeriesKey } from './history/store.ts';
import { paintFor } from './progress.ts';

export interface TrendOptions extends HistoryOptions {
  readonly metric: readonly GateMetric[];
  /** Chance of any false alarm over all series shown. */
  readonly budget: string;
  /** Smallest change that counts. */
  readonly floor: string;
}

/** One series of nights under equal conditions and where its level changed. */
export interface Trend {
  readonly key: SeriesKey;
  readonly nights: readonly Night[];
  readonly changes: readonly (ChangePoint & { readonly day: string })[];
}

/** Nights below which no change can be told. */
const LEAST_NIGHTS = 8;

/** `loadcell trend`: where the level of a figure changed over the nights. */
export function showTrend(options: TrendOptions): Promise<void> {
  const budget = shareOption('--budget', options.budget);
  const floor = Math.log1p(shareOption('--floor', options.floor));
  return withStore(options, 'refused', (store) => {
    const keys = store.series(LEAST_NIGHTS).filter(({ metric }) => options.metric.includes(metric));
    const trends = keys.map((key) => trendOf(key, store.nights(key, null), { alpha: budget / keys.length, floor }));
    if (options.json === true) process.stdout.write(`${JSON.stringify({ budget, series: trends }, null, 2)}\n`);
    else process.stdout.write(trendText(trends, options, paintFor(process.stdout, process.env)));
  });
}

/** What a p-value needs is drawn from one fixed stream per series: the same nights, the same findings. */
const PERMUTATION_SEED = '1';

function trendOf(
  key: SeriesKey,
  nights: readonly Night[],
  rule: { readonly alpha: number; readonly floor: number },
): Trend {
  const found = changePoints(
    nights.map(({ log }) => log),
    {
      ...rule,
      random: stream(PERMUTATION_SEED, JSON.stringify(key)),
      permutations: Math.max(999, Math.ceil(4 / rule.alpha)),
    },
  );
  return { key, nights, changes: found.map((change) => ({ ...change, day: nights[change.at]?.day ?? '' })) };
}

function trendText(trends: readonly Trend[], { budget, floor }: TrendOptions, paint: Paint): string {
  if (trends.length === 0) return `no series has ${LEAST_NIGHTS} nights yet\n`;
  const rows = trends.map(({ key, nights }) => [
    `${key.campaign} ${key.cell} ${key.metric}`,
    key.environment,
    `${nights.length} nights`,
    figureText(Math.exp(nights.at(-1)?.log ?? 0)),
    sparkline(nights.map(({ log }) => log)),
  ]);
  const changes = trends.flatMap(({ key, changes: found }) =>
    found.map(
      ({ day, change, pValue }) =>
        `${key.cell} ${key.metric}: ${paint.doubtful(signedPercent(Math.expm1(change)))} from ${day} on (p ${pValue.toPrecision(2)})`,
    ),
  );
  const rule = `changes of ${floor} and more; ${budget} false alarms over all ${trends.length} series of this look`;
  return `${[...leftColumns(rows), '', ...(changes.length === 0 ? ['no change'] : changes), rule].join('\n')}\n`;
}

function shareOption(name: string, text: string): number {
  const parsed = parseShare(text);
  if (parsed.ok && parsed.value > 0 && parsed.value < 1) return parsed.value;
  throw new Failure(
    EXIT_CODES['before-start'].code,
    `${name}: found ${text}, expected a share above 0% and below 100%, for example 1%`,
  );
}
