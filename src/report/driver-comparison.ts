import type { Estimate } from '../stats/estimate.ts';
import type { PeakResult } from '../verdict/peak/found.ts';
import type { Benchmarks, CellResult } from '../verdict/result.ts';
import type { TrialResult } from '../verdict/trial-result.ts';
import { countText, figureText } from './figures.ts';
import { notRunLines } from './gaps.ts';
import { columns } from './layout.ts';
import { peakColumn, peakText } from './peak-text.ts';

/** One scenario by k6 and by the built-in driver. */
interface Pair {
  readonly scenario: string;
  /** `loops`: both went on as soon as they were answered. `apart`: a rate was of each target's own peak. */
  readonly schedule: 'one' | 'loops' | 'apart';
  readonly byK6: CellResult;
  readonly builtIn: CellResult;
}

/**
 * What k6 and the built-in driver show of one schedule, side by side, with what k6 did not send and did not charge. Empty
 * where no scenario was run by both.
 */
export const driverComparison = (benchmarks: Benchmarks): readonly string[] =>
  pairsOf(benchmarks).flatMap((pair) =>
    pair.byK6.peak === null || pair.builtIn.peak === null
      ? [...table(pair), ...explanation(pair).map((line) => `  ${line}`), '']
      : [...peaks(pair, pair.byK6.peak, pair.builtIn.peak), ''],
  );

/** Every cell of a k6 target with every one of another kind of the same scenario whose varied values are no others. */
export function pairsOf({ cells, targets }: Benchmarks): readonly Pair[] {
  const isOfK6 = ({ target }: CellResult): boolean => targets[target]?.kind === 'k6';
  return cells
    .filter(isOfK6)
    .flatMap((byK6) =>
      cells
        .filter((cell) => !isOfK6(cell) && cell.scenario === byK6.scenario && agree(cell.values, byK6.values))
        .map((builtIn) => ({ scenario: byK6.scenario, schedule: scheduleOf(byK6, builtIn), byK6, builtIn })),
    );
}

/** Values of every cell, which mean nothing to k6; others stand among a cell's values only where they concern it. */
const NONE_OF_K6: ReadonlySet<string> = new Set(['batch', 'workers']);

const agree = (a: CellResult['values'], b: CellResult['values']): boolean =>
  Object.entries(a).every(([name, value]) => NONE_OF_K6.has(name) || !(name in b) || b[name] === value);

function scheduleOf(byK6: CellResult, builtIn: CellResult): Pair['schedule'] {
  const digests = ({ trials }: CellResult): ReadonlySet<string | null> =>
    new Set(trials.map(({ scheduleDigest }) => scheduleDigest));
  const [mine, theirs] = [digests(byK6), digests(builtIn)];
  if (mine.has(null) && theirs.has(null)) return 'loops';
  const isUntold = mine.size === 0 || theirs.size === 0;
  return isUntold || [...mine].some((digest) => theirs.has(digest)) ? 'one' : 'apart';
}

const TITLES: Readonly<Record<Pair['schedule'], string>> = {
  one: 'one schedule',
  loops: 'as many loops',
  apart: 'each by a schedule of its own',
};

/** The target, with the values that were varied of it: `endpoint[workers=2]`. */
const nameOf = ({ id, target, scenario }: CellResult): string => `${target}${id.slice(`${target}/${scenario}`.length)}`;

function peaks(pair: Pair, byK6: PeakResult, builtIn: PeakResult): readonly string[] {
  const [k6, other] = [pair.byK6, pair.builtIn].map(nameOf);
  return [
    `${pair.scenario}: the maximum rate, searched by k6 (${k6}) and by the built-in driver (${other})`,
    ...columns([
      ['', 'k6', 'built-in'],
      ['maximum rate, /s', ...[pair.byK6, pair.builtIn].map(peakColumn)],
      ['verdict', ...[pair.byK6, pair.builtIn].map(({ verdict }) => verdict.kind)],
    ]).map((line) => `  ${line}`),
    `  k6: ${peakText(byK6)}`,
    `  built-in: ${peakText(builtIn)}`,
  ];
}

function table(pair: Pair): readonly string[] {
  const { scenario, schedule, byK6, builtIn } = pair;
  const [k6, other] = [pair.byK6, pair.builtIn].map(nameOf);
  const both = [byK6, builtIn];
  const row = (name: string, value: (cell: CellResult) => string): readonly string[] => [name, ...both.map(value)];
  return [
    `${scenario}: ${TITLES[schedule]}, by k6 (${k6}) and by the built-in driver (${other})`,
    ...columns([
      ['', 'k6', 'built-in'],
      row('scheduled', (cell) => countText(total(cell, ({ accounting }) => accounting.scheduled))),
      row('sent', (cell) => countText(total(cell, sent))),
      row('dropped', (cell) => countText(total(cell, ({ accounting }) => accounting.shed))),
      row('never ended', (cell) => countText(total(cell, ({ accounting }) => accounting.unfinished))),
      row('failed', (cell) => countText(total(cell, failed))),
      row('service P50, ms', (cell) => figures(cell, ({ latency }) => latency.service.p50)),
      row('service P99, ms', (cell) => figures(cell, ({ latency }) => latency.service.p99)),
      row('response P95, ms', (cell) => figures(cell, ({ latency }) => latency.response.p95)),
      row('response P99, ms', (cell) => figures(cell, ({ latency }) => latency.response.p99)),
      row('wait P99, ms', (cell) => figures(cell, ({ latency }) => latency.wait.p99)),
      row('verdict', (cell) => cell.verdict.kind),
    ]).map((line) => `  ${line}`),
  ];
}

