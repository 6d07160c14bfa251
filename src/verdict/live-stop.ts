import type { Objective } from '../campaign/objective.ts';
import type { Cell } from '../campaign/plan.ts';
import { LevelWatch } from './breakpoint/level-watch.ts';
import { abortingThresholds } from './k6/threshold-abort.ts';
import { LookWatch } from './looks/look-watch.ts';
import { whatHappened } from './objectives/windows.ts';
import { isOfMeasure, type SealedSecond } from './window/sealed-second.ts';
import { SlidingWindow } from './window/sliding-window.ts';

/**
 * Why a trial is to end where it stands: `abort`: a window of an objective with `abort: true` breached, or a threshold of a
 * k6 script with `abortOnFail` was crossed; `broke`: a level of a breakpoint scenario is broken for good; `sure`: every objective is decided at a look. `why`: a clause for people.
 */
export interface LiveStop {
  readonly cause: 'abort' | 'broke' | 'sure';
  readonly why: string;
}

/** Whether trials of a cell may end before their time. */
export const mayEndEarly = ({ judgedBy, objectives, stop, spec }: Cell): boolean =>
  stop === 'early' ||
  judgedBy === 'breakpoint' ||
  objectives.some(({ abort }) => abort) ||
  abortingThresholds(spec).length > 0;

/**
 * Watches a trial second by second for what ends it early. The same seconds are judged again from the journal, by the
 * same rules. Seconds come in order, each once.
 */
export class LiveWatch {
  readonly #cell: Cell;
  readonly #aborters: readonly { readonly objective: Objective; readonly windows: SlidingWindow }[];
  readonly #levels: LevelWatch | null;
  readonly #look: LookWatch | null;

  /** `trial`: counts from 1 within its cell. */
  constructor(cell: Cell, trial: number) {
    this.#cell = cell;
    this.#levels = cell.judgedBy === 'breakpoint' ? new LevelWatch(cell) : null;
    this.#look = cell.stop === 'early' ? new LookWatch(cell, trial) : null;
    this.#aborters = cell.objectives
      .filter(({ abort }) => abort)
      .map((objective) => ({ objective, windows: new SlidingWindow(objective, cell) }));
  }

  /** Null: it goes on. */
  add(second: SealedSecond): LiveStop | null {
    const broken = this.#levels?.add(second) ?? null;
    if (broken !== null) return { cause: 'broke', why: `${broken.name} broke: ${broken.why}` };
    const aborting = isOfMeasure(this.#cell, second) ? this.#aborting(second) : null;
    if (aborting !== null) return aborting;
    const sure = this.#look?.add(second) ?? null;
    return sure === null ? null : { cause: 'sure', why: sure };
  }

  /** Every window moves on with every second, whichever breaches first. */
  #aborting(second: SealedSecond): LiveStop | null {
    const found = this.#aborters.map(({ objective, windows }) => ({ objective, breach: windows.add(second) }));
    for (const { objective, breach } of found) {
      if (breach !== null) return { cause: 'abort', why: `${objective.text}: ${whatHappened(objective, breach)}` };
    }
    return null;
  }
}
