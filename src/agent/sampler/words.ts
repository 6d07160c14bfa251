import type { ChosenSource } from '../../gpu/source-names.ts';

/** What a sampler is to do; its only argument, as JSON. */
export interface SamplerOrders {
  readonly sources: readonly ChosenSource[];
  readonly fastMs: number;
  /** Pages of dcgm-exporter. */
  readonly dcgm: readonly string[];
  /** Further pages of metrics and the names that are wanted of each; none: all. */
  readonly pages: readonly { readonly url: string; readonly metrics: readonly string[] }[];
  /** Names of processes that may compute beside the run's own: the server under test. */
  readonly processes: readonly string[];
}

/** Agent to sampler: a line of JSON on its standard input. When that ends, so does the sampler. */
export type ToSampler =
  /** Phase boundaries to come, nanoseconds of the node's monotonic clock: counters are read there exactly. */
  | { readonly kind: 'boundaries'; readonly atNs: readonly number[] }
  /** Look at the inventory anew, and send it with what there is now: streams are waited for, shortly. */
  | { readonly kind: 'flush' };

/** Sampler to agent: framed `loadcell.v1.TelemetryBlock`s on its standard output, at least one a second, whatever there is to say. */
export const BEAT_MS = 1_000;
