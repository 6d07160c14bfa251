import type { ChartColumn, TimeChart, TrialData } from '../chart-data.ts';
import { LEAST_MS, TIME_STEPS, timeText, valueRange } from './axes.ts';
import { tickedAxis, valueAxis } from './axis-style.ts';
import { bridged, drawn, extent, lonely } from './figures.ts';
import { bandsOf, beyondMarks, limitLines, slowBands } from './marks.ts';
import type { Theme } from './theme.ts';
import { bars, draw, type Plot, type PlotAxis, type PlotOptions, type PlotSeries } from './uplot.ts';

/** From the middle of a second to that of the next but one, and a hair. */
const LONGEST_BRIDGE_S = 2.1;

/** Long dashed lines take a browser seconds to draw, and among so many points no dash is seen. */
const MOST_DASHED = 600;

interface Line {
  readonly column: ChartColumn;
  readonly colour: string;
  readonly width: number;
  readonly dash?: number[];
  readonly form?: 'bars' | 'area';
  /** Read about once a second, so that now and then a second has no reading: no gap of the line. */
  readonly pace?: 'about a second';
}

const LINES: Readonly<Record<TimeChart, readonly Line[]>> = {
  response: [
    { column: 'p50', colour: 'p50', width: 2 },
    { column: 'p95', colour: 'p95', width: 2, dash: [9, 2] },
    { column: 'p99', colour: 'p99', width: 1.5, dash: [3, 2] },
  ],
  lag: [{ column: 'lagP99', colour: 'p50', width: 1.5 }],
  host: [
    { column: 'cpu', colour: 'p50', width: 1.5 },
    { column: 'steal', colour: 'p95', width: 1.5, form: 'area' },
    { column: 'throttled', colour: 'p99', width: 1.5, dash: [3, 2] },
    { column: 'core', colour: 'other', width: 1, pace: 'about a second' },
    { column: 'pressureCpu', colour: 'plan', width: 1.5, dash: [5, 3], pace: 'about a second' },
  ],
  rates: [
    { column: 'offered', colour: 'plan', width: 1.5, dash: [5, 3] },
    { column: 'started', colour: 'p50', width: 1.5 },
    { column: 'achieved', colour: 'other', width: 2 },
  ],
  failed: [{ column: 'failed', colour: 'failed', width: 1, form: 'bars' }],
  inFlight: [{ column: 'inFlight', colour: 'p50', width: 1.5, form: 'area' }],
  memory: [{ column: 'memory', colour: 'other', width: 1.5 }],
  activity: [
    { column: 'gpuSm', colour: 'p50', width: 1.5, pace: 'about a second' },
    { column: 'gpuTensor', colour: 'p95', width: 1.5, dash: [9, 2], pace: 'about a second' },
    { column: 'gpuDram', colour: 'p99', width: 1.5, dash: [3, 2], pace: 'about a second' },
    { column: 'gpuUtilization', colour: 'other', width: 1, pace: 'about a second' },
  ],
  power: [{ column: 'gpuPower', colour: 'p50', width: 1.5 }],
  clock: [{ column: 'gpuClock', colour: 'other', width: 1.5 }],
  held: [{ column: 'gpuHeld', colour: 'p95', width: 1, form: 'bars' }],
  temperature: [{ column: 'gpuTemperature', colour: 'p95', width: 1.5, pace: 'about a second' }],
};

const HEIGHTS: Readonly<Record<TimeChart, number>> = {
  response: 240,
  lag: 104,
  host: 104,
  rates: 136,
  failed: 104,
  inFlight: 104,
  memory: 104,
  activity: 104,
  power: 104,
  clock: 104,
  held: 104,
  temperature: 104,
};

/** Nothing that a picture would show: no failure in any second. */
export const isEmpty = (chart: TimeChart, { columns }: TrialData): boolean =>
  LINES[chart].every(({ column, form }) =>
    columns[column].every((value) => value === null || (form === 'bars' && value === 0)),
  );

/** Charts whose values are milliseconds, which a logarithmic axis may show. */
const IN_MS: ReadonlySet<TimeChart> = new Set(['response', 'lag']);

export interface TimeChartLook {
  readonly width: number;
  readonly law: 'linear' | 'log';
  readonly theme: Theme;
  /** Charts of one key move their cursors together. */
  readonly key: string;
  /** Columns that the reader has switched off. */
  readonly hidden: ReadonlySet<string>;
  readonly onCursor: (index: number | null) => void;
  readonly onStretch: (fromS: number, toS: number) => void;
}

