import type { UsableDevice } from './assigned.ts';
import { numberOf } from './reading.ts';

/** What the GPUs of an agent must be. */
export interface WantedGpus {
  /** As its vendor's tools say it: `A100-SXM4-40GB`, `MIG 3g.20gb`; null: any. */
  readonly gpu: string | null;
  readonly count: number;
  /** Of each, free when the agent arrives; null: no matter how much. */
  readonly freeBytes: number | null;
  /** At which applications run: the clock that is set for them, else the highest; null: no matter at which. */
  readonly clockMHz: number | null;
}

/** For an agent's arguments; the agent alone needs what reads it again. */
export const formatWantedGpus = (wanted: WantedGpus): string => JSON.stringify(wanted);

/** A device of an agent, as it was found. */
export interface FoundGpu extends UsableDevice {
  /** Null: not told. */
  readonly freeBytes: number | null;
}

/** Whether a device's name is of a model: case, blanks and dashes aside, since tools and labels differ in them. */
export const isOfModel = (name: string, asked: string): boolean => plain(name).includes(plain(asked));

/** Labels of Kubernetes end in `-SHARED` where several containers share a GPU; the driver knows nothing of that. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[\s_-]+/gu, '-')
    .replace(/-shared$/u, '');

/** Whether a model's name asks for a MIG instance, and not for a whole GPU. */
export const asksForInstance = (gpu: string | null): boolean => gpu !== null && /(^|[\s_-])mig[\s_-]/iu.test(gpu);

/** Why the first of these are not the GPUs that are wanted, a clause for people; null: they are. */
export function arrivalProblem(wanted: WantedGpus, found: readonly FoundGpu[]): string | null {
  const { count, gpu } = wanted;
  const given = found.map(({ name, uuid }) => `${name} (${uuid})`).join(', ');
  if (found.length < count) {
    return `found ${given === '' ? 'no GPU' : given}, expected ${count}${gpu === null ? '' : ` of ${gpu}`}`;
  }
  const used = found.slice(0, count);
  for (const device of used) {
    const problem = deviceProblem(wanted, device);
    if (problem !== null) return problem;
  }
  const instances = used.filter(({ kind }) => kind === 'instance').length;
  return instances > 1 ? `found ${given}, expected one: a process can use one MIG instance and no more` : null;
}

function deviceProblem({ gpu, freeBytes, clockMHz }: WantedGpus, device: FoundGpu): string | null {
  const { name, uuid, kind } = device;
  if (gpu !== null && !isOfModel(name, gpu)) return `found ${name} (${uuid}), expected ${gpu}`;
  if (kind === 'instance' && !asksForInstance(gpu)) return `found ${name} (${uuid}), expected a whole GPU`;
  if (freeBytes !== null && !(device.freeBytes !== null && device.freeBytes >= freeBytes)) {
    const free = device.freeBytes === null ? 'does not tell its free memory' : `has ${gib(device.freeBytes)} free`;
    return `${name} (${uuid}) ${free}, expected ${gib(freeBytes)}`;
  }
  const clock = clockOf(device);
  if (clockMHz !== null && clock !== clockMHz) {
    const runs = clock === null ? 'does not tell its clocks' : `runs applications at ${clock} MHz`;
    return `${name} (${uuid}) ${runs}, expected ${clockMHz} MHz`;
  }
  return null;
}

const clockOf = ({ facts: { clockLimits } }: FoundGpu): number | null =>
  numberOf(clockLimits.application) ?? numberOf(clockLimits.highest);

const gib = (bytes: number): string => `${Number((bytes / 2 ** 30).toFixed(1))} GiB`;
