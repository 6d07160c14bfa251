import type { Estimate } from '../stats/estimate.ts';
import type { PeakLevel, PeakResult } from '../verdict/peak/found.ts';
import type { CellResult } from '../verdict/result.ts';
import { countText, figureText, percentText } from './figures.ts';

/** The maximum rate in a sentence or two: the figure, its interval, what binds; or why there is none. */
export function peakText({ rate, binding, ending, why, highestHeld }: PeakResult): string {
  const held =
    highestHeld === null ? 'No level held.' : `The highest level that held offered ${figureText(highestHeld)}/s.`;
  if (rate.value === null) return `No maximum rate was found: ${why ?? ''}. ${held}`;
  const figure = `${figureText(rate.value)}/s${intervalText(rate)}`;
  const binds = binding === null ? '' : ` ${bindsText(binding)}`;
  if (ending === 'found') return `The maximum rate is ${figure}.${binds}`;
  return `The maximum rate would be ${figure}, but ${why ?? ''}.${binds} ${held}`;
}

const bindsText = (binding: string): string => `What binds is ${binding}.`;

function intervalText(rate: Estimate): string {
  if (rate.value === null || rate.low === null || rate.high === null) return '';
  return ` (${figureText(rate.low)} to ${figureText(rate.high)}, 95 % bounds)`;
}

/** For the column of a summary: in brackets where it was not confirmed, above a rate where no level broke. */
export function peakColumn({ peak }: CellResult): string {
  if (peak === null) return '';
  const { rate, ending } = peak;
  if (rate.value !== null) return ending === 'found' ? figureText(rate.value) : `(${figureText(rate.value)})`;
  return ending === 'above-until' && rate.low !== undefined ? `>${figureText(rate.low)}` : '-';
}

const STAGES = { bracket: 'bracket', narrow: 'inside it', fit: 'estimate', confirm: 'lower bound' } as const;

/** What the table of levels is read by. */
export const levelsNote = (peak: PeakResult): string =>
  `over: share of the requests over the limit${limitPhrase(peak)}; in time: ok in time, at least 99 % must be.`;

function limitPhrase(peak: PeakResult): string {
  const limit = shownLimit(peak);
  return limit === null ? '' : ` of ${limit.limit}, at most ${percentText(limit.allowed)} may be`;
}

/** The limit whose shares are shown: the one that binds, else the first. */
export function shownLimit({ limits, binding }: PeakResult): PeakResult['limits'][number] | null {
  return limits.find(({ limit }) => limit === binding) ?? limits[0] ?? null;
}

/** The levels of a search for people: those of one stage and rate together, by stage and then by rate, under a heading. */
export function levelRows(peak: PeakResult): readonly (readonly string[])[] {
  const shown = shownLimit(peak);
  const over = shown === null ? -1 : peak.limits.indexOf(shown);
  const inTime = peak.limits.length - 1;
  const rows = groupsOf(peak.levels).map((levels) => {
    const [first] = levels;
    const share = (limit: number): { over: number; of: number } => ({
      over: sum(levels, ({ shares }) => shares[limit]?.over ?? 0),
      of: sum(levels, ({ shares }) => shares[limit]?.of ?? 0),
    });
    const late = share(inTime);
    return [
      first === undefined ? '' : STAGES[first.stage],
      first === undefined ? '' : figureText(first.rate),
      countText(late.of),
      shareText(share(over)),
      late.of === 0 ? '-' : percentText(1 - late.over / late.of),
      heldText(levels),
    ];
  });
  return [['stage', 'rate/s', 'requests', 'over', 'in time', 'held'], ...rows];
}

const shareText = ({ over, of }: { readonly over: number; readonly of: number }): string =>
  of === 0 ? '-' : percentText(over / of);

function heldText(levels: readonly PeakLevel[]): string {
  const useless = levels.filter(({ held }) => held === null).length;
  const held = levels.filter((level) => level.held === true).length;
  const word = `${held}/${levels.length}`;
  return useless === 0 ? word : `${word}, ${useless} useless`;
}

/** Levels of one stage and rate, in the order of stages and then of rates. */
export function groupsOf(levels: readonly PeakLevel[]): readonly (readonly PeakLevel[])[] {
  const order = Object.keys(STAGES);
  const groups = Map.groupBy(levels, ({ stage, rate }) => `${stage} ${rate}`);
  return [...groups.values()].toSorted(([a], [b]) =>
    a === undefined || b === undefined ? 0 : order.indexOf(a.stage) - order.indexOf(b.stage) || a.rate - b.rate,
  );
}

const sum = (levels: readonly PeakLevel[], value: (level: PeakLevel) => number): number =>
  levels.reduce((total, level) => total + value(level), 0);
