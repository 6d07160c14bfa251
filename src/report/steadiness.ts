import type { SteadyResult, TrialResult } from '../verdict/trial-result.ts';
import { figureText, percentText } from './figures.ts';

/** Of each phase that was asked whether it stayed as it was, what was found; then what the warm-up should have been. */
export const steadinessLines = ({ steady, warmupAdvice }: TrialResult): readonly string[] => [
  ...steady.map(steadyText),
  ...(warmupAdvice === null ? [] : [adviceText(warmupAdvice)]),
];

function steadyText({ phase, kind, slope, kpss }: SteadyResult): string {
  const said = kind === 'steady' ? 'no drift that can be told' : 'not stationary, so without bounds';
  const bounds = `${signed(slope.low)} to ${signed(slope.high)}`;
  return `${phase}: ${said}; mean response ${signed(slope.change)} from start to end (${bounds}), KPSS ${figureText(kpss.statistic)}`;
}

function adviceText({ lengthS, atLeastS, from }: NonNullable<TrialResult['warmupAdvice']>): string {
  const why = from === 'warm-up' ? 'it was still changing' : 'the measure phase settled late';
  return `the warm-up was ${figureText(lengthS)} s: ${why}, write at least ${figureText(atLeastS)} s`;
}

const signed = (share: number): string => `${share > 0 ? '+' : ''}${percentText(share)}`;
