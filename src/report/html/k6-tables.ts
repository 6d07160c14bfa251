import type { PartResult } from '../../verdict/k6/k6-figures.ts';
import type { TrialResult } from '../../verdict/trial-result.ts';
import { countText, figureText, numberText, percentText } from '../figures.ts';
import { html, type Markup, when } from './markup.ts';
import { figure, table, text } from './table.ts';

/** Rows of a table; all parts stand in benchmarks.json. */
const SHOWN = 100;
const LABELS = [text('metric'), text('scenario'), text('group'), text('name')];

/** What a k6 script told beside its iterations, merged over the fleet: what took how long, and its numbers. Nothing of any other trial. */
export function k6Tables({ parts = [] }: TrialResult, prefix: string): Markup {
  const durations = parts.filter(({ unit, quantiles }) => unit === 'ms' && quantiles !== null);
  const numbers = parts.filter((part) => !durations.includes(part));
  return html`${when(durations.length > 0, () =>
    table({
      id: `${prefix}-durations`,
      caption: 'What took how long in the script, in milliseconds: facts of the run',
      columns: [...LABELS, ...['count', 'mean', 'P50', 'P95', 'P99', 'max'].map(figure)],
      ...rowsOf(durations, ({ count, sum, max, quantiles }) => [
        countText(count),
        ...[sum / count, quantiles?.p50 ?? 0, quantiles?.p95 ?? 0, quantiles?.p99 ?? 0, max].map(figureText),
      ]),
    }),
  )}${when(numbers.length > 0, () =>
    table({
      id: `${prefix}-numbers`,
      caption: "The script's counts, shares and numbers",
      columns: [
        ...LABELS,
        text('kind'),
        ...['values', 'total, share, last or mean', 'min', 'max', 'P50', 'P95', 'P99'].map(figure),
      ],
      ...rowsOf(numbers, (part) => {
        const { type, count, min, max, quantiles } = part;
        const told = quantiles === null ? [] : [quantiles.p50, quantiles.p95, quantiles.p99];
        return [type, countText(count), summaryOf(part), ...[min, max, ...told].map(numberText)];
      }),
    }),
  )}`;
}

function rowsOf(parts: readonly PartResult[], figures: (part: PartResult) => readonly string[]) {
  const more = parts.length - SHOWN;
  return {
    rows: parts
      .slice(0, SHOWN)
      .map((part) => [
        ...[part.metric, part.scenario, part.group, part.name].map((label) => html`<bdi>${label}</bdi>`),
        ...figures(part),
      ]),
    notes: more > 0 ? [`${countText(more)} further parts stand in benchmarks.json`] : [],
  };
}

function summaryOf({ type, count, sum, rate }: PartResult): string {
  if (rate !== null) return percentText(rate);
  return numberText(type === 'counter' || type === 'gauge' ? sum : sum / count);
}
