import type { Cell } from '../campaign/plan.ts';
import { endsWhenDone, type Phase } from '../scenarios/phase.ts';
import { Histogram } from '../stats/histogram.ts';
import { NS_PER_MS, NS_PER_S, type Ns, ns } from '../time/ns.ts';
import type { Interval } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { addHistogramTo } from '../wire/interval-codec.ts';
import { lengthOf, partOf } from '../wire/interval-merge.ts';
import type { TrialOrder } from './fleet-plan.ts';
import type { LiveSecond, ProgressEvent } from './progress-events.ts';
import type { RunCells } from './run-cells.ts';
import { isSameAttempt } from './trial-ref.ts';

/** Percentiles shown live are those of the ok requests that completed in this many seconds. */
const WINDOW_S = 5;
/** A second that some agent still owes is kept this long. */
const KEPT_S = 16;

/**
 * The run as it looks from outside while it lasts: second by second, the fleet's intervals of the present trial added
 * up. For eyes only.
 */
export class LiveView {
  readonly #cells: RunCells;
  readonly #trials: readonly TrialOrder[];
  #now: { readonly trial: TrialOrder; readonly cell: Cell; readonly beginNs: Ns } | null = null;
  readonly #seconds = new Map<number, Second>();
  #shown = -1;
  #failed = 0;

  constructor(cells: RunCells, trials: readonly TrialOrder[]) {
    this.#cells = cells;
    this.#trials = trials;
  }

  /** Another trial has begun: what was before is forgotten. */
  begin(trial: TrialOrder): void {
    this.#now = { trial, cell: this.#cells.of(trial), beginNs: ns(0 - trial.warmupNs) };
    this.#seconds.clear();
    this.#shown = -1;
    this.#failed = 0;
  }

  /** What is to be shown when this interval is the last one missing of its second; null otherwise. */
  add(interval: Interval): ProgressEvent | null {
    const now = this.#now;
    if (now === null || !isSameAttempt(now.trial, interval)) return null;
    const first = Math.round((Number(interval.startNs) - now.beginNs) / NS_PER_S);
    const length = lengthOf(interval);
    const index = first + length - 1;
    if (index <= this.#shown - KEPT_S) return null;
    for (let part = 0; part < length; part++) addPart(this.#at(first + part), interval, part, length);
    const second = this.#at(index);
    for (const { response } of interval.slots) if (response !== undefined) addHistogramTo(second.responses, response);
    this.#failed += sum(interval.phases, ({ failed }) => failed);
    if (second.agents < now.trial.agents || index <= this.#shown) return null;
    this.#shown = index;
    for (const old of this.#seconds.keys()) if (old <= index - KEPT_S) this.#seconds.delete(old);
    return this.#event(now.cell, now.trial, index, second, ns(now.beginNs + (index + 1) * NS_PER_S));
  }

  #at(index: number): Second {
    const second = this.#seconds.get(index) ?? newSecond();
    this.#seconds.set(index, second);
    return second;
  }

  #event(cell: Cell, trial: TrialOrder, index: number, second: Second, endNs: Ns): ProgressEvent {
    const at = trial.position;
    const middleNs = endNs - NS_PER_S / 2;
    if (trial.endNs !== null && middleNs >= trial.endNs) {
      const leftS = Math.max(0, (trial.endNs + trial.drainNs - endNs) / NS_PER_S);
      return { kind: 'draining', at, inFlight: second.inFlight, leftS };
    }
    const phase = phaseAt(cell.phases, middleNs);
    const recent = this.#recent(index);
    const live: LiveSecond = {
      phase: phase.name,
      purpose: phase.purpose,
      offered: second.offered,
      achieved: second.achieved,
      p50: quantileMs(recent, 0.5),
      p95: quantileMs(recent, 0.95),
      p99: quantileMs(recent, 0.99),
      failed: this.#failed,
      inFlight: second.inFlight,
      phaseLeftS: endsWhenDone(phase) ? null : leftS(phase.startNs + phase.durationNs, endNs),
      runLeftS: this.#runLeftS(trial, endNs),
    };
    return { kind: 'second', at, live };
  }

  #recent(index: number): Histogram {
    const recent = new Histogram();
    for (let i = index - WINDOW_S + 1; i <= index; i++) {
      const second = this.#seconds.get(i);
      if (second !== undefined) recent.add(second.responses);
    }
    return recent;
  }

  #runLeftS(trial: TrialOrder, endNs: Ns): number | null {
    if (trial.endNs === null) return null;
    let left = leftS(trial.endNs, endNs);
    for (const later of this.#trials.filter(({ position }) => position.index > trial.position.index)) {
      if (later.endNs === null) return null;
      left += (later.warmupNs + later.endNs) / NS_PER_S;
    }
    return left;
  }
}

interface Second {
  agents: number;
  offered: number;
  achieved: number;
  inFlight: number;
  readonly responses: Histogram;
}

const newSecond = (): Second => ({ agents: 0, offered: 0, achieved: 0, inFlight: 0, responses: new Histogram() });

/** What falls to one of the `length` seconds of an interval. */
function addPart(second: Second, { phases, inFlight }: Interval, index: number, length: number): void {
  second.agents++;
  second.offered += sum(phases, ({ offered }) => partOf(offered, index, length));
  second.achieved += sum(phases, ({ achieved }) => partOf(achieved, index, length));
  second.inFlight += Number(inFlight);
}

/** The phase that holds an instant; the last one for instants after the end. */
function phaseAt(phases: readonly Phase[], atNs: number): Phase {
  const found = phases.find((phase) => atNs < phase.startNs + phase.durationNs) ?? phases.at(-1);
  if (found === undefined) throw new Error('plan: found a cell without phases');
  return found;
}

const leftS = (untilNs: number, nowNs: number): number => Math.max(0, (untilNs - nowNs) / NS_PER_S);

const quantileMs = (histogram: Histogram, p: number): number | null =>
  histogram.total === 0 ? null : histogram.quantileNs(p) / NS_PER_MS;

function sum<T>(of: readonly T[], value: (one: T) => number): number {
  return of.reduce((total, one) => total + value(one), 0);
}
