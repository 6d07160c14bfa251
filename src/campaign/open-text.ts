import { CONFIRM_LEVELS, FIT_LEVELS, levelCounts, NARROW_LEVELS } from '../stats/peak/search.ts';
import { ns } from '../time/ns.ts';
import type { OpenLoad, SearchLoad } from './open-load.ts';
import type { Plan } from './plan.ts';
import { formatDuration, formatRate } from './quantity.ts';

/** What `loadcell plan` says of a load that only the run will know. */
export function openLines(open: OpenLoad, { cells }: Plan): string[] {
  if (open.kind === 'search') return searchLines(open);
  const peak = cells[open.peak];
  const most = peak?.open?.kind === 'search' ? formatRate(peak.open.until) : 'the highest rate of the search';
  return [
    `  rates       shares of the peak of ${peak?.id ?? 'another cell'}, after which it runs; shown as they would be at ${most}`,
  ];
}

function searchLines(open: SearchLoad): string[] {
  const { from, until, everyNs, warmupNs } = open;
  const { least, most } = levelCounts(open);
  const bracket = most - NARROW_LEVELS - FIT_LEVELS - CONFIRM_LEVELS;
  const [shortest, longest] = [least, most].map((levels) => formatDuration(ns(levels * (everyNs + warmupNs))));
  const warm = warmupNs === 0 ? '' : ` after ${formatDuration(warmupNs)} of warm-up`;
  return [
    `  search      from ${formatRate(from)} by doubling up to ${formatRate(until)}, ${formatDuration(everyNs)} a level${warm}`,
    `  levels      ${least} to ${most}, ${shortest} to ${longest}: up to ${bracket} to bracket the peak, ${NARROW_LEVELS} inside, ${FIT_LEVELS} around the estimate, ${CONFIRM_LEVELS} at the lower bound`,
  ];
}
