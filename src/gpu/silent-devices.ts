import type { DeviceObservation, NodeObservation } from './observation.ts';

/** The whole GPUs of a node's inventory of which nothing at all was read: they are missing, not absent. */
export function silentDevices({ inventory, devices }: NodeObservation): readonly DeviceObservation[] {
  const spoken = new Set(devices.map(({ device }) => device.uuid));
  return (inventory?.devices ?? []).flatMap(({ device }) =>
    device.parent !== null || spoken.has(device.uuid) ? [] : [{ device, series: {}, lacks: {}, before: {} }],
  );
}
