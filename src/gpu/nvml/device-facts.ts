import type { Reading } from '../reading.ts';
import { migInstance, wholeGpu } from '../recorded/device.ts';
import { bareFacts, type DeviceFacts } from '../recorded/recording.ts';
import { cText, type Handle, type NvmlFunction, type NvmlLibrary } from './library.ts';
import { NVML } from './return-code.ts';

/** nvmlDeviceArchitecture_t, from 2. */
const ARCHITECTURES = ['Kepler', 'Maxwell', 'Pascal', 'Volta', 'Turing', 'Ampere', 'Ada', 'Hopper', 'Blackwell'];
const COMPUTE_MODES = ['Default', 'Exclusive_Thread', 'Prohibited', 'Exclusive_Process'];
const SWITCH = ['Disabled', 'Enabled'];

/** nvmlPciInfo_t: the old bus id in 16 characters, five numbers, the bus id in 32 characters. */
const PCI_BYTES = 68;
const PCI_BUS_ID_AT = 36;
const MILLI = 1e3;
/** nvmlClockType_t. */
const GRAPHICS_CLOCK = 0;
const SM_CLOCK = 1;

/** A MIG instance as NVML hands it out. */
export interface MigHandle {
  readonly handle: Handle;
  /** GPU instance, as GPM counts. */
  readonly instance: number;
  readonly facts: DeviceFacts;
}

export const driverVersion = (nvml: NvmlLibrary): string | null => nvml.text('driverVersion');

/** `12.4` of 12040. */
export function cudaVersion(nvml: NvmlLibrary): string | null {
  const version = nvml.u32('cudaVersion', 1);
  if (version.kind === 'missing') return null;
  return `${Math.floor(version.value / 1000)}.${Math.floor((version.value % 1000) / 10)}`;
}

/** What names a GPU and what it is set to. */
export function gpuFacts(nvml: NvmlLibrary, handle: Handle, index: number): DeviceFacts {
  const uuid = nvml.text('uuid', handle) ?? undefined;
  const name = nvml.text('name', handle) ?? undefined;
  return {
    device: wholeGpu({ uuid, index, name }),
    gpuInstance: null,
    busId: busId(nvml, handle),
    architecture: oneOf(ARCHITECTURES, nvml.u32('architecture', 1, handle), 2),
    vbios: nvml.text('vbios', handle),
    persistence: oneOf(SWITCH, nvml.u32('persistence', 1, handle), 0),
    computeMode: oneOf(COMPUTE_MODES, nvml.u32('computeMode', 1, handle), 0),
    migMode: currentOf(nvml, 'migMode', handle),
    eccMode: currentOf(nvml, 'eccMode', handle),
    powerLimits: powerLimits(nvml, handle),
    clockLimits: {
      highest: nvml.u32('clockLimit', 1, handle, SM_CLOCK),
      application: nvml.u32('applicationClock', 1, handle, GRAPHICS_CLOCK),
    },
  };
}

/** The MIG instances of a GPU; none where MIG is off. */
export function migInstances(nvml: NvmlLibrary, gpu: Handle, parent: string): readonly MigHandle[] {
  const most = nvml.u32('migCount', 1, gpu);
  const found: MigHandle[] = [];
  for (let index = 0; index < (most.kind === 'number' ? most.value : 0); index++) {
    const handle = nvml.handle('migByIndex', gpu, index);
    if (handle === null) continue;
    const instance = nvml.u32('gpuInstance', 1, handle);
    const compute = nvml.u32('computeInstance', 1, handle);
    if (instance.kind === 'missing') continue;
    const gpuInstance = `${instance.value}`;
    const device = migInstance(parent, {
      uuid: nvml.text('uuid', handle) ?? undefined,
      index,
      gpuInstance,
      computeInstance: compute.kind === 'number' ? `${compute.value}` : undefined,
      profile: profileOf(nvml.text('name', handle)),
    });
    found.push({ handle, instance: instance.value, facts: { ...bareFacts(device), gpuInstance } });
  }
  return found;
}

/** `1g.5gb` of `NVIDIA A100-SXM4-40GB MIG 1g.5gb`. */
const profileOf = (name: string | null): string | undefined =>
  /\bMIG (\S+)$/.exec(name ?? '')?.[1] ?? name ?? undefined;

function busId(nvml: NvmlLibrary, handle: Handle): string | null {
  const pci = Buffer.alloc(PCI_BYTES);
  if (nvml.call('pci', handle, pci) !== NVML.success) return null;
  return cText(pci.subarray(PCI_BUS_ID_AT)) || cText(pci.subarray(0, 16)) || null;
}

/** Modes have a present and a pending state; the present one is told. */
function currentOf(nvml: NvmlLibrary, name: NvmlFunction, handle: Handle): string | null {
  const [current, pending] = [Buffer.alloc(4), Buffer.alloc(4)];
  if (nvml.call(name, handle, current, pending) !== NVML.success) return null;
  return SWITCH[current.readUInt32LE(0)] ?? null;
}

const oneOf = (words: readonly string[], reading: Reading, first: number): string | null =>
  reading.kind === 'number' ? (words[reading.value - first] ?? null) : null;

function powerLimits(nvml: NvmlLibrary, handle: Handle): DeviceFacts['powerLimits'] {
  const [min, max] = [Buffer.alloc(4), Buffer.alloc(4)];
  const ranged = nvml.call('powerRange', handle, min, max) === NVML.success;
  const watts = (memory: Buffer): Reading => ({ kind: 'number', value: memory.readUInt32LE(0) / MILLI });
  return {
    requested: nvml.u32('powerRequested', MILLI, handle),
    default: nvml.u32('powerDefault', MILLI, handle),
    ...(ranged ? { min: watts(min), max: watts(max) } : {}),
  };
}
