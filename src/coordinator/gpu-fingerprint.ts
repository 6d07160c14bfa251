import type { NodeInventory } from '../gpu/observation.ts';
import { numberOf } from '../gpu/reading.ts';

/** What of a node's GPUs decides which runs may be compared. Who they are, and which processes they hold, does not. */
export function gpuFingerprint({ driver, cuda, devices }: NodeInventory): Readonly<Record<string, unknown>> {
  const gpus = devices.filter(({ device }) => device.parent === null);
  return {
    driver,
    cuda,
    devices: gpus.map(({ device, architecture, vbios, persistence, migMode, eccMode, powerLimits }) => ({
      name: device.name,
      architecture,
      vbios,
      persistence,
      migMode,
      eccMode,
      powerLimitWatts: numberOf(powerLimits.requested),
      instances: devices.filter((other) => other.device.parent === device.uuid).map((other) => other.device.name),
    })),
  };
}
