import type { Benchmarks, CellResult, Estimate, TrialResult } from '../verdict/result.ts';
import { countText, figureText } from './figures.ts';
import { columns } from './layout.ts';

/** One scenario by k6 and by the built-in driver. */
interface Pair {
  readonly scenario: string;
  readonly byK6: CellResult;
  readonly builtIn: CellResult;
}

/**
 * What k6 and the built-in driver show of one schedule, side by side, with what k6 did not send and did not charge. Empty
 * where no scenario was run by both.
 */
export function driverComparison(benchmarks: Benchmarks): readonly string[] {
  return pairsOf(benchmarks).flatMap((pair) => [...table(pair), ...explanation(pair).map((line) => `  ${line}`), '']);
}

/** Every scenario with a cell of a k6 target and one of another kind. */
export function pairsOf({ cells, targets }: Benchmarks): readonly Pair[] {
  const kindOf = ({ target }: CellResult): string => targets[target]?.kind ?? '';
  return [...new Set(cells.map(({ scenario }) => scenario))].flatMap((scenario) => {
    const of = cells.filter((cell) => cell.scenario === scenario);
    const byK6 = of.find((cell) => kindOf(cell) === 'k6');
    const builtIn = of.find((cell) => kindOf(cell) !== 'k6');
    return byK6 === undefined || builtIn === undefined ? [] : [{ scenario, byK6, builtIn }];
  });
}

function table({ scenario, byK6, builtIn }: Pair): readonly string[] {
  const both = [byK6, builtIn];
  const row = (name: string, value: (cell: CellResult) => string): readonly string[] => [name, ...both.map(value)];
  return [
    `${scenario}: one schedule, by k6 (${byK6.target}) and by the built-in driver (${builtIn.target})`,
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
function explanation({ byK6, builtIn }: Pair): readonly string[] {
  const waits = values(builtIn, ({ latency }) => latency.wait.p99);
  const longest = Math.max(0, ...waits);
  const charged =
    longest > 0 ? [`k6 charges no wait: the built-in driver found up to ${figureText(longest)} ms of it at P99.`] : [];
  return [...sendingSentences(byK6, builtIn), ...charged, serviceSentence(byK6, builtIn)];
}

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
  const ratio = mean(theirs) / mean(mine);
  return `Service times differ at P50: k6's are ${figureText(ratio)} times the built-in driver's; a whole iteration of the script is in k6's.`;
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
