import {
  type CheckedEnergy,
  checkedEnergy,
  type Energy,
  type InferenceEnergy,
  inferenceEnergy,
  totalEnergy,
} from '../../gpu/energy.ts';
import type { DeviceObservation, NodeObservation, Series, Window } from '../../gpu/observation.ts';
import { parentsOf } from '../../gpu/parents.ts';
import type { DeviceId } from '../../gpu/sample.ts';
import { silentDevices } from '../../gpu/silent-devices.ts';
import { meanOf } from '../../gpu/within.ts';

/** Mean power of GPUs that do nothing, and how far it may be off, W. */
export interface IdlePower {
  readonly watts: number;
  readonly error: number;
}

/** Energy of one GPU over a window. */
export interface GpuEnergy extends CheckedEnergy {
  readonly device: DeviceId;
  /** Before the trial; null: it was not idle for long enough, or is not known to have been. */
  readonly idle: IdlePower | null;
}

/** Energy of every GPU that was observed, and of one inference. */
export interface TrialEnergy {
  /** Each GPU once: a MIG instance repeats its GPU's. */
  readonly gpus: readonly GpuEnergy[];
  readonly total: Energy;
  /** Of all GPUs; null: one of them was not idle before. */
  readonly idle: IdlePower | null;
  readonly perInference: InferenceEnergy | null;
  /** Joules of all CPU packages of all nodes; null: a node does not tell. */
  readonly packageJoules: number | null;
}

/** A shorter stretch says nothing of what an idle GPU takes. */
const LEAST_IDLE_NS = 2e9;
/** Up to this utilisation a GPU is idle. */
const IDLE = 0.02;
const HALF_SECOND_NS = 0.5e9;

/**
 * Null: no GPU tells of power or energy. Where some do and others do not, the sum is not measurable. `inferences`: samples of
 * the requests that ended ok in the window.
 */
export function trialEnergy(nodes: readonly NodeObservation[], window: Window, inferences: number): TrialEnergy | null {
  const devices = parentsOf(nodes.flatMap((node) => [...node.devices, ...silentDevices(node)]));
  if (!devices.some(({ series }) => series.energy !== undefined || powerOf(series) !== undefined)) return null;
  const gpus = devices.map(
    (device): GpuEnergy => ({
      device: device.device,
      ...checkedEnergy(counters(device.series.energy), powers(powerOf(device.series)), window),
      idle: idlePower(device),
    }),
  );
  const total = totalEnergy(gpus);
  const idle = sumOfIdle(gpus);
  return {
    gpus,
    total,
    idle,
    perInference: inferenceEnergy(total, window, inferences, idle),
    packageJoules: packageJoules(nodes, window),
  };
}

/** The instantaneous power where the GPU tells it: H100 gives a mean of one second under the plain name. */
export const powerOf = (series: DeviceObservation['series']): Series | undefined =>
  series['power.instant'] ?? series['power.draw'];

const counters = (series: Series | undefined) =>
  (series?.atNs ?? []).map((atNs, place) => ({ atNs, joules: series?.values[place] ?? 0 }));
const powers = (series: Series | undefined) =>
  (series?.atNs ?? []).map((atNs, place) => ({ atNs, watts: series?.values[place] ?? 0 }));

/** Of the time before the trial, where its utilisation says that it was idle; two standard errors to either side. */
export function idlePower({ before }: Pick<DeviceObservation, 'before'>): IdlePower | null {
  const power = powerOf(before);
  const utilization = before['utilization.gpu'];
  if (power === undefined || utilization === undefined) return null;
  const [first = 0, last = 0] = [power.atNs.at(0), power.atNs.at(-1)];
  if (last - first < LEAST_IDLE_NS || utilization.values.some((share) => share > IDLE)) return null;
  const watts = meanOf(power.values) ?? 0;
  const variance = power.values.reduce((sum, value) => sum + (value - watts) ** 2, 0) / power.values.length;
  return { watts, error: 2 * Math.sqrt(variance / power.values.length) };
}

function sumOfIdle(gpus: readonly GpuEnergy[]): IdlePower | null {
  let watts = 0;
  let error = 0;
  for (const { idle } of gpus) {
    if (idle === null) return null;
    watts += idle.watts;
    error += idle.error;
  }
  return { watts, error };
}

/** Each row covers the second before it: those that lie within by more than half are added up. */
function packageJoules(nodes: readonly NodeObservation[], { fromNs, toNs }: Window): number | null {
  let joules = 0;
  for (const { host } of nodes) {
    const inside = host.flatMap(({ atNs, packageJoules: told }) =>
      told !== null && atNs > fromNs + HALF_SECOND_NS && atNs <= toNs + HALF_SECOND_NS ? [told] : [],
    );
    if (inside.length < Math.floor((toNs - fromNs) / 1e9)) return null;
    joules += inside.reduce((sum, value) => sum + value, 0);
  }
  return nodes.length === 0 ? null : joules;
}
