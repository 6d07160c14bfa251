import type { Cell } from '../../campaign/plan.ts';
import type { Phase } from '../../scenarios/phase.ts';
import { BLOCKS } from '../../stats/blocks.ts';
import { Tally } from '../../stats/tally.ts';
import { NS_PER_S } from '../../time/ns.ts';
import { graceNs, latencyLimits } from '../limits.ts';
import type { PhaseView } from '../phase-view.ts';
import { type Answered, steadinessOf } from '../steady.ts';

/**
 * The arrivals of one phase that were intended before `endNs`, as if the phase had ended there: in 20 blocks of whole slots,
 * which differ by one slot where their number is no multiple of 20. The slot that `endNs` cuts belongs to it.
 *
 * In time is what completed by g after `endNs`, told by the end of its slot: one of the last slots may count as late that
 * was not, by less than a slot. Slots may come in pieces and in any order; memory is that of 20 tallies.
 */
export class PartFold {
  readonly #index: number;
  readonly #phase: Phase;
  readonly #endNs: number;
  readonly #slots: number;
  readonly #slotNs: number;
  readonly #graceNs: number;
  /** Good is what is in time, unless a response limit says more of it: that is met in time anyhow. */
  readonly #good: 'in-time' | 'within-limits';
  readonly #limits: number;
  readonly #blocks: readonly Tally[];
  readonly #answered: readonly { readonly response: { total: number; sumNs: number } }[];
  #settled = 0;

  /**
   * `index`: of the phase among the cell's. `endNs`: on the trial's time line. `atLeast`: slots that belong to it however
   * late they begin: agents that stop together stop within milliseconds of one another.
   */
  constructor({ phases, objectives }: Pick<Cell, 'phases' | 'objectives'>, index: number, endNs: number, atLeast = 0) {
    const phase = phases[index];
    if (phase === undefined) throw new Error(`plan: found no phase ${index}`);
    const limits = latencyLimits(objectives);
    this.#index = index;
    this.#phase = phase;
    this.#slotNs = phase.durationNs / phase.slots;
    this.#endNs = Math.min(endNs, phase.startNs + phase.durationNs);
    this.#slots = Math.max(atLeast, Math.ceil((this.#endNs - phase.startNs) / this.#slotNs - 1e-9));
    this.#graceNs = graceNs(objectives);
    this.#good = limits.some(({ metric }) => metric === 'response') ? 'within-limits' : 'in-time';
    this.#limits = limits.length;
    this.#blocks = Array.from({ length: BLOCKS }, () => new Tally(limits.length));
    this.#answered = Array.from({ length: this.#slots }, () => ({ response: { total: 0, sumNs: 0 } }));
  }

  /** Requests that were added so far. */
  get settled(): number {
    return this.#settled;
  }

  /** Adds requests of one slot; those of a slot that had not begun before the end are none of it. */
  add(slot: number, tally: Tally): void {
    const answered = this.#answered[slot]?.response;
    const block = this.#blocks[Math.floor((slot * BLOCKS) / this.#slots)];
    if (answered === undefined || block === undefined) return;
    const inTime = this.#inTime(slot, tally);
    block.add(tally);
    block.inTime += inTime - tally.inTime;
    block.good += (this.#good === 'in-time' ? inTime : tally.good) - tally.good;
    answered.total += tally.response.total;
    answered.sumNs += tally.response.sumNs;
    this.#settled += tally.settled;
  }

  #inTime(slot: number, { inTime, response }: Tally): number {
    const longestNs = this.#endNs + this.#graceNs - (this.#phase.startNs + (slot + 1) * this.#slotNs);
    return Math.min(inTime, response.total - response.countFromBucketOf(Math.max(0, longestNs)));
  }

  /** `kept`: the part of it that was not left out, of 1; where some was, nobody asks whether it stayed as it was. */
  view(kept = 1): PhaseView {
    const durationNs = Math.max(0, this.#endNs - this.#phase.startNs);
    const phase = { ...this.#phase, durationNs, slots: this.#slots } as Phase;
    const whole = new Tally(this.#limits);
    for (const block of this.#blocks) whole.add(block);
    return {
      index: this.#index,
      phase,
      durationS: (durationNs * kept) / NS_PER_S,
      complete: false,
      whole,
      blocks: this.#slots < BLOCKS ? null : this.#blocks,
      steady: kept < 1 ? null : steadinessOf(phase, this.#answered as readonly Answered[]),
    };
  }
}
