import type { ObjectiveResult } from '../verdict/objective-result.ts';
import type { CellResult } from '../verdict/result.ts';
import { figureText, quantityText } from './figures.ts';

/** How a percentile differs from trial to trial, for people; null where there are too few trials to tell. */
export function scatterText({ betweenTrials: found, unit }: ObjectiveResult): string | null {
  if (found === undefined) return null;
  const bounds = `${quantityText(found.low, unit)} to ${quantityText(found.high, unit)}`;
  return `from trial to trial ${quantityText(found.value, unit)} (${bounds}, ${found.trials} trials)`;
}

/** The percentiles of a cell's response from trial to trial, for people; empty where there are too few trials to tell. */
export function betweenTrialsLines({ betweenTrials: found }: CellResult): readonly string[] {
  if (found === null) return [];
  const each = Object.entries(found.response).flatMap(([name, bounds]) =>
    bounds === null
      ? []
      : [`${name} ${figureText(bounds.value)} ${found.unit} (${figureText(bounds.low)} to ${figureText(bounds.high)})`],
  );
  const trials = Object.values(found.response).find((bounds) => bounds !== null)?.trials;
  return trials === undefined ? [] : [`response from trial to trial, ${trials} trials: ${each.join(', ')}`];
}