/** Draws one chart of a trial on the time axis that all of them share. */
export function timeChart(chart: TimeChart, trial: TrialData, into: HTMLElement, look: TimeChartLook): Plot {
  const law = IN_MS.has(chart) ? look.law : 'linear';
  const lines = LINES[chart];
  const columns = lines.map(({ column, form }) =>
    drawn(filled(trial, column), law).map(form === 'bars' ? orNothing : asIs),
  );
  const times = trial.columns.offered.map((_, index) => trial.startS + index + 0.5);
  const { theme } = look;
  const names = chart === 'response' ? 'named' : 'silent';
  const options: PlotOptions = {
    width: look.width,
    height: HEIGHTS[chart],
    padding: [chart === 'response' ? 20 : 6, 22, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: look.key }, y: false, drag: { x: true, y: false }, points: { size: 7 } },
    scales: { x: timeScale(trial, times), y: valueScale(chart, trial, law) },
    axes: [timeAxis(trial, theme), valueAxis(theme)],
    series: [{}, ...lines.map((line, index) => seriesOf(line, columns[index] ?? [], look))],
    hooks: {
      drawClear: [bandsOf(trial.phases, names, theme), slowBands(trial.slow, names, theme)],
      draw: chart === 'response' ? [limitLines(trial.limits, theme), beyondMarks(beyondOf(trial, look), theme)] : [],
      setCursor: [(plot) => look.onCursor(plot.cursor.idx ?? null)],
      setScale: [
        (plot, scale) => {
          const { min, max } = plot.scales.x ?? {};
          if (scale === 'x' && typeof min === 'number' && typeof max === 'number') look.onStretch(min, max);
        },
      ],
    },
  };
  return draw(options, [times, ...columns], into);
}

/** A column without any value is embedded as an empty one. */
const filled = ({ columns }: TrialData, column: ChartColumn) =>
  columns[column].length > 0 ? columns[column] : columns.offered.map(() => null);

/** A bar of no height is none. */
const orNothing = (value: number | null): number | null => (value === 0 ? null : value);
const asIs = (value: number | null): number | null => value;

const beyondOf = (trial: TrialData, { hidden }: TimeChartLook) =>
  LINES.response
    .filter(({ column }) => !hidden.has(column))
    .map(({ column, colour }) => ({ column: trial.columns[column], colour }));

function seriesOf(
  { column, colour, width, dash, form, pace }: Line,
  values: readonly (number | null)[],
  look: TimeChartLook,
): PlotSeries {
  const stroke = look.theme(colour);
  const alone = lonely(pace === undefined ? values : bridged(values));
  const paths = form === 'bars' ? bars() : undefined;
  return {
    show: !look.hidden.has(column),
    stroke,
    width,
    spanGaps: false,
    ...(pace === undefined ? {} : { gaps: longGaps }),
    ...(dash === undefined || values.length > MOST_DASHED ? {} : { dash }),
    ...(form === undefined ? {} : { fill: `color-mix(in srgb, ${stroke} ${form === 'bars' ? 70 : 18}%, transparent)` }),
    ...(paths === undefined ? {} : { paths }),
    points: { show: form !== 'bars' && alone.length > 0, size: 4, fill: stroke, filter: () => alone },
  };
}

/** Those of more than one second, in pixels. */
const longGaps = (
  plot: Plot,
  _line: number,
  _from: number,
  _to: number,
  gaps: [number, number][],
): [number, number][] => {
  const oneSecond = plot.valToPos(LONGEST_BRIDGE_S, 'x', true) - plot.valToPos(0, 'x', true);
  return gaps.filter(([from, to]) => to - from > oneSecond);
};

/** The whole trial unless the reader chose a stretch of it. */
function timeScale(
  { startS, columns }: TrialData,
  times: readonly number[],
): NonNullable<PlotOptions['scales']>[string] {
  const first = times[0];
  const last = times.at(-1);
  return {
    time: false,
    range: (_, min, max) => (min === first && max === last ? [startS, startS + columns.offered.length] : [min, max]),
  };
}

/** A limit is in sight unless it lies far above everything that was measured. */
function valueScale(
  chart: TimeChart,
  { limits }: TrialData,
  law: 'linear' | 'log',
): NonNullable<PlotOptions['scales']>[string] {
  return {
    distr: law === 'log' ? 3 : 1,
    range: (_, min, max) => {
      const highest = max ?? 0;
      const near = limits.map(({ ms }) => ms).filter((ms) => law === 'log' || highest === 0 || ms <= 4 * highest);
      const [from, to] = extent([[min, max]], chart === 'response' ? near : []) ?? [LEAST_MS, 1];
      return valueRange(from, to, law);
    },
  };
}

function timeAxis({ startS, columns }: TrialData, theme: Theme): PlotAxis {
  const endS = startS + columns.offered.length;
  return {
    ...tickedAxis(theme),
    space: 56,
    incrs: TIME_STEPS,
    values: (_, splits) => splits.map((at) => timeText(at, endS)),
  };
}
