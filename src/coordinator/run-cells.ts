import type { Settled } from '../campaign/open-load.ts';
import type { Cell, Plan } from '../campaign/plan.ts';
import { settledPhases } from '../campaign/settled-load.ts';
import type { RunEvent } from './events.ts';
import { cellAt } from './fleet-plan.ts';
import type { TrialRef } from './trial-ref.ts';

/** Events that say what an open load came to. */
export type SettledEvent = Extract<RunEvent, { kind: 'level-chosen' | 'peak-taken' }>;

export const isSettledEvent = (event: RunEvent): event is SettledEvent =>
  event.kind === 'level-chosen' || event.kind === 'peak-taken';

type TrialOfCell = Pick<TrialRef, 'cell' | 'trial'>;

/**
 * The cells of a plan as its run finds them: where the plan leaves a load open, what the journal says that it came to.
 * Plan and journal alone decide, so that whoever reads them later sees the same phases.
 */
export class RunCells {
  readonly #plan: Plan;
  readonly #settled = new Map<string, Settled>();
  readonly #cells = new Map<string, Cell>();
  readonly #events: SettledEvent[] = [];

  constructor(plan: Plan, known: readonly SettledEvent[] = []) {
    this.#plan = plan;
    for (const event of known) this.learn(event);
  }

  /** Other events say nothing of loads. */
  learn(event: RunEvent): void {
    if (!isSettledEvent(event)) return;
    this.#events.push(event);
    const { cell, rate } = event;
    if (event.kind === 'peak-taken') this.#settled.set(keyOf({ cell, trial: null }), { kind: 'peak', rate });
    else {
      const { trial, stage } = event;
      this.#settled.set(keyOf({ cell, trial }), { kind: 'level', level: { stage, rate } });
    }
  }

  /** What was said so far, in order. */
  get events(): readonly SettledEvent[] {
    return this.#events;
  }

  /** What the load of a trial came to; null: the plan says it, or nothing is known yet. */
  settled({ cell, trial }: TrialOfCell): Settled | null {
    return this.#settled.get(keyOf({ cell, trial })) ?? this.#settled.get(keyOf({ cell, trial: null })) ?? null;
  }

  /** The cell as this trial of it is. Of a load that is open still, as planned. Throws on a cell that the plan has not. */
  of({ cell, trial }: TrialOfCell): Cell {
    const planned = cellAt(this.#plan, cell);
    const settled = this.settled({ cell, trial });
    if (planned.open === undefined || settled === null) return planned;
    const key = keyOf({ cell, trial: settled.kind === 'peak' ? null : trial });
    const known = this.#cells.get(key) ?? { ...planned, phases: settledPhases(planned, planned.open, settled) };
    this.#cells.set(key, known);
    return known;
  }
}

/** A trial of a cell; all of them where `trial` is null. */
const keyOf = ({ cell, trial }: { readonly cell: number; readonly trial: number | null }): string =>
  `${cell}/${trial ?? '*'}`;