/** Each sentence is computed; what both show alike is said too. */
function explanation({ schedule, byK6, builtIn }: Pair): readonly string[] {
  const notRun = [byK6, builtIn].filter(({ trials }) => trials.length === 0);
  if (notRun.length > 0) return notRun.flatMap((cell) => notRunLines(cell).map((line) => `${nameOf(cell)}: ${line}`));
  const waits = values(builtIn, ({ latency }) => latency.wait.p99);
  const longest = Math.max(0, ...waits);
  const charged =
    longest > 0 ? [`k6 charges no wait: the built-in driver found up to ${figureText(longest)} ms of it at P99.`] : [];
  const sending = schedule === 'loops' ? [LOOPS] : sendingSentences(byK6, builtIn);
  return [...(schedule === 'apart' ? [APART] : []), ...sending, ...charged, serviceSentence(byK6, builtIn)];
}

const LOOPS = 'There is no schedule: each loop goes on as soon as it is answered, so that a faster driver sends more.';
const APART = "The schedules differ: a rate that is a part of the peak is of each target's own.";

/** k6 tells of an iteration that never ended neither whether it began nor when. */
function sendingSentences(byK6: CellResult, builtIn: CellResult): readonly string[] {
  const [scheduled, dropped, unended] = [
    total(byK6, ({ accounting }) => accounting.scheduled),
    total(byK6, ({ accounting }) => accounting.shed),
    total(byK6, ({ accounting }) => accounting.unfinished),
  ];
  if (dropped + unended === 0) return ['k6 sent the whole schedule.'];
  const left = total(builtIn, ({ accounting }) => accounting.shed + accounting.unfinished);
  const instead =
    left === 0
      ? 'sent them as they came due and charged what they waited'
      : `left ${countText(left)}, and charged the others what they waited`;
  return [
    ...(dropped > 0
      ? [
          `k6 did not send ${countText(dropped)} of ${countText(scheduled)} requests, for which no virtual user was free.`,
        ]
      : []),
    ...(unended > 0
      ? [
          `k6 told no end of ${countText(unended)} of ${countText(scheduled)} requests: never fired, or cut off at the end.`,
        ]
      : []),
    `The built-in driver ${instead}.`,
  ];
}

function serviceSentence(byK6: CellResult, builtIn: CellResult): string {
  const [mine, theirs] = [builtIn, byK6].map((cell) => values(cell, ({ latency }) => latency.service.p50));
  if (mine === undefined || theirs === undefined || mine.length === 0 || theirs.length === 0)
    return 'There are too few requests to hold service times against one another.';
  const overlap = Math.min(...mine) <= Math.max(...theirs) && Math.min(...theirs) <= Math.max(...mine);
  if (overlap) return 'Service times agree at P50: their ranges over the trials overlap.';
  const ratio = `k6's are ${figureText(mean(theirs) / mean(mine))} times the built-in driver's`;
  if (mine.length === 1 || theirs.length === 1)
    return `Service times at P50: ${ratio}, of one trial; whether by chance, several trials tell (\`--set trials=5\`).`;
  return `Service times differ at P50: ${ratio}; a whole iteration of the script is in k6's.`;
}

const sent = ({ accounting }: TrialResult): number => accounting.ok + failed({ accounting });

const failed = ({ accounting: { failed: by } }: Pick<TrialResult, 'accounting'>): number =>
  Object.values(by).reduce((sum, count) => sum + count, 0);

const total = ({ trials }: CellResult, of: (trial: TrialResult) => number): number =>
  trials.reduce((sum, trial) => sum + of(trial), 0);

const values = ({ trials }: CellResult, of: (trial: TrialResult) => Estimate): readonly number[] =>
  trials.flatMap((trial) => of(trial).value ?? []);

const mean = (all: readonly number[]): number => all.reduce((sum, each) => sum + each, 0) / all.length;

/** Mean over the trials, and their range where there are several. */
function figures(cell: CellResult, of: (trial: TrialResult) => Estimate): string {
  const all = values(cell, of);
  if (all.length === 0) return '-';
  const middle = figureText(mean(all));
  return all.length === 1 ? middle : `${middle} (${figureText(Math.min(...all))} to ${figureText(Math.max(...all))})`;
}
