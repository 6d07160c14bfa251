import type { ObjectiveResult } from '../verdict/result.ts';
import { quantityText } from './figures.ts';

/** How a percentile differs from trial to trial, for people; null where there are too few trials to tell. */
export function scatterText({ betweenTrials: found, unit }: ObjectiveResult): string | null {
  if (found === undefined) return null;
  const bounds = `${quantityText(found.low, unit)} to ${quantityText(found.high, unit)}`;
  return `from trial to trial ${quantityText(found.value, unit)} (${bounds}, ${found.trials} trials)`;
}
