import type { TrialData } from '../chart-data.ts';
import { LEAST_MS, PERCENTILE_TICKS, percentileText, valueRange, valueText } from './axes.ts';
import { tickedAxis, valueAxis } from './axis-style.ts';
import { type Curve, lookOf } from './curves.ts';
import { drawn, extent } from './figures.ts';
import { failedFrom, limitSteps } from './marks.ts';
import type { Theme } from './theme.ts';
import { draw, type Plot, type PlotAxis } from './uplot.ts';

export interface DistributionLook {
  readonly width: number;
  readonly law: 'linear' | 'log';
  readonly theme: Theme;
  readonly onRead: (text: string) => void;
}

/** Durations over percentiles, the axis stretched towards 100 % as HdrHistogram's plots have it. */
export function distributionChart(
  curves: readonly Curve[],
  trial: TrialData,
  into: HTMLElement,
  { width, law, theme, onRead }: DistributionLook,
): Plot {
  const data = window.uPlot.join(
    curves.map(({ oneIn, values }) => [[...oneIn], drawn(values, law)]),
    curves.map(() => [1]),
  );
  return draw(
    {
      width,
      height: 288,
      padding: [8, 22, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: {
        x: { time: false, distr: 3, range: (_, min, max) => [min, Math.max(10, max)] },
        y: {
          distr: law === 'log' ? 3 : 1,
          range: (_, min, max) => {
            const near = trial.limits.map(({ ms }) => ms).filter((ms) => law === 'log' || ms <= 4 * (max ?? 0));
            const [from, to] = extent([[min, max]], near) ?? [LEAST_MS, 1];
            return valueRange(from, to, law);
          },
        },
      },
      axes: [percentileAxis(theme), valueAxis(theme)],
      series: [
        {},
        ...curves.map((_, index) => {
          const { colour, dash } = lookOf(index);
          return { stroke: theme(colour), width: 2, dash, spanGaps: true, points: { show: false } };
        }),
      ],
      hooks: {
        draw: [limitSteps(trial.limits, theme), failedFrom(trial.distributions[0]?.failedFrom ?? null, theme)],
        setCursor: [(plot) => onRead(readText(plot, curves))],
      },
    },
    data,
    into,
  );
}

function readText({ cursor, data }: Plot, curves: readonly Curve[]): string {
  const index = cursor.idx;
  const oneIn = index === null || index === undefined ? undefined : data[0][index];
  if (oneIn === undefined) return '';
  const values = curves.map(({ name }, curve) => {
    const value = data[curve + 1]?.[index as number];
    return `${name} ${typeof value === 'number' ? `${valueText(value)} ms` : 'none'}`;
  });
  return `${percentileText(oneIn)} (one in ${valueText(oneIn)}): ${values.join(', ')}.`;
}

function percentileAxis(theme: Theme): PlotAxis {
  return {
    ...tickedAxis(theme),
    splits: (plot) => ticksThatFit(plot).map(([oneIn]) => oneIn),
    filter: (_, splits) => splits,
    values: (_, splits) => splits.map((at) => PERCENTILE_TICKS.find(([oneIn]) => oneIn === at)?.[1] ?? ''),
  };
}

/** Ticks at least 52 px apart; of two that are closer the rarer one goes. */
function ticksThatFit(plot: Plot): readonly (readonly [oneIn: number, text: string])[] {
  const { min, max } = plot.scales.x ?? {};
  if (typeof min !== 'number' || typeof max !== 'number') return PERCENTILE_TICKS;
  const width = plot.bbox.width / devicePixelRatio || plot.width;
  const place = (oneIn: number): number => (Math.log(oneIn / min) / Math.log(max / min)) * width;
  let last = Number.NEGATIVE_INFINITY;
  return PERCENTILE_TICKS.filter(([oneIn]) => {
    if (oneIn > max * 1.001 || place(oneIn) - last < 52) return false;
    last = place(oneIn);
    return true;
  });
}
