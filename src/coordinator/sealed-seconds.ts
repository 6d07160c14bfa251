import type { Cell } from '../campaign/plan.ts';
import { Outcome } from '../stats/outcome.ts';
import { Tally } from '../stats/tally.ts';
import { NS_PER_S, ns } from '../time/ns.ts';
import { latencyLimits } from '../verdict/limits.ts';
import { overdueLimits } from '../verdict/window/overdue-limits.ts';
import type { SealedSecond } from '../verdict/window/sealed-second.ts';
import type { Interval, SlotTally } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { addSlotTo } from '../wire/interval-codec.ts';
import { lengthOf } from '../wire/interval-merge.ts';

/** What the target answered: neither given up nor left over. */
const ANSWERS = [Outcome.ok, Outcome.rejected, Outcome.targetError, Outcome.wrongOutput];

/**
 * Puts the seconds of one attempt of a trial together from the fleet's intervals, live as they come and afterwards from
 * the journal. A second counts once every agent's interval of it is there; one that was added before is not counted again.
 * Seconds that an agent merged count in the last of them: no sooner than all of it is known.
 */
export class SealedSeconds {
  readonly #cell: Cell;
  readonly #measured: readonly boolean[];
  readonly #limits: number;
  readonly #ages: number;
  readonly #bySlot: boolean;
  readonly #open = new Map<number, OpenSecond>();
  /** The second that is told next. */
  #next = 0;

  constructor(cell: Cell) {
    this.#cell = cell;
    this.#measured = cell.phases.map(({ purpose }) => purpose === 'measure');
    this.#limits = latencyLimits(cell.objectives).length;
    this.#ages = overdueLimits(cell).length;
    this.#bySlot = cell.stop === 'early';
  }

  /** The seconds that are whole with this interval, in order. */
  add(interval: Interval): readonly SealedSecond[] {
    const { agent, seq } = interval;
    const last = seq + lengthOf(interval) - 1;
    if (last < this.#next) return [];
    for (let earlier = seq; earlier < last; earlier++) this.#at(earlier).agents.add(agent);
    const second = this.#at(last);
    if (!second.agents.has(agent)) this.#addTo(second, interval);
    return this.#whole();
  }

  #at(seq: number): OpenSecond {
    const second = this.#open.get(seq) ?? newSecond(this.#ages);
    this.#open.set(seq, second);
    return second;
  }

  #whole(): readonly SealedSecond[] {
    const whole: SealedSecond[] = [];
    for (;;) {
      const second = this.#open.get(this.#next);
      if (second === undefined || second.agents.size < this.#cell.agents) return whole;
      whole.push(this.#sealed(second, this.#next));
      this.#open.delete(this.#next);
      this.#next++;
    }
  }

  #addTo(second: OpenSecond, interval: Interval): void {
    second.agents.add(interval.agent);
    for (const slot of interval.slots) {
      for (const outcome of ANSWERS) second.answered += slot.outcomes[outcome] ?? 0;
      if (this.#measured[slot.phase] === true) this.#addSlot(second, slot);
    }
    addTo(second.overdue, interval.overdue);
    addTo(second.overdueLessLag, interval.overdueLessLag);
  }

  #addSlot({ tallies, slots }: OpenSecond, slot: SlotTally): void {
    const tally = tallies.get(slot.phase) ?? new Tally(this.#limits);
    tallies.set(slot.phase, tally);
    if (!this.#bySlot) {
      addSlotTo(tally, slot);
      return;
    }
    const key = `${slot.phase}/${slot.slot}`;
    const own = slots.get(key) ?? { phase: slot.phase, slot: slot.slot, tally: new Tally(this.#limits) };
    slots.set(key, own);
    addSlotTo(tally, slot, own.tally);
  }

  #sealed({ tallies, slots, answered, overdue, overdueLessLag }: OpenSecond, index: number): SealedSecond {
    const startNs = (this.#cell.phases[0]?.startNs ?? 0) + index * NS_PER_S;
    return {
      startNs: ns(startNs),
      endNs: ns(startNs + NS_PER_S),
      phases: [...tallies].sort(([a], [b]) => a - b).map(([phase, tally]) => ({ phase, tally })),
      slots: [...slots.values()],
      answered,
      overdue,
      overdueLessLag,
    };
  }
}

interface OpenSecond {
  readonly agents: Set<number>;
  readonly tallies: Map<number, Tally>;
  /** By phase and slot, where a look asks for them. */
  readonly slots: Map<string, SealedSecond['slots'][number]>;
  answered: number;
  readonly overdue: number[];
  readonly overdueLessLag: number[];
}

const newSecond = (ages: number): OpenSecond => ({
  agents: new Set(),
  tallies: new Map(),
  slots: new Map(),
  answered: 0,
  overdue: new Array<number>(ages).fill(0),
  overdueLessLag: new Array<number>(ages).fill(0),
});

function addTo(sums: number[], counts: readonly number[]): void {
  for (const [i, sum] of sums.entries()) sums[i] = sum + (counts[i] ?? 0);
}
