import { expect, test } from 'vitest';
import { mergedInventory } from '../../../src/gpu/merged-inventory.ts';
import { migInstance, wholeGpu } from '../../../src/gpu/recorded/device.ts';
import { bareFacts } from '../../../src/gpu/recorded/recording.ts';
import type { DeviceId } from '../../../src/gpu/sample.ts';
import type { Inventory } from '../../../src/gpu/source.ts';

const gpu = (number: number): DeviceId => wholeGpu({ uuid: `GPU-0000-${number}`, index: number });
const listed = (devices: readonly DeviceId[], driver: string | null = null, cuda: string | null = null): Inventory => ({
  driver,
  cuda,
  devices: devices.map(bareFacts),
});
const uuids = (inventories: readonly Inventory[]) =>
  mergedInventory(inventories).devices.map(({ device }) => device.uuid.slice(-1));

test('a GPU that two sources list is there once, as the first of them tells it', () => {
  const first = { ...bareFacts(gpu(0)), vbios: '92.00' };
  const merged = mergedInventory([{ ...listed([], '550'), devices: [first] }, listed([gpu(0), gpu(1)], '551', '12.4')]);
  expect(merged.devices).toEqual([first, bareFacts(gpu(1))]);
  expect(merged).toMatchObject({ driver: '550', cuda: '12.4', perNode: [2] });
});

test('exporters of other nodes add their GPUs, and each node is counted by itself', () => {
  const inventories = [listed([gpu(0), gpu(1)]), listed([gpu(2), gpu(3), gpu(4)]), listed([]), listed([gpu(5)])];
  expect(uuids(inventories)).toEqual(['0', '1', '2', '3', '4', '5']);
  expect(mergedInventory(inventories).perNode).toEqual([2, 3, 1]);
  expect(mergedInventory([...inventories, listed([gpu(1), gpu(5)])]).perNode, 'two that are one').toEqual([3, 3]);
});

test('MIG instances of a GPU are those that the first source lists, by whatever name others know them', () => {
  const driver = migInstance(gpu(0).uuid, { uuid: 'MIG-0000-a', index: 0 });
  const page = migInstance(gpu(0).uuid, { gpuInstance: '7' });
  const other = migInstance(gpu(1).uuid, { gpuInstance: '8' });
  expect(uuids([listed([gpu(0), driver]), listed([page, other])])).toEqual(['0', 'a', '8']);
  expect(mergedInventory([listed([page, other])]).perNode).toEqual([2]);
});

test('of nothing there is nothing', () => {
  expect(mergedInventory([listed([])])).toEqual({ driver: null, cuda: null, devices: [], perNode: [] });
});
