import type { Cell } from '../../campaign/plan.ts';
import type { Estimate } from '../../stats/estimate.ts';
import { type Curve, meanShareAt, PEAK_CONFIDENCE } from '../../stats/peak/curves.ts';
import { brokenLimit } from '../../stats/peak/level.ts';
import type { Ending, Step } from '../../stats/peak/search.ts';
import type { PeakCurve, PeakLevel, PeakResult } from './found.ts';
import { type LevelTrial, levelFinding } from './level-finding.ts';
import { type PeakLimit, peakLimits } from './limits.ts';
import { rateEstimate } from './rate-objective.ts';
import { whyNoPeak } from './wording.ts';

/** A search as it stands in results. */
export function peakResult(
  cell: Cell,
  trials: readonly LevelTrial[],
  step: Step,
  curves: readonly Curve[],
): PeakResult {
  const limits = peakLimits(cell.objectives);
  const levels = trials.flatMap((trial) => peakLevel(cell, trial, limits) ?? []);
  const held = levels.filter(({ held: holds }) => holds === true).map(({ rate }) => rate);
  const ending = step.kind === 'ended' ? step.ending : null;
  const texts = limits.map(({ text }) => text);
  return {
    rate: ending === null ? { value: null, reason: 'not-found' } : rateOf(ending),
    binding: ending === null ? null : bindingText(ending, texts),
    ending: ending?.kind ?? 'unfinished',
    why: ending === null ? 'the search did not end' : ending.kind === 'found' ? null : whyNoPeak(ending, texts),
    highestHeld: held.length === 0 ? null : Math.max(...held),
    limits: limits.map(({ text, allowed }) => ({ limit: text, allowed })),
    levels,
    curves: curves.map((curve) => peakCurve(curve, levels, limits)),
  };
}

function rateOf(ending: Ending): Estimate {
  switch (ending.kind) {
    case 'found':
    case 'not-confirmed':
      return rateEstimate(ending.peak);
    case 'unbounded':
      return { value: ending.value, low: null, high: null, confidence: PEAK_CONFIDENCE, method: 'fieller' };
    case 'above-until':
      return { value: null, reason: 'not-found', low: ending.held };
    default:
      return { value: null, reason: 'not-found' };
  }
}

function bindingText(ending: Ending, texts: readonly string[]): string | null {
  switch (ending.kind) {
    case 'found':
    case 'not-confirmed':
      return texts[ending.peak.limit] ?? null;
    case 'unbounded':
    case 'below-from':
      return texts[ending.limit] ?? null;
    default:
      return null;
  }
}

function peakLevel(cell: Cell, { evidence, result }: LevelTrial, limits: readonly PeakLimit[]): PeakLevel | null {
  const finding = levelFinding(cell, evidence, result);
  if (finding === null) return null;
  const { stage, rate } = finding;
  const { trial, attempt } = evidence;
  if (finding.kind === 'useless') return { trial, attempt, stage, rate, shares: [], held: null };
  const allowed = limits.map((limit) => limit.allowed);
  return { trial, attempt, stage, rate, shares: finding.shares, held: brokenLimit([finding], allowed) === null };
}

/** The mean share at the ends of the rates that a line was fitted to: between them it is straight in log odds. */
function peakCurve(
  { limit, line, crossing }: Curve,
  levels: readonly PeakLevel[],
  limits: readonly PeakLimit[],
): PeakCurve {
  const own = limits[limit];
  const rates = levels.filter(({ stage }) => stage === 'fit').map(({ rate }) => rate);
  const ends = [Math.min(...rates), Math.max(...rates)];
  return {
    limit: own?.text ?? '',
    crossing: crossing.kind === 'none' ? null : crossing.value,
    low: crossing.kind === 'bounded' ? crossing.low : null,
    high: crossing.kind === 'bounded' ? crossing.high : null,
    ends: ends.map((rate) => ({ rate, share: meanShareAt(line, own?.allowed ?? 0.5, rate) })),
  };
}
