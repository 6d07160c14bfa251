/** What the chart of a search for a peak is drawn from: embedded as JSON and read by the page's own script. */
export interface PeakData {
  readonly limit: string;
  /** Share of the requests that may be over the limit. */
  readonly allowed: number;
  /** Requests per second; null: not found, or without end. */
  readonly peak: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** By ascending rate. */
  readonly levels: readonly PeakPoint[];
  /** The line that was fitted, which is straight in log odds between its two ends; empty: none was. */
  readonly line: readonly { readonly rate: number; readonly share: number }[];
}

export interface PeakPoint {
  readonly stage: 'bracket' | 'narrow' | 'fit' | 'confirm';
  readonly rate: number;
  readonly over: number;
  readonly of: number;
}

/** Signs of the stages in the chart and its key: shapes tell them apart, colour only repeats it. */
export const STAGE_SIGNS: Readonly<Record<PeakPoint['stage'], { readonly label: string; readonly colour: string }>> = {
  bracket: { label: 'bracket', colour: 'plan' },
  narrow: { label: 'inside it', colour: 'other' },
  fit: { label: 'around the estimate', colour: 'p50' },
  confirm: { label: 'at the lower bound', colour: 'p99' },
};
