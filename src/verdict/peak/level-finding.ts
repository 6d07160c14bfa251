import type { Cell } from '../../campaign/plan.ts';
import type { PerSecond } from '../../scenarios/phase.ts';
import type { LevelFinding } from '../../stats/peak/level.ts';
import type { Tally } from '../../stats/tally.ts';
import { toSeconds } from '../../time/ns.ts';
import { asRun } from '../as-run.ts';
import type { TrialEvidence } from '../evidence.ts';
import { latencyLimits } from '../limits.ts';
import type { TrialResult } from '../trial-result.ts';
import { trialView, wholeOf } from '../trial-view.ts';
import { type PeakLimit, peakLimits } from './limits.ts';

/** The last attempt of a level, and what was said of it. */
export interface LevelTrial {
  readonly evidence: TrialEvidence;
  readonly result: TrialResult;
}

/** On response as it was, or on what it would have been without the harness's own lag. */
export type PeakView = 'response' | 'less-lag';

/**
 * What a trial tells its search; null: nothing for good, because it was cut off for the sake of something else, or is no
 * level. The rate is that of the arrivals which the level holds.
 */
export function levelFinding(
  planned: Cell,
  evidence: TrialEvidence,
  { verdict }: Pick<TrialResult, 'verdict'>,
  by: PeakView = 'response',
): LevelFinding | null {
  const { settled, stop } = evidence;
  if (settled?.came.kind !== 'level' || stop?.cause === 'interrupt' || stop?.cause === 'deadline') return null;
  const { level } = settled.came;
  if (verdict.kind === 'invalid') return { kind: 'useless', ...level, why: clause(verdict.reasons[0].message) };
  if (evidence.startedAt === null)
    return {
      kind: 'useless',
      ...level,
      why: clause(verdict.kind === 'pass' ? 'It was not run.' : verdict.reasons[0].message),
    };
  const cell = asRun(planned, evidence);
  const tally = levelTally(cell, evidence);
  return {
    kind: 'measured',
    stage: level.stage,
    rate: offeredRate(cell) ?? level.rate,
    shares: peakLimits(cell.objectives).map((limit) => ({ over: overOf(limit, tally, by), of: limit.of(tally) })),
    failed: verdict.kind === 'fail',
  };
}

/** All requests of the level's measure phase. */
export const levelTally = (cell: Cell, evidence: TrialEvidence): Tally =>
  wholeOf([trialView(cell, evidence)], latencyLimits(cell.objectives).length);

const overOf = (limit: PeakLimit, tally: Tally, by: PeakView): number =>
  by === 'response' ? limit.over(tally) : limit.overLessLag(tally);

/** Arrivals are a whole number, so that what is offered is not to the last digit what was asked for. */
function offeredRate({ phases }: Cell): PerSecond | null {
  const measured = phases.find(({ purpose }) => purpose === 'measure');
  return measured?.load.kind === 'open' ? measured.load.count / toSeconds(measured.durationNs) : null;
}

const clause = (sentence: string): string => {
  const text = sentence.replace(/\.$/u, '');
  return /^[A-Z][a-z]/u.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
};
