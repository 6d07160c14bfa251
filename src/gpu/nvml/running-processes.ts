import { missing, numberReading } from '../reading.ts';
import type { GpuProcess } from '../sample.ts';
import type { Handle, NvmlLibrary } from './library.ts';
import { NVML } from './return-code.ts';

/** nvmlProcessInfo_t of versions 2 and 3 (process, memory, GPU and compute instance), and of version 1. */
const BYTES = 24;
const OLD_BYTES = 16;
const ROOM = 512;
/** Of a process that runs on no MIG instance. */
const NO_INSTANCE = 0xffff_ffff;
/** NVML_VALUE_NOT_AVAILABLE. */
const NOT_TOLD = 0xffff_ffff_ffff_ffffn;

const memory = Buffer.alloc(ROOM * BYTES);
const count = Buffer.alloc(4);

/** `instance`: the GPU instance that it runs on, where a GPU with MIG tells of all of them; null: none, or not told. */
export type RunningProcess = GpuProcess & { readonly instance: number | null };

/** Processes that compute on a device; null: the driver does not tell. Names are not NVML's to know. */
export function runningProcesses(nvml: NvmlLibrary, device: Handle, uuid: string): readonly RunningProcess[] | null {
  return listed(nvml, 'processes', BYTES, device, uuid) ?? listed(nvml, 'oldProcesses', OLD_BYTES, device, uuid);
}

function listed(
  nvml: NvmlLibrary,
  name: 'processes' | 'oldProcesses',
  bytes: number,
  device: Handle,
  uuid: string,
): readonly RunningProcess[] | null {
  count.writeUInt32LE(ROOM, 0);
  if (nvml.call(name, device, count, memory) !== NVML.success) return null;
  return Array.from({ length: Math.min(ROOM, count.readUInt32LE(0)) }, (_, place): RunningProcess => {
    const instance = bytes === BYTES ? memory.readUInt32LE(place * bytes + 16) : NO_INSTANCE;
    const used = memory.readBigUInt64LE(place * bytes + 8);
    return {
      device: uuid,
      pid: memory.readUInt32LE(place * bytes),
      name: null,
      usedBytes: used === NOT_TOLD ? missing('not_supported') : numberReading(Number(used)),
      type: 'compute',
      instance: instance === NO_INSTANCE ? null : instance,
    };
  });
}
