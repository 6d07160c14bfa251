import type { DeviceFacts } from '../recorded/recording.ts';
import type { DeviceSample } from '../sample.ts';
import type { Inventory } from '../source.ts';

/** Samples that wait to be taken: no more than these, the oldest are let go. */
const MOST_WAITING = 4096;

/** What a stream has said and nobody has taken yet, and of which devices it has spoken. */
export class Outlook {
  #waiting: DeviceSample[] = [];
  readonly #devices = new Map<string, DeviceFacts>();

  hear(samples: readonly DeviceSample[], devices: readonly DeviceFacts[]): void {
    for (const facts of devices) this.#devices.set(facts.device.uuid, facts);
    this.#waiting.push(...samples);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.splice(0, this.#waiting.length - MOST_WAITING);
  }

  /** These are there, and no others any more. */
  only(devices: readonly DeviceFacts[]): void {
    this.#devices.clear();
    for (const facts of devices) this.#devices.set(facts.device.uuid, facts);
  }

  take(): readonly DeviceSample[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  inventory(driver: string | null): Inventory {
    return { driver, cuda: null, devices: [...this.#devices.values()] };
  }
}
