/**
 * Searches for a peak within the life of a run: every trial of such a cell is a level, chosen from what the earlier ones
 * showed, and cells whose rates are shares of the peak wait for how it ends.
 */
import type { Plan } from '../campaign/plan.ts';
import type { LevelFinding } from '../stats/peak/level.ts';
import { nextStep, type Peak, type Step } from '../stats/peak/search.ts';
import { searchOf } from '../verdict/peak/limits.ts';
import { whyNoPeak } from '../verdict/peak/wording.ts';
import type { TrialOrder } from './fleet-plan.ts';
import type { SettledEvent } from './run-cells.ts';
import type { Run } from './run-state.ts';
import type { SearchCourse, Searches } from './search-course.ts';
import type { TrialRef } from './trial-ref.ts';
import type { Turn } from './turn.ts';

/** What a run that is taken up again had found out. */
export interface FoundOut {
  readonly settled: readonly SettledEvent[];
  readonly levels: ReadonlyMap<number, readonly LevelFinding[]>;
}

export const NOTHING_FOUND: FoundOut = { settled: [], levels: new Map() };

export const searchesOf = (plan: Plan, { levels }: FoundOut): Searches =>
  new Map(
    plan.cells.flatMap((cell, index) => {
      const search = searchOf(plan, cell);
      return search === null ? [] : [[index, { search, found: levels.get(index) ?? [], state: 'going' }] as const];
    }),
  );

const stepOf = ({ search, found }: SearchCourse): Step => nextStep(search, found);

/** Whether a trial is a level that nobody needs: its search has ended, or was given up. */
export function isNeedless({ searches }: Run, { load, cell }: TrialOrder): boolean {
  const course = load.kind === 'search' ? searches.get(cell) : undefined;
  return course !== undefined && (course.state === 'given-up' || stepOf(course).kind === 'ended');
}

/** Keeps what a level showed. */
export function recordLevel(turn: Turn, { cell }: TrialRef, level: LevelFinding): void {
  changeCourse(turn, cell, ({ found }) => ({ found: [...found, level] }));
}

/** No further level of the search is run. */
export const giveUpSearch = (turn: Turn, { cell }: TrialRef): void =>
  changeCourse(turn, cell, () => ({ state: 'given-up' }));

function changeCourse(turn: Turn, cell: number, change: (course: SearchCourse) => Partial<SearchCourse>): void {
  const course = turn.run.searches.get(cell);
  if (course === undefined) return;
  turn.change({ searches: new Map(turn.run.searches).set(cell, { ...course, ...change(course) }) });
}

/** Why a trial that hangs on a peak can never be run, a clause for people; null: it can, or does not hang on one. */
export function whyWithoutPeak({ searches }: Run, { load }: TrialOrder): string | null {
  const course = load.kind === 'of-peak' ? searches.get(load.peak) : undefined;
  if (course === undefined) return null;
  const step = stepOf(course);
  if (step.kind === 'level') return 'the search for the peak that it is a share of did not end';
  return step.ending.kind === 'found'
    ? null
    : `no peak was found that it could be a share of: ${whyNoPeak(step.ending)}`;
}

/** Says in the journal what the load of a trial came to, once, and gives the trial as it is shown. */
export function settle(turn: Turn, trial: TrialOrder): TrialOrder {
  const { load, cell, position } = trial;
  if (load.kind === 'planned') return trial;
  if (load.kind === 'of-peak') {
    const peak = peakOf(turn.run, load.peak);
    if (peak !== null) say(turn, `${cell}`, { kind: 'peak-taken', cell, rate: peak.value });
    return trial;
  }
  const course = turn.run.searches.get(cell);
  const step = course === undefined ? null : stepOf(course);
  if (step?.kind !== 'level') return trial;
  const { level, atMost } = step;
  say(turn, `${cell}/${trial.trial}`, { kind: 'level-chosen', cell, trial: trial.trial, ...level });
  return { ...trial, position: { ...position, level: { ...level, atMost } } };
}

function say(turn: Turn, key: string, event: SettledEvent): void {
  if (turn.run.settled.has(key)) return;
  turn.change({ settled: new Set([...turn.run.settled, key]) });
  turn.journal(event);
}

export const settledKeys = ({ settled }: FoundOut): ReadonlySet<string> =>
  new Set(settled.map((event) => (event.kind === 'peak-taken' ? `${event.cell}` : `${event.cell}/${event.trial}`)));

function peakOf({ searches }: Run, cell: number): Peak | null {
  const course = searches.get(cell);
  const step = course === undefined ? null : stepOf(course);
  return step?.kind === 'ended' && step.ending.kind === 'found' ? step.ending.peak : null;
}
