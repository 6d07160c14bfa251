import type uPlotClass from 'uplot';

/** The page holds uPlot's own program before this one; it makes this global. */
declare global {
  interface Window {
    readonly uPlot: typeof uPlotClass;
  }
}

export type Plot = uPlotClass;
export type PlotOptions = uPlotClass.Options;
export type PlotSeries = uPlotClass.Series;
export type PlotAxis = uPlotClass.Axis;
export type PlotData = uPlotClass.AlignedData;

export const draw = (options: PlotOptions, data: PlotData, into: HTMLElement): Plot =>
  new window.uPlot(options, data, into);

export const bars = (): uPlotClass.Series.PathBuilder | undefined => window.uPlot.paths.bars?.({ size: [0.9, 40] });
