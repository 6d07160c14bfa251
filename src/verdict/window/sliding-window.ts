import type { Objective } from '../../campaign/objective.ts';
import type { Cell } from '../../campaign/plan.ts';
import { lowerShare } from '../../stats/binomial.ts';
import { BLOCKS, sumOf } from '../../stats/blocks.ts';
import type { Tally } from '../../stats/tally.ts';
import { NS_PER_S, type Ns, ns } from '../../time/ns.ts';
import type { LagView } from '../lag-view.ts';
import { latencyLimits } from '../limits.ts';
import type { ShareQuestion } from '../objectives/share.ts';
import { History } from './history.ts';
import { overdueIndex } from './overdue-limits.ts';
import type { SealedSecond } from './sealed-second.ts';
import { windowQuestion } from './window-question.ts';

/** Requests of one window, as they stood at its end: over the limit, of those settled or older than it. */
export interface Window {
  readonly startNs: Ns;
  readonly endNs: Ns;
  readonly over: number;
  readonly of: number;
}

/**
 * How a window breached: `share`: the lower bound `low` at `confidence` on its share lies above what is allowed; `hang`:
 * nothing was answered for two seconds while `overdue` requests were older than the limit.
 */
export type Breach =
  | { readonly kind: 'share'; readonly window: Window; readonly low: number; readonly confidence: number }
  | { readonly kind: 'hang'; readonly window: Window; readonly overdue: number };

/** Bounds need so many seconds before their window. */
export const HISTORY_S = BLOCKS;

/** So many requests older than the limit are a hang when nothing is answered meanwhile. */
const HANGING = 10;

/**
 * The windows of one objective of a trial, one ending at every sealed second. It breaches when the lower bound on its
 * share at level (1 - c) W / T, n_eff = n / I, exceeds what is allowed, I from the seconds before it in 20 groups (no bound
 * before there are 20 s of them), or when the target hangs. W: length of the window, T: of the measure phases. Seconds
 * come in order, each once, from the first that a measure phase touches.
 */
export class SlidingWindow {
  readonly #question: ShareQuestion;
  readonly #lag: LagView;
  readonly #length: number;
  readonly #confidence: number;
  readonly #limits: number;
  readonly #overdueIndex: number;
  readonly #history: History;
  /** The seconds of the present window, latest last. */
  readonly #seconds: { readonly startNs: Ns; readonly tally: Tally }[] = [];
  #over = 0;
  #of = 0;
  #window: Window = { startNs: ns(0), endNs: ns(0), over: 0, of: 0 };
  #silent = 0;

  constructor(objective: Objective, cell: Cell, lag: LagView = 'response') {
    const question = windowQuestion(objective, cell);
    if (question === null || objective.overNs === null) throw new Error(`${objective.text} has no windows`);
    const measureNs = cell.phases.reduce(
      (sum, { purpose, durationNs }) => sum + (purpose === 'measure' ? durationNs : 0),
      0,
    );
    this.#question = question;
    this.#lag = lag;
    this.#length = Math.ceil(objective.overNs / NS_PER_S);
    this.#confidence = 1 - (1 - objective.confidence) * Math.min(1, (this.#length * NS_PER_S) / measureNs);
    this.#limits = latencyLimits(cell.objectives).length;
    this.#overdueIndex = overdueIndex(cell, objective);
    this.#history = new History(this.#limits);
  }

  /** Moves the window on to the end of `second`, and says how it breaches there; null when it does not. */
  add(second: SealedSecond): Breach | null {
    this.#take(second);
    const overdue = this.#overdue(second);
    const window = this.#at(second.endNs, overdue);
    this.#window = window;
    this.#silent = second.answered === 0 ? this.#silent + 1 : 0;
    if (this.#silent >= 2 && overdue >= HANGING) return { kind: 'hang', window, overdue };
    return this.#byBound(window);
  }

  /** Whether the present window is whole and has enough before it to be judged by its bound. */
  get isJudged(): boolean {
    if (this.#question.rule.allowed <= 0) return true;
    return this.#seconds.length === this.#length && this.#history.groups() !== null;
  }

  /** The present window. */
  get window(): Window {
    return this.#window;
  }

  /** Everything that settled in it. */
  get settled(): Tally {
    return sumOf(
      this.#seconds.map(({ tally }) => tally),
      this.#limits,
    );
  }

  #take({ startNs, phases }: SealedSecond): void {
    const tally = sumOf(
      phases.map((each) => each.tally),
      this.#limits,
    );
    this.#seconds.push({ startNs, tally });
    this.#over += this.#overOf(tally);
    this.#of += this.#question.of(tally);
    const gone = this.#seconds.length > this.#length ? this.#seconds.shift() : undefined;
    if (gone === undefined) return;
    this.#over -= this.#overOf(gone.tally);
    this.#of -= this.#question.of(gone.tally);
    this.#history.add(gone.tally);
  }

  #overOf(tally: Tally): number {
    return this.#lag === 'response' ? this.#question.over(tally) : this.#question.overLessLag(tally);
  }

  #overdue({ overdue, overdueLessLag }: SealedSecond): number {
    return (this.#lag === 'response' ? overdue : overdueLessLag)[this.#overdueIndex] ?? 0;
  }

  #at(endNs: Ns, overdue: number): Window {
    const startNs = this.#seconds[0]?.startNs ?? endNs;
    return { startNs, endNs, over: this.#over + overdue, of: this.#of + overdue };
  }

  /** I is asked only where the window would breach if its requests were independent. */
  #byBound(window: Window): Breach | null {
    const { allowed } = this.#question.rule;
    const { over, of } = window;
    if (allowed <= 0) return over > 0 ? this.#breach(window, over / of) : null;
    if (over <= allowed * of || !this.isJudged || this.#lower(window, 1) <= allowed) return null;
    const low = this.#lower(window, this.#inflation());
    return low > allowed ? this.#breach(window, low) : null;
  }

  #breach(window: Window, low: number): Breach {
    return { kind: 'share', window, low, confidence: this.#confidence };
  }

  #lower({ over, of }: Window, inflation: number): number {
    return lowerShare(over / inflation, of / inflation, this.#confidence);
  }

  #inflation(): number {
    const groups = this.#history.groups() ?? [];
    return this.#question.inflation(groups, sumOf(groups, this.#limits));
  }
}
