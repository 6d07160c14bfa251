import type { Cell } from '../../campaign/plan.ts';
import { EARLY_LOOK, LOOKS } from '../../stats/looks.ts';
import { type Ns, toSeconds } from '../../time/ns.ts';
import { everySlot } from '../trial-view.ts';
import type { SealedSecond } from '../window/sealed-second.ts';
import { counted, inSeconds } from '../wording.ts';
import { decideAtLook } from './look-decision.ts';
import { lookAtNs, lookedAt } from './look-view.ts';
import { PartFold } from './part-fold.ts';

/**
 * The look half-way at a trial that runs, once everything that was intended before it is settled. Seconds
 * come in order, each once.
 */
export class LookWatch {
  readonly #cell: Cell;
  readonly #index: number;
  readonly #lookNs: Ns;
  readonly #awaited: number | null;
  readonly #fold: PartFold;
  #looked = false;

  /** `trial`: counts from 1 within its cell. */
  constructor(cell: Cell, trial: number) {
    this.#cell = cell;
    this.#index = lookedAt(cell);
    this.#lookNs = lookAtNs(cell);
    this.#awaited = cell.trials.find(({ index }) => index === trial)?.beforeLook ?? null;
    this.#fold = new PartFold(cell, this.#index, this.#lookNs);
  }

  /** Why the trial ends here, a clause for people; null: it goes on. */
  add({ endNs, slots }: SealedSecond): string | null {
    if (this.#looked || this.#awaited === null) return null;
    for (const { phase, slot, tally } of slots) if (phase === this.#index) this.#fold.add(slot, tally);
    if (endNs < this.#lookNs || this.#fold.settled < this.#awaited) return null;
    this.#looked = true;
    const view = {
      phases: [this.#fold.view()],
      seconds: [],
      sealed: [],
      keep: everySlot,
      sight: 'until-look',
    } as const;
    const decision = decideAtLook(this.#cell, view);
    if (decision === 'inconclusive') return null;
    const first = toSeconds(this.#lookNs);
    return `every objective is decided at look ${EARLY_LOOK.number} of ${LOOKS.length}, by ${counted(this.#fold.settled, 'request')} of its first ${inSeconds(first)}: ${decision}`;
  }
}
