import { NS_PER_S } from '../../time/ns.ts';

/**
 * Arrivals and settlements of one second, counted apart, so that the integral of the requests in flight can be held
 * against the sum of response times (Little's law as bookkeeping).
 *
 * An event may lie before the second when it became known late: the integral then makes up for what the earlier ones
 * took for granted.
 */
export class Flow {
  readonly #startNs: number;
  arrived = 0;
  settled = 0;
  /** Sum over events of their instants since the start of the second, nanoseconds. */
  #arrivedAtNs = 0;
  #settledAtNs = 0;

  constructor(startNs: number) {
    this.#startNs = startNs;
  }

  arrive(atNs: number): void {
    this.arrived++;
    this.#arrivedAtNs += atNs - this.#startNs;
  }

  settle(atNs: number): void {
    this.settled++;
    this.#settledAtNs += atNs - this.#startNs;
  }

  /** Request-seconds in flight until `endNs`, when `before` requests were in flight at the start. */
  integral(before: number, endNs: number): number {
    const length = endNs - this.#startNs;
    const arrivals = this.arrived * length - this.#arrivedAtNs;
    const settlements = this.settled * length - this.#settledAtNs;
    return (before * length + arrivals - settlements) / NS_PER_S;
  }
}
