import type { DeviceId } from './sample.ts';

/** One entry for each GPU: its own where there is one, else that of its first MIG instance. */
export function parentsOf<T extends { readonly device: DeviceId }>(entries: readonly T[]): readonly T[] {
  const first = new Map<string, T>();
  for (const entry of entries) {
    const { uuid, parent } = entry.device;
    const known = first.get(parent ?? uuid);
    if (known === undefined || (parent === null && known.device.parent !== null)) first.set(parent ?? uuid, entry);
  }
  return [...first.values()];
}
