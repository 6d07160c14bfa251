import { tickText } from './axes.ts';
import type { Theme } from './theme.ts';
import type { PlotAxis } from './uplot.ts';

export const FONT = '11px system-ui, sans-serif';

/** What axes have in common. */
export const axisStyle = (theme: Theme): PlotAxis => ({
  stroke: theme('faint'),
  grid: { stroke: theme('grid'), width: 1 },
  font: FONT,
});

/** With ticks; below a picture, unless another size is given. */
export const tickedAxis = (theme: Theme): PlotAxis => ({
  ...axisStyle(theme),
  ticks: { stroke: theme('grid'), width: 1, size: 4 },
  size: 26,
  gap: 2,
});

/** Beside it, without. */
export const valueAxis = (theme: Theme): PlotAxis => ({
  ...axisStyle(theme),
  ticks: { show: false },
  size: 48,
  gap: 4,
  space: 28,
  values: (_, splits) => splits.map((value) => (value === null ? '' : tickText(value))),
});
