import { numberOf } from '../../gpu/reading.ts';
import type { DeviceFacts } from '../../gpu/recorded/recording.ts';
import type { Inventory } from '../../gpu/source.ts';

/** What GPUs are set to, and what of it disturbs measurements, the worst first. */
export interface GpuState {
  readonly told: readonly string[];
  readonly warnings: readonly { readonly found: string; readonly advice: string }[];
}

/** `busy`: processes of others that compute on them. */
export function gpuState({ driver, cuda, devices }: Inventory, busy: number): GpuState {
  const gpus = devices.filter(({ device }) => device.parent === null);
  const instances = devices.length - gpus.length;
  const set = (word: (facts: DeviceFacts) => string | null, value: string): number =>
    gpus.filter((facts) => word(facts) === value).length;
  const lowered = gpus.filter(({ powerLimits }) => {
    const [requested, usual] = [numberOf(powerLimits.requested), numberOf(powerLimits.default)];
    return requested !== null && usual !== null && requested < usual;
  }).length;
  const asleep = set(({ persistence }) => persistence, 'Disabled');
  return {
    told: [
      ...(driver === null ? [] : [`driver ${driver}`]),
      ...(cuda === null ? [] : [`CUDA ${cuda}`]),
      ...(instances === 0 ? [] : [`${instances} MIG instances`]),
      ...(gpus.length > 0 && set(({ eccMode }) => eccMode, 'Enabled') === gpus.length ? ['ECC on'] : []),
    ],
    warnings: [
      ...(busy === 0
        ? []
        : [
            {
              found: `others compute on them (${busy === 1 ? '1 process' : `${busy} processes`})`,
              advice: 'end them, or name them under `telemetry.gpu.processes`',
            },
          ]),
      ...(lowered === 0
        ? []
        : [
            {
              found: `the power limit of ${lowered} is below its default`,
              advice: 'raise it (nvidia-smi -pl), or compare only runs with the same limit',
            },
          ]),
      ...(asleep === 0
        ? []
        : [
            {
              found: `persistence mode is off on ${asleep}`,
              advice: 'the driver is loaded anew for each run, which resets counters: sudo nvidia-smi -pm 1',
            },
          ]),
    ],
  };
}
