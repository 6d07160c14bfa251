import type { MetricName } from './metric.ts';
import type { DeviceFacts } from './recorded/recording.ts';
import type { DeviceSample, GpuProcess, SourceName } from './sample.ts';
import type { PageNews } from './sources/page.ts';

/** What a node's GPUs are and how they are set: `loadcell gpu`, the fingerprint, the report. */
export interface Inventory {
  readonly driver: string | null;
  readonly cuda: string | null;
  readonly devices: readonly DeviceFacts[];
}

/**
 * Something that reads the GPUs of a node, whatever it is: a library that answers at once, a page that is fetched, a tool
 * that prints lines. One file each; a source adds no metric and no unit of its own.
 */
export interface Source {
  readonly name: SourceName;
  /** As it stands now; a stream tells only which devices it has spoken of. */
  inventory(): Inventory;
  /**
   * What it has to say of these metrics: a library reads them now, a stream hands over what has come since the last call,
   * whatever was asked. Every sample carries its instant on the sampler's clock. Never throws; never waits.
   */
  take(wanted: ReadonlySet<MetricName>): readonly DeviceSample[];
  /** Which processes compute now; null: it does not tell. */
  processes(): readonly GpuProcess[] | null;
  /** Null as long as it works; else one sentence that says why no more comes. */
  fault(): string | null;
  /** How the server that it asks answered since the last call; absent: it asks none. */
  page?(): PageNews;
  close(): void;
}

/** A source, or one sentence that says why there is none. */
export type Opened =
  | { readonly kind: 'open'; readonly source: Source }
  | { readonly kind: 'unavailable'; readonly name: SourceName; readonly why: string };

/** What a source needs of the process around it. */
export interface SourceContext {
  /** Nanoseconds of the node's monotonic clock. */
  readonly nowNs: () => number;
  /** Milliseconds since 1970 of the node's wall clock: to compare others with, never to measure by. */
  readonly wallMs: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const unavailable = (name: SourceName, why: string): Opened => ({ kind: 'unavailable', name, why });
