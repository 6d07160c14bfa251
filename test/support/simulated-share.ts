import { create } from '@bufbuild/protobuf';
import { Fold } from '../../src/agent/runner/fold.ts';
import { intervalMessage } from '../../src/agent/runner/interval-message.ts';
import { Offers } from '../../src/agent/runner/offers.ts';
import { emptyRecord, type RequestRecord } from '../../src/agent/runner/record-ring.ts';
import type { SealedInterval } from '../../src/agent/runner/sealed-interval.ts';
import { shareCounts } from '../../src/scenarios/counts.ts';
import { shareArrivals } from '../../src/scenarios/schedule.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { HostSampleSchema } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { encodeInterval } from '../../src/wire/interval-codec.ts';
import type { TrialSpec } from '../../src/wire/trial-spec.ts';

/** How the simulated target and the simulated harness behave; nanoseconds of the trial's time line. */
export interface Behaviour {
  /** How long the target takes for a request that starts at `startNs`. */
  readonly serviceNs: (seq: number, startNs: number) => number;
  /** How late the harness starts a request whose place is free. */
  readonly lagNs?: (seq: number) => number;
  /** The harness starts nothing before this instant that is ready at `readyNs`. */
  readonly lateUntilNs?: (readyNs: number) => number;
}

interface Request extends RequestRecord {
  readonly worker: number;
}

/**
 * One agent's share of a trial, run by queueing theory in place of threads: its real arrivals, one first-come queue in
 * front of `workers` places, records folded by the runner's own fold into sealed, encoded intervals.
 */
export class SimulatedShare {
  readonly #spec: TrialSpec;
  readonly #fold: Fold;
  readonly #offers: Offers;
  readonly #requests: readonly Request[];
  #settled = 0;
  #stopNs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(spec: TrialSpec, behaviour: Behaviour) {
    this.#spec = spec;
    this.#fold = new Fold(spec);
    this.#offers = new Offers(shareArrivals(spec.phases, spec.share, spec), spec.phases.length);
    this.#requests = serve(spec, behaviour).sort((a, b) => a.completedNs - b.completedNs || a.seq - b.seq);
  }

  /** When there is something to report next; null after the last interval. */
  get nextNs(): number | null {
    return this.#closed ? null : Math.min(this.#fold.openEndNs, this.#closeNs);
  }

  stop(atNs: number): void {
    this.#stopNs = Math.min(this.#stopNs, Math.max(atNs, this.#fold.openStartNs + 1));
  }

  /** The interval that can be sealed at {@link nextNs}, encoded. */
  take(): { readonly interval: Uint8Array; readonly last: boolean } {
    const last = this.#closeNs < this.#fold.openEndNs;
    const sealed = last ? this.#close(this.#closeNs) : this.#seal(this.#fold.openEndNs);
    this.#closed = last;
    const host = create(HostSampleSchema, { pacingWallS: 1, pacingCpuS: 0.01 });
    const interval = encodeInterval(intervalMessage(this.#spec, sealed, host));
    this.#fold.recycle(sealed);
    return { interval, last };
  }

  /** When everything has settled, but no later than the drain allows, and no earlier than load ends. */
  get #closeNs(): number {
    const last = this.#spec.phases.at(-1);
    const endNs = Math.min(this.#stopNs, last === undefined ? 0 : last.startNs + last.durationNs);
    const settledNs = Math.max(endNs, this.#lastCompletionNs);
    return Math.max(Math.min(settledNs, endNs + this.#spec.drainNs), this.#fold.openStartNs + 1);
  }

  /** Of what is started before the stop, if there is one. */
  get #lastCompletionNs(): number {
    const running = this.#requests.findLast((request) => this.#isStarted(request));
    return running?.completedNs ?? Number.NEGATIVE_INFINITY;
  }

  /** Without a stop the queue is served as long as the drain lasts. */
  #isStarted({ startNs, outcome }: Request): boolean {
    return startNs < this.#stopNs || (Number.isNaN(startNs) && outcome === Outcome.timeout);
  }

  #feed(untilNs: number): void {
    this.#offers.until(Math.min(untilNs, this.#stopNs), Number.POSITIVE_INFINITY, this.#fold);
    for (; this.#settled < this.#requests.length; this.#settled++) {
      const request = this.#requests[this.#settled] as Request;
      if (request.completedNs >= untilNs) return;
      if (request.intendedNs < this.#stopNs && this.#isStarted(request)) this.#fold.settle(request.worker, request);
    }
  }

  #seal(endNs: number): SealedInterval {
    this.#feed(endNs);
    for (const { worker, phase, intendedNs, startNs } of this.#left()) {
      if (startNs < endNs) this.#fold.running(worker, phase, intendedNs, startNs);
    }
    return this.#fold.seal();
  }

  #close(closeNs: number): SealedInterval {
    this.#feed(closeNs + 1);
    for (const request of this.#left()) {
      if (request.intendedNs >= Math.min(this.#stopNs, closeNs)) continue;
      const startNs = request.startNs < Math.min(this.#stopNs, closeNs) ? request.startNs : Number.NaN;
      const readyNs = Math.min(request.readyNs, closeNs);
      this.#fold.settle(request.worker, {
        ...request,
        startNs,
        readyNs,
        completedNs: closeNs,
        outcome: Outcome.unfinished,
      });
    }
    const stopped = Number.isFinite(this.#stopNs);
    const counts = shareCounts(this.#spec.phases, this.#spec.share);
    const cancelled = counts.map((all, phase) => all - (this.#offers.counts[phase] ?? 0));
    return this.#fold.close(closeNs, stopped ? this.#stopNs : null, cancelled);
  }

  /** Requests that have not settled, those that a stop kept from starting included. */
  #left(): readonly Request[] {
    return this.#requests.filter(
      (request, index) => index >= this.#settled || (!this.#isStarted(request) && request.intendedNs < this.#stopNs),
    );
  }
}

/** The whole share, as first come first served by the places of this agent. */
function serve(
  spec: TrialSpec,
  { serviceNs, lagNs = () => 0, lateUntilNs = () => Number.NEGATIVE_INFINITY }: Behaviour,
): Request[] {
  const arrivals = shareArrivals(spec.phases, spec.share, spec);
  const freeNs = new Array<number>(spec.workers).fill(spec.phases[0]?.startNs ?? 0);
  const requests: Request[] = [];
  while (arrivals.next()) {
    const worker = freeNs.indexOf(Math.min(...freeNs));
    const intendedNs = arrivals.atNs;
    const readyNs = Math.max(intendedNs, freeNs[worker] as number);
    const base = { ...emptyRecord(), seq: arrivals.seq, phase: arrivals.phase, intendedNs, readyNs, worker };
    if (readyNs >= intendedNs + spec.timeoutNs) {
      requests.push({ ...base, startNs: Number.NaN, completedNs: readyNs, outcome: Outcome.timeout });
      continue;
    }
    const startNs = Math.max(readyNs + lagNs(arrivals.seq), lateUntilNs(readyNs));
    const completedNs = startNs + serviceNs(arrivals.seq, startNs);
    const outcome = completedNs - intendedNs > spec.timeoutNs ? Outcome.timeout : Outcome.ok;
    requests.push({ ...base, startNs, completedNs, outcome });
    freeNs[worker] = completedNs;
  }
  return requests;
}
