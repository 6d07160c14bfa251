import type { WantedGpus } from '../gpu/arrival.ts';

/**
 * What an agent is given to run on: one place of a fleet. Whatever is null is left to the engine. What the place must have
 * (GPUs, processors, memory) every engine gives or refuses; where to look for it is in a batch system's own words, which mean
 * nothing to an engine that has none.
 */
export interface Instance {
  /** The GPU's model, as its vendor's tools say it: `A100-SXM4-40GB`; null: any, or none. */
  readonly gpu: string | null;
  /** 0: none. */
  readonly gpusPerAgent: number;
  /** Of each GPU, free when the agent arrives; null: no matter how much. */
  readonly gpuFreeBytes: number | null;
  /** At which the GPUs run applications: the clock that is set for them, else the highest; null: no matter at which. */
  readonly gpuClockMHz: number | null;
  readonly cpus: number | null;
  /** `cpus`: each agent runs on processors of its own, so many as `cpus` says; null: where the engine lets it. */
  readonly pin: 'cpus' | null;
  readonly memoryBytes: number | null;
  /** Of one such place for an hour, in whatever money the campaign counts; null: not told. */
  readonly pricePerHour: number | null;
  /** Where a batch system looks for the place. */
  readonly partition: string | null;
  /** Who pays. */
  readonly account: string | null;
  readonly qos: string | null;
  /** Features that the node must have, in the engine's own words. */
  readonly constraint: string | null;
  /** The generic resource of one node, in the engine's own words: `gpu:a100:2`; null: made of `gpu` and `gpusPerAgent`. */
  readonly gres: string | null;
  /** Passed through to the engine's submit command as they are. */
  readonly arguments: readonly string[];
  /** Labels of the node on Kubernetes, each with the values that will do; null: made of `gpu`. */
  readonly nodeLabels: Readonly<Record<string, readonly string[]>> | null;
  /** What Kubernetes calls one GPU: `nvidia.com/mig-3g.20gb`; null: made of `gpu`. */
  readonly gpuResource: string | null;
}

/** What somebody else's endpoint is said to run on. */
export interface ServerInstance {
  readonly name: string;
  /** In whatever money the campaign counts; null: not said. */
  readonly pricePerHour: number | null;
}

/** A place that nothing is asked of. */
export const ANY_INSTANCE: Instance = {
  gpu: null,
  gpusPerAgent: 0,
  gpuFreeBytes: null,
  gpuClockMHz: null,
  cpus: null,
  pin: null,
  memoryBytes: null,
  pricePerHour: null,
  partition: null,
  account: null,
  qos: null,
  constraint: null,
  gres: null,
  arguments: [],
  nodeLabels: null,
  gpuResource: null,
};

/** What an agent makes sure of when it arrives; null: it needs no GPU. */
export const wantedGpus = ({ gpu, gpusPerAgent, gpuFreeBytes, gpuClockMHz }: Instance): WantedGpus | null =>
  gpusPerAgent === 0 ? null : { gpu, count: gpusPerAgent, freeBytes: gpuFreeBytes, clockMHz: gpuClockMHz };
