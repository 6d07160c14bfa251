import { isStreamMetric } from '../../stats/stream-tally.ts';
import type { LatencyLimit, Tally } from '../../stats/tally.ts';

type Numbered = LatencyLimit & { readonly index: number };

/** Counts exactly, per latency limit of a trial, what is at or over it. Hot: nothing is allocated for a request or an event. */
export class OverLimits {
  readonly #ofRequests: readonly Numbered[];
  readonly #ofFirstEvents: readonly Numbered[];
  readonly #ofGaps: readonly Numbered[];

  constructor(limits: readonly LatencyLimit[]) {
    const numbered = limits.map((limit, index) => ({ ...limit, index }));
    this.#ofRequests = numbered.filter(({ metric }) => !isStreamMetric(metric));
    this.#ofFirstEvents = numbered.filter(({ metric }) => metric === 'firstEvent' || metric === 'firstEventService');
    this.#ofGaps = numbered.filter(({ metric }) => metric === 'betweenEvents');
  }

  /** An ok request; `lessLagNs`: its response without the harness's lag. Tells whether every limit on the response was kept. */
  request(tally: Tally, waitNs: number, serviceNs: number, responseNs: number, lessLagNs: number): boolean {
    let withinAll = true;
    for (const { metric, limitNs, index } of this.#ofRequests) {
      const value = metric === 'response' ? responseNs : metric === 'service' ? serviceNs : waitNs;
      if (value >= limitNs) tally.over[index] = (tally.over[index] as number) + 1;
      if (metric !== 'response') continue;
      if (value >= limitNs) withinAll = false;
      if (lessLagNs >= limitNs) tally.overLessLag[index] = (tally.overLessLag[index] as number) + 1;
    }
    return withinAll;
  }

  /** The first event of an ok request: since its intended start, since its start, and since the first without the harness's lag. */
  firstEvent(tally: Tally, sinceIntendedNs: number, sinceStartNs: number, lessLagNs: number): void {
    for (const { metric, limitNs, index } of this.#ofFirstEvents) {
      const isOfIntended = metric === 'firstEvent';
      if ((isOfIntended ? sinceIntendedNs : sinceStartNs) >= limitNs)
        tally.over[index] = (tally.over[index] as number) + 1;
      if (isOfIntended && lessLagNs >= limitNs) tally.overLessLag[index] = (tally.overLessLag[index] as number) + 1;
    }
  }

  /** The time between two events of any request. */
  gap(tally: Tally, gapNs: number): void {
    for (const { limitNs, index } of this.#ofGaps) {
      if (gapNs >= limitNs) tally.over[index] = (tally.over[index] as number) + 1;
    }
  }
}
