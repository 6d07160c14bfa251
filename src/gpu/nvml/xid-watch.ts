import type { Handle, NvmlLibrary } from './library.ts';
import { NVML } from './return-code.ts';

/** nvmlEventTypeXidCriticalError. */
const XID_EVENTS = 8;
/** nvmlEventData_t: device, type, data, GPU and compute instance. */
const EVENT_BYTES = 32;
const AT = { device: 0, type: 8, data: 16 } as const;
const MOST_AT_ONCE = 64;

/** Hears of XID errors as the driver reports them; 0: none since it began to listen. */
export class XidWatch {
  readonly #nvml: NvmlLibrary;
  readonly #set: Handle;
  readonly #last = new Map<Handle, number>();
  readonly #event = Buffer.alloc(EVENT_BYTES);

  private constructor(nvml: NvmlLibrary, set: Handle) {
    this.#nvml = nvml;
    this.#set = set;
  }

  /** Null: this driver reports no events. */
  static of(nvml: NvmlLibrary, devices: readonly Handle[]): XidWatch | null {
    const set = nvml.handle('eventSet');
    if (set === null) return null;
    const watch = new XidWatch(nvml, set);
    for (const device of devices) {
      if (nvml.call('registerEvents', device, XID_EVENTS, set) === NVML.success) watch.#last.set(device, 0);
    }
    return watch.#last.size === 0 ? null : watch;
  }

  /** Takes in what has been reported since; waits for nothing. */
  listen(): void {
    for (let heard = 0; heard < MOST_AT_ONCE; heard++) {
      if (this.#nvml.call('waitEvent', this.#set, this.#event, 0) !== NVML.success) return;
      if (this.#event.readBigUInt64LE(AT.type) !== BigInt(XID_EVENTS)) continue;
      this.#last.set(this.#event.readBigUInt64LE(AT.device), Number(this.#event.readBigUInt64LE(AT.data)));
    }
  }

  /** Null: nothing is reported of this device. */
  last(device: Handle): number | null {
    return this.#last.get(device) ?? null;
  }
}
