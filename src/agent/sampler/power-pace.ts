import type { DeviceSample } from '../../gpu/sample.ts';

interface Pace {
  readonly atNs: number;
  /** From the reading before; null: there was none. */
  readonly stepNs: number | null;
}

/** When the power of each GPU was read last, and how long after the reading before: a stream tells it when it will. Pure. */
export class PowerPace {
  readonly #paces = new Map<string, Pace>();

  saw({ device, readings }: DeviceSample, atNs: number): void {
    if (readings['power.draw'] === undefined && readings['power.instant'] === undefined) return;
    const before = this.#paces.get(device.uuid);
    if (before === undefined || atNs > before.atNs)
      this.#paces.set(device.uuid, { atNs, stepNs: before === undefined ? null : atNs - before.atNs });
  }

  /** Whether a reading at or after `fromNs` is missing that is to be expected until `untilNs`. */
  owes(fromNs: number, untilNs: number): boolean {
    return [...this.#paces.values()].some(({ atNs, stepNs }) => {
      if (stepNs === null || atNs >= fromNs) return false;
      // The next one may still lie before: the one that counts comes a step later at the most.
      return atNs + 2 * stepNs >= fromNs && fromNs + stepNs <= untilNs;
    });
  }
}
