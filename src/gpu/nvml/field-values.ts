import { missing, numberReading, type Reading } from '../reading.ts';
import type { Handle, NvmlLibrary } from './library.ts';
import { NVML, nvmlMissing } from './return-code.ts';

/** NVML_FI_DEV_* (nvml.h). Power in mW, times in ns. */
export const FIELD = {
  memoryTemperature: 82,
  heldByPowerCap: 74,
  heldBySyncBoost: 76,
  powerAverage: 185,
  powerInstant: 186,
  heldByThermalSoftware: 251,
  heldByThermalHardware: 252,
  heldByPowerBrake: 253,
} as const;

/** nvmlFieldValue_t: id, scope, time stamp, latency, type of the value, return code, value. */
const BYTES = 40;
const AT = { id: 0, type: 24, code: 28, value: 32 } as const;

/** Asks for several fields in one call. The memory is made once and used again. */
export class FieldValues {
  readonly #ids: readonly number[];
  readonly #memory: Buffer;

  constructor(ids: readonly number[]) {
    this.#ids = ids;
    this.#memory = Buffer.alloc(BYTES * ids.length);
  }

  /** The readings in the order of the ids, so many as `per` says of its place being one of the metric's unit. */
  read(nvml: NvmlLibrary, device: Handle, per: readonly number[]): readonly Reading[] {
    this.#memory.fill(0);
    this.#ids.forEach((id, place) => {
      this.#memory.writeUInt32LE(id, place * BYTES + AT.id);
    });
    const code = nvml.call('fields', device, this.#ids.length, this.#memory);
    if (code !== NVML.success) return this.#ids.map(() => nvmlMissing(code));
    return this.#ids.map((_, place) => this.#reading(place * BYTES, per[place] ?? 1));
  }

  #reading(from: number, per: number): Reading {
    const code = this.#memory.readUInt32LE(from + AT.code);
    if (code !== NVML.success) return nvmlMissing(code);
    const value = numberAt(this.#memory, from + AT.value, this.#memory.readUInt32LE(from + AT.type));
    return value === null || !Number.isFinite(value) ? missing('parse_error') : numberReading(value / per);
  }
}

/** nvmlValueType_t: double, unsigned int, unsigned long, unsigned long long, signed long long, signed int, unsigned short. */
function numberAt(memory: Buffer, at: number, type: number): number | null {
  switch (type) {
    case 0:
      return memory.readDoubleLE(at);
    case 1:
      return memory.readUInt32LE(at);
    case 2:
    case 3:
      return Number(memory.readBigUInt64LE(at));
    case 4:
      return Number(memory.readBigInt64LE(at));
    case 5:
      return memory.readInt32LE(at);
    case 6:
      return memory.readUInt16LE(at);
    default:
      return null;
  }
}
