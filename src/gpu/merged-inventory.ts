import type { DeviceFacts } from './recorded/recording.ts';
import type { Inventory } from './source.ts';

/** What several sources list, each GPU once. */
export interface MergedInventory extends Inventory {
  /** How many whole GPUs each node has that they look at: sources that list a GPU in common look at the same node. */
  readonly perNode: readonly number[];
}

/**
 * Merges by UUID; `inventories` in order of preference: who lists a device first tells what it is. An exporter names MIG
 * instances otherwise than the driver does: those of a GPU are taken from the first that lists any. Pure.
 */
export function mergedInventory(inventories: readonly Inventory[]): MergedInventory {
  const devices = new Map<string, DeviceFacts>();
  for (const inventory of inventories) {
    const cut = new Set([...devices.values()].map(({ device }) => device.parent));
    for (const facts of inventory.devices) {
      const { uuid, parent } = facts.device;
      if (!devices.has(uuid) && (parent === null || !cut.has(parent))) devices.set(uuid, facts);
    }
  }
  return {
    driver: inventories.find(({ driver }) => driver !== null)?.driver ?? null,
    cuda: inventories.find(({ cuda }) => cuda !== null)?.cuda ?? null,
    devices: [...devices.values()],
    perNode: nodesOf(inventories).map(({ size }) => size),
  };
}

/** The whole GPUs of each node, by UUID. */
function nodesOf(inventories: readonly Inventory[]): readonly ReadonlySet<string>[] {
  let nodes: readonly ReadonlySet<string>[] = [];
  for (const { devices } of inventories) {
    // An exporter lists only the instances of a GPU that is cut.
    const listed = new Set(devices.map(({ device }) => device.parent ?? device.uuid));
    const same = nodes.filter((node) => [...listed].some((uuid) => node.has(uuid)));
    const others = nodes.filter((node) => !same.includes(node));
    if (listed.size > 0) nodes = [...others, new Set([...same.flatMap((node) => [...node]), ...listed])];
  }
  return nodes;
}
