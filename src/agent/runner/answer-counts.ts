import type { LatencyLimit, Tally } from '../../stats/tally.ts';
import { OverLimits } from './over-limits.ts';
import type { RequestRecord } from './record-ring.ts';

/** Counts what came of requests that were answered. Hot: nothing is allocated for a request or an event. */
export class AnswerCounts {
  readonly #over: OverLimits;

  constructor(limits: readonly LatencyLimit[]) {
    this.#over = new OverLimits(limits);
  }

  /** An ok request; `lessLagNs`: its response without the harness's lag. Tells whether every limit on the response was kept. */
  ok(tally: Tally, record: RequestRecord, lessLagNs: number): boolean {
    const waitNs = record.readyNs - record.intendedNs;
    const serviceNs = record.completedNs - record.startNs;
    const responseNs = record.completedNs - record.intendedNs;
    tally.wait.record(waitNs);
    tally.service.record(serviceNs);
    tally.response.record(responseNs);
    if (record.firstByteNs > 0) countParts(tally, record, serviceNs);
    if (record.firstEventNs > 0) this.#firstEvent(tally, record, lessLagNs);
    return this.#over.request(tally, waitNs, serviceNs, responseNs, lessLagNs);
  }

  /** An event that came at `atNs`, the one before it at `sinceNs`; NaN: it is the first of its answer. */
  event(tally: Tally, sinceNs: number, atNs: number): void {
    const stream = tally.ownStream();
    stream.events++;
    if (Number.isNaN(sinceNs)) return;
    stream.betweenEvents.record(atNs - sinceNs);
    this.#over.gap(tally, atNs - sinceNs);
  }

  #firstEvent(tally: Tally, record: RequestRecord, lessLagNs: number): void {
    const { firstEventNs, startNs, intendedNs, completedNs } = record;
    const sinceIntendedNs = startNs + firstEventNs - intendedNs;
    const stream = tally.ownStream();
    stream.firstEvent.record(sinceIntendedNs);
    stream.firstEventService.record(firstEventNs);
    // What came after the first event took as long without the harness's lag.
    const afterNs = completedNs - startNs - firstEventNs;
    this.#over.firstEvent(tally, sinceIntendedNs, firstEventNs, lessLagNs - afterNs);
  }
}

function countParts(tally: Tally, { connectNs, firstByteNs, serverNs }: RequestRecord, serviceNs: number): void {
  const parts = tally.ownParts();
  parts.connect.record(connectNs);
  parts.firstByte.record(firstByteNs);
  parts.receive.record(Math.max(0, serviceNs - connectNs - firstByteNs));
  if (serverNs > 0) parts.server.record(serverNs);
}
