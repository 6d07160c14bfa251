import type { Cell } from '../../campaign/plan.ts';
import type { Phase } from '../../scenarios/phase.ts';
import { Tally } from '../../stats/tally.ts';
import { graceNs, latencyLimits } from '../limits.ts';
import type { SealedSecond } from '../window/sealed-second.ts';
import { partOfLevel, whyBroken } from './level-rule.ts';

/** The level at which a breakpoint scenario ends. */
export interface BrokenLevel {
  readonly name: string;
  /** A clause for people. */
  readonly why: string;
}

/**
 * Finds, second by second, the first level that breaks for good: nothing that may still come could mend it. A level is
 * looked at once everything before it is settled, so that a stop takes nothing from a level that held. Seconds come in
 * order, each once.
 */
export class LevelWatch {
  readonly #cell: Cell;
  readonly #graceNs: number;
  readonly #levels: readonly RunningLevel[];

  constructor(cell: Cell) {
    const limits = latencyLimits(cell.objectives).length;
    this.#cell = cell;
    this.#graceNs = graceNs(cell.objectives);
    this.#levels = cell.phases.flatMap((phase, index) =>
      phase.purpose === 'measure' && phase.load.kind === 'open'
        ? [{ phase, index, planned: phase.load.count, tally: new Tally(limits) }]
        : [],
    );
  }

  /** The level that is broken at the end of `second`; null: none is, or none before which all is settled. */
  add(second: SealedSecond): BrokenLevel | null {
    for (const { phase, tally } of second.phases) this.#levels.find(({ index }) => index === phase)?.tally.add(tally);
    for (const level of this.#levels) {
      const why = this.#whyBroken(level, second.endNs);
      if (why !== null) return { name: level.phase.name, why };
      if (!this.#isClosed(level, second.endNs)) return null;
    }
    return null;
  }

  #whyBroken({ phase, planned, tally }: RunningLevel, nowNs: number): string | null {
    const isOver = nowNs >= phase.startNs + phase.durationNs + this.#graceNs;
    const level = partOfLevel(tally, planned);
    const late = isOver ? planned - tally.inTime : level.late;
    return whyBroken(this.#cell.objectives, { ...level, late }, latencyLimits(this.#cell.objectives));
  }

  /** Everything of it is settled, or has failed by its age. */
  #isClosed({ phase, planned, tally }: RunningLevel, nowNs: number): boolean {
    return tally.settled === planned || nowNs >= phase.startNs + phase.durationNs + this.#cell.timeoutNs;
  }
}

interface RunningLevel {
  readonly phase: Phase;
  /** Into the cell's phases. */
  readonly index: number;
  readonly planned: number;
  /** Settled so far. */
  readonly tally: Tally;
}
