import type { NodeInventory } from '../gpu/observation.ts';
import { numberOf } from '../gpu/reading.ts';
import type { DeviceFacts } from '../gpu/recorded/recording.ts';

/** What of a node's GPUs decides which runs may be compared. Who they are, and which processes they hold, does not. */
export function gpuFingerprint({ driver, cuda, devices }: NodeInventory): Readonly<Record<string, unknown>> {
  const gpus = devices.filter(({ device }) => device.parent === null);
  return {
    driver,
    cuda,
    devices: gpus.map(({ device, architecture, vbios, persistence, migMode, eccMode, powerLimits, clockLimits }) => ({
      name: device.name,
      architecture,
      vbios,
      persistence,
      migMode,
      eccMode,
      powerLimitWatts: numberOf(powerLimits.requested),
      ...clocksOf(clockLimits),
      instances: devices.filter((other) => other.device.parent === device.uuid).map((other) => other.device.name),
    })),
  };
}

/** `limits`: absent in what was recorded before clocks were. */
const clocksOf = (limits: DeviceFacts['clockLimits'] | undefined): Readonly<Record<string, unknown>> =>
  limits === undefined
    ? {}
    : { highestClockMHz: numberOf(limits.highest), applicationClockMHz: numberOf(limits.application) };
