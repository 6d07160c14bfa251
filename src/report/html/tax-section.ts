import type { Benchmarks } from '../../verdict/result.ts';
import { type ServingTax, servingTaxes, TAX_HEADING, TAX_NOTE, taxRows, taxTitle } from '../serving-tax.ts';
import { html, type Markup, when } from './markup.ts';
import { figure, table, text } from './table.ts';

/** What each way to one model costs, step by step. `nothing` where a run holds no model both in process and served. */
export function taxSection(benchmarks: Benchmarks): Markup {
  const taxes = servingTaxes(benchmarks);
  return when(
    taxes.length > 0,
    () => html`<section aria-labelledby="serving-tax"><h2 id="serving-tax">Serving tax</h2>
${taxes.map(taxBlock)}</section>
`,
  );
}

const [PATH, ...FIGURES] = TAX_HEADING;

const taxBlock = (tax: ServingTax, index: number): Markup =>
  html`${waterfall(tax)}${table({
    id: `tax-${index}`,
    caption: taxTitle(tax),
    columns: [text(PATH), ...FIGURES.map(figure)],
    rows: taxRows(tax),
    notes: [TAX_NOTE],
  })}`;

const ROW = 22;
const WIDTH = 600;

/** Bars of one scale, the steps of a path one after the other; the table beside holds the same figures. */
function waterfall({ aloneMs, paths }: ServingTax): Markup {
  const most = Math.max(...paths.map(({ wholeMs }) => wholeMs), aloneMs);
  const bar = (fromMs: number, ms: number, row: number, step: string): Markup => {
    const [left, right] = [Math.min(fromMs, fromMs + ms), Math.max(fromMs, fromMs + ms)];
    const x = (value: number): string => ((WIDTH * Math.max(0, value)) / most).toFixed(1);
    return html`<rect class="${step}" x="${x(left)}" y="${row * ROW}" width="${((WIDTH * (right - Math.max(0, left))) / most).toFixed(1)}" height="${ROW - 6}"/>`;
  };
  const bars = paths.flatMap(({ poolMs, protocolMs }, row) => [
    bar(0, aloneMs, row, 'session'),
    bar(aloneMs, poolMs, row, 'pool'),
    bar(aloneMs + poolMs, protocolMs, row, 'protocol'),
  ]);
  const key = ['session', 'pool', 'protocol'].map(
    (step) =>
      html`<span><svg class="tax" aria-hidden="true" width="12" height="12"><rect class="${step}" width="12" height="12"/></svg> ${step}</span> `,
  );
  return html`<p class="key">${key}</p>
<svg class="tax" aria-hidden="true" viewBox="0 0 ${WIDTH} ${paths.length * ROW}" width="100%">${bars}</svg>
`;
}
