/** A logarithmic axis over the whole width of a drawing, in percent of it. */
export interface LogScale {
  /** `12.34%`; what lies below the axis stands at its start. */
  readonly percent: (value: number) => string;
  readonly ticks: readonly number[];
}

const MARGIN = 3;
/** Durations are recorded in whole microseconds: nothing below one is told apart. In ms. */
const LEAST = 0.001;

/** Round figures around all values, null without any. A span of few decades has ticks at 2 and 5 too. */
export function logScale(values: readonly number[]): LogScale | null {
  const positive = values.map((value) => Math.max(LEAST, value));
  if (positive.length === 0) return null;
  const lowest = positive.reduce((a, b) => Math.min(a, b));
  const highest = positive.reduce((a, b) => Math.max(a, b));
  const ticks = ticksAround(lowest, highest);
  const from = Math.log10(ticks[0] ?? lowest);
  const span = Math.log10(ticks.at(-1) ?? highest) - from;
  const percent = (value: number): string => {
    const share = (Math.log10(Math.max(LEAST, value)) - from) / span;
    return `${Number((MARGIN + Math.max(0, Math.min(1, share)) * (100 - 2 * MARGIN)).toFixed(2))}%`;
  };
  return { percent, ticks };
}

function ticksAround(lowest: number, highest: number): readonly number[] {
  const decades = Math.log10(highest / lowest);
  const steps = decades > 3 ? [1] : [1, 2, 5];
  const first = Math.floor(Math.log10(lowest));
  const last = Math.ceil(Math.log10(highest)) + 1;
  const all = Array.from({ length: last - first + 1 }, (_, i) => steps.map((step) => step * 10 ** (first + i))).flat();
  const from = all.findLastIndex((tick) => tick <= lowest * (1 + 1e-9));
  const to = all.findIndex((tick, index) => tick >= highest * (1 - 1e-9) && index > from);
  return all.slice(from, to + 1).map((tick) => Number(tick.toPrecision(3)));
}
