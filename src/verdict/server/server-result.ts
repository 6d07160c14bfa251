/** What the server's own counts say of a stretch of the trial, whoever sent the requests: differences of two readings. */
export interface ServerWindow {
  /** Between these readings, on the trial's time line. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Requests that it answered well, and those that it did not. */
  readonly ok: number;
  readonly failed: number;
  /** Samples in those that it answered well, and runs of the model. */
  readonly samples: number;
  readonly runs: number;
  /** Means of those that it answered well, milliseconds; null: there were none. */
  readonly requestMs: number | null;
  readonly queueMs: number | null;
  readonly computeInputMs: number | null;
  readonly computeInferMs: number | null;
  readonly computeOutputMs: number | null;
  /** Requests that its response cache answered, and that it was asked for in vain. */
  readonly cacheHits: number;
  readonly cacheMisses: number;
}

/** A server's own account of one trial beside ours. */
export interface ServerResult {
  /** What was asked: `GET /v2/models/m/stats`; null: nothing could be. */
  readonly source: string | null;
  /** The one agent that asked. */
  readonly agent: string;
  /** Inferences of the whole trial, warm-up included: what the server counted, and what the fleet sent and had answered ok. */
  readonly counted: number | null;
  readonly sent: number;
  readonly answered: number;
  /** From the start of the first measure phase until everything had settled. */
  readonly measured: ServerWindow | null;
  /** Of several measure phases, those that are known. Requests count where they end. */
  readonly phases: readonly (ServerWindow & { readonly name: string })[];
  /** What is not known, and why. */
  readonly missing: readonly string[];
}
