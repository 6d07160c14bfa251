import type { ChosenSource } from '../gpu/source-names.ts';
import { milliseconds, type Ns } from '../time/ns.ts';

/** What is observed beside the load, with nothing left to decide. */
export interface Telemetry {
  /** Null: GPUs are not looked at. */
  readonly gpu: {
    readonly sources: readonly ChosenSource[];
    /** Distance of readings of power, clocks and event reasons. */
    readonly everyNs: Ns;
    /** Pages of dcgm-exporter, of nodes of the fleet or others. */
    readonly dcgm: readonly string[];
    /** Names of processes that may compute beside the run's own: the server under test. */
    readonly processes: readonly string[];
    /** GPUs that each node of the fleet is to have; null: as many as there are at first. */
    readonly count: number | null;
  } | null;
  /** Further pages of metrics, and the names wanted of each; none: all. */
  readonly scrape: readonly { readonly url: string; readonly metrics: readonly string[] }[];
  /** After a trial in which a GPU was lost. */
  readonly onLoss: 'stop' | 'continue';
}

/** What a plan without telemetry of its own means. */
export const DEFAULT_TELEMETRY: Telemetry = {
  gpu: {
    sources: ['nvml', 'dcgm', 'nvidia-smi', 'amd-smi'],
    everyNs: milliseconds(200),
    dcgm: [],
    processes: [],
    count: null,
  },
  scrape: [],
  onLoss: 'continue',
};
