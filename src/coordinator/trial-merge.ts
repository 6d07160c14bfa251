import type { Cell } from '../campaign/plan.ts';
import { endsWhenDone } from '../scenarios/phase.ts';
import { Tally } from '../stats/tally.ts';
import { type Ns, ns } from '../time/ns.ts';
import type { FailureEvidence, SlowEvidence, TrialEvidence } from '../verdict/evidence.ts';
import { secondsAsToldBy } from '../verdict/k6/latency.ts';
import type { SealedSecond } from '../verdict/window/sealed-second.ts';
import type { Failure, Interval, SlowRequest } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { addSlotTo } from '../wire/interval-codec.ts';
import { AgentMerge, type AgentSums, entry } from './agent-merge.ts';
import { K6Merge } from './k6-merge.ts';
import { SealedSeconds } from './sealed-seconds.ts';
import { Seconds } from './seconds.ts';

const FAILURES_KEPT = 20;
const SLOWEST_KEPT = 10;

export type TrialSums = Pick<
  TrialEvidence,
  'slots' | 'lastSettledNs' | 'seconds' | 'sealed' | 'failures' | 'slowest'
> & {
  readonly k6: TrialEvidence['k6'];
  readonly agents: readonly AgentSums[];
};

/**
 * Merges the intervals of one attempt of a trial over the fleet. Idempotent by (agent, seq); counts do not depend on the
 * order in which intervals come, sums of seconds do in their last digits.
 */
export class TrialMerge {
  readonly #cell: Cell;
  readonly #limits: number;
  readonly #slots: readonly Tally[][];
  #lastSettledNs: Ns | null = null;
  readonly #agents: readonly AgentMerge[];
  readonly #seconds: Seconds;
  /** Null where no objective is over a window. */
  readonly #sealing: SealedSeconds | null;
  readonly #sealed: SealedSecond[] = [];
  readonly #failures = new Map<string, FailureEvidence>();
  #slowest: SlowEvidence[] = [];
  readonly #k6 = new K6Merge();

  /** `limits`: number of latency limits that the cell's runners count against. */
  constructor(cell: Cell, limits: number) {
    this.#cell = cell;
    this.#limits = limits;
    this.#slots = cell.phases.map((phase) => Array.from({ length: phase.slots }, () => new Tally(limits)));
    this.#agents = Array.from({ length: cell.agents }, (_, agent) => new AgentMerge(agent, cell.phases, limits));
    this.#seconds = new Seconds(cell.phases);
    this.#sealing = cell.objectives.some(({ overNs }) => overNs !== null) ? new SealedSeconds(cell) : null;
  }

  /** False when it had been added before. Throws when it speaks of an agent, phase or slot that the plan has not. */
  add(interval: Interval): boolean {
    const agent = entry(this.#agents, interval.agent, 'agent');
    if (!agent.add(interval)) return false;
    for (const slot of interval.slots) {
      addSlotTo(this.#slotAt(slot.phase, slot.slot), slot, agent.tallyOf(slot.phase));
    }
    if (interval.lastSettledNs !== undefined)
      this.#lastSettledNs = ns(
        Math.max(this.#lastSettledNs ?? Number.NEGATIVE_INFINITY, Number(interval.lastSettledNs)),
      );
    this.#seconds.add(interval);
    if (this.#sealing !== null) this.#sealed.push(...this.#sealing.add(interval));
    for (const failure of interval.failures) if (this.#isMeasured(failure)) this.#addFailure(interval.agent, failure);
    this.#addSlowest(interval.agent, interval.slowest);
    this.#k6.add(interval);
    return true;
  }

  /** End of the latest second that is known of every agent, on the trial's time line. */
  get completeUntilNs(): Ns {
    return ns(Math.min(...this.#agents.map((agent) => agent.endNs)));
  }

  /** `untilNs`: the instant up to which every second must be there: the stop, or the end of the last phase. */
  sums(untilNs: Ns): TrialSums {
    return {
      slots: this.#slots,
      lastSettledNs: this.#lastSettledNs,
      agents: this.#agents.map((agent) => agent.sums(untilNs)),
      seconds: secondsAsToldBy(this.#cell, this.#seconds.rows(this.#cell.phases, this.#slots)),
      sealed: this.#sealed,
      failures: [...this.#failures.values()].sort(commonestFirst).slice(0, FAILURES_KEPT),
      slowest: this.#slowest,
      k6: this.#k6.evidence(),
    };
  }

  /** A phase that ends when it is done gets as many slots as come. */
  #slotAt(index: number, slot: number): Tally {
    const slots = entry(this.#slots, index, 'phase');
    const mayGrow = endsWhenDone(entry(this.#cell.phases, index, 'phase'));
    while (mayGrow && slots.length <= slot) slots.push(new Tally(this.#limits));
    return entry(slots, slot, 'slot');
  }

  #isMeasured(of: { readonly phase: number }): boolean {
    return entry(this.#cell.phases, of.phase, 'phase').purpose === 'measure';
  }

  /** One entry per class and code; it tells of the first of them. */
  #addFailure(agent: number, failure: Failure): void {
    const key = `${failure.class}/${failure.code}`;
    const known = this.#failures.get(key);
    const count = failure.count + (known?.count ?? 0);
    const firstNs = ns(Number(failure.firstNs));
    if (known !== undefined && isBefore(known, firstNs, agent)) {
      this.#failures.set(key, { ...known, count });
      return;
    }
    const { code, message } = failure;
    const failureClass = failure.class as FailureEvidence['class'];
    this.#failures.set(key, { class: failureClass, code, message, count, firstNs, agent });
  }

  #addSlowest(agent: number, requests: readonly SlowRequest[]): void {
    const measured = requests.filter((request) => this.#isMeasured(request));
    if (measured.length === 0) return;
    const all = [...this.#slowest, ...measured.map((request) => slowEvidence(agent, request))];
    this.#slowest = all.sort(slowestFirst).slice(0, SLOWEST_KEPT);
  }
}

const slowEvidence = (agent: number, request: SlowRequest): SlowEvidence => ({
  seq: Number(request.seq),
  sample: request.sample,
  intendedNs: ns(Number(request.intendedNs)),
  waitNs: ns(Number(request.waitNs)),
  lagNs: ns(Number(request.lagNs)),
  serviceNs: ns(Number(request.serviceNs)),
  agent,
});

const responseNs = (s: SlowEvidence): number => s.waitNs + s.lagNs + s.serviceNs;

const slowestFirst = (a: SlowEvidence, b: SlowEvidence): number =>
  responseNs(b) - responseNs(a) || a.seq - b.seq || a.agent - b.agent;

/** Ties go to the agent with the smaller index, so that the order in which intervals come decides nothing. */
const isBefore = (known: FailureEvidence, firstNs: Ns, agent: number): boolean =>
  known.firstNs < firstNs || (known.firstNs === firstNs && known.agent <= agent);

const commonestFirst = (a: FailureEvidence, b: FailureEvidence): number =>
  b.count - a.count || a.firstNs - b.firstNs || (`${a.class}/${a.code}` < `${b.class}/${b.code}` ? -1 : 1);
