import type { Ns } from '../time/ns.ts';
import type { Instance } from './instance.ts';

/** What places agents. */
export type EngineName = 'local' | 'slurm' | 'kubernetes';

/** What a run asks of its engine. */
export interface FleetSpec {
  readonly engine: EngineName;
  /** How long the engine may look for places at the start of the run. */
  readonly queueNs: Ns;
  /** How long agents may stay once they are placed; null: as long as the engine lets them. */
  readonly stayNs: Ns | null;
  /** What agents run on, by name; a cell names one of them. */
  readonly instances: Readonly<Record<string, Instance>>;
  /** Absent: what {@link SlurmSite} says of null. */
  readonly slurm?: SlurmSite;
}

/** What a run must know of a cluster that Slurm schedules. */
export interface SlurmSite {
  /** Absolute: a folder that the nodes read and write under the same path; null: `.loadcell` in the user's home. */
  readonly shared: string | null;
  /** Absolute, on the nodes: an unpacked agent directory; null: one is packed and staged in the shared folder. */
  readonly agent: string | null;
}
