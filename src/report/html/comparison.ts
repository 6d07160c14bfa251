import type { Estimate } from '../../stats/estimate.ts';
import type { CellResult } from '../../verdict/result.ts';
import type { TrialResult } from '../../verdict/trial-result.ts';
import { countText, estimateText } from '../figures.ts';
import { type LogScale, logScale } from './log-scale.ts';
import { html, type Markup, nothing } from './markup.ts';
import { trialName } from './trial-name.ts';

/** Drawn from the top within a row, so that their bounds stay apart. */
const SHOWN = [
  { key: 'p50', label: 'P50', quantile: 'response.p50' },
  { key: 'p95', label: 'P95', quantile: 'response.p95' },
  { key: 'p99', label: 'P99', quantile: 'response.p99' },
] as const;
type Shown = (typeof SHOWN)[number];

const ROW = 48;
const LABEL = 14;
const STEP = 8;
const AXIS = 30;

interface Row {
  readonly label: string;
  readonly cell: CellResult;
  readonly trial: TrialResult;
}

/**
 * P50, P95 and P99 of response of every cell and trial with their bounds on one logarithmic axis, and the limits they are
 * held against. Drawn without a script; every figure stands in the table of cells too.
 */
export function comparison(cells: readonly CellResult[]): Markup {
  // Levels of a search differ because their rates do: they have a chart of their own.
  const compared = cells.filter(({ peak }) => peak === null);
  const rows = compared.flatMap((cell) =>
    cell.trials.map((trial) => ({
      label: cell.trials.length > 1 ? `${cell.id}, ${trialName(trial)}` : cell.id,
      cell,
      trial,
    })),
  );
  const scale = logScale(rows.flatMap(placesOf));
  if (rows.length === 0 || scale === null) return nothing;
  const height = rows.length * ROW + AXIS;
  return html`<figure class="comparison">
<figcaption><span><strong>Response of every cell</strong>, milliseconds, logarithmic</span> ${legend()}</figcaption>
<svg role="img" aria-label="${summaryOf(rows)}" width="100%" height="${height}">
${scale.ticks.map((tick) => gridLine(scale, tick, height))}${rows.map((row, index) => rowOf(row, index * ROW, scale))}</svg>
</figure>
`;
}

const legend = (): Markup =>
  html`<span class="key">${SHOWN.map(({ key, label }) => html`<span class="${key}"><svg aria-hidden="true" width="26" height="12"><line x1="1" x2="25" y1="6" y2="6"/>${mark(key, '13', 6)}</svg> ${label}</span> `)}<span class="limit"><svg aria-hidden="true" width="12" height="12"><line x1="6" x2="6" y1="0" y2="12"/></svg> limit of an objective</span></span>`;

function gridLine(scale: LogScale, ms: number, height: number): Markup {
  const x = scale.percent(ms);
  return html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${height - AXIS + 6}"/><text class="tick" x="${x}" y="${height - 8}">${tickText(ms)}</text>
`;
}

/** Ticks are round: no decimals that say nothing. */
const tickText = (ms: number): string => (ms >= 1000 ? countText(ms) : String(ms));

function rowOf({ label, cell, trial }: Row, top: number, scale: LogScale): Markup {
  const marks = SHOWN.map((shown, index) => {
    const y = top + LABEL + 8 + index * STEP;
    return html`<g class="${shown.key}">${whisker(trial.latency.response[shown.key], shown, y, scale)}${limitOf(cell, shown, y, scale)}</g>`;
  });
  const rule = top === 0 ? nothing : html`<line class="grid" x1="0" x2="100%" y1="${top}" y2="${top}"/>`;
  return html`${rule}<text class="name" x="0.5%" y="${top + LABEL}">${label}</text>${marks}
`;
}

/** The value on the span of its bounds; open bounds and what lies beyond every response run on, dashed. */
function whisker(estimate: Estimate, { key }: Shown, y: number, scale: LogScale): Markup {
  if (estimate.value === null) {
    if (estimate.reason !== 'censored' || estimate.low === undefined) return nothing;
    const from = scale.percent(estimate.low);
    return html`<line class="open" x1="${from}" x2="100%" y1="${y}" y2="${y}"/><text class="beyond" x="99.5%" y="${y + 4}">›</text>`;
  }
  const { value, low, high, method } = estimate;
  if (method === 'observed') return mark(key, scale.percent(value), y);
  const solid = html`<line x1="${scale.percent(low ?? value)}" x2="${scale.percent(high ?? value)}" y1="${y}" y2="${y}"/>`;
  const open =
    high === null
      ? html`<line class="open" x1="${scale.percent(value)}" x2="100%" y1="${y}" y2="${y}"/><text class="beyond" x="99.5%" y="${y + 4}">›</text>`
      : nothing;
  return html`${solid}${open}${mark(key, scale.percent(value), y)}`;
}

/** One shape per percentile: colour only repeats it. */
function mark(key: Shown['key'], x: string, y: number): Markup {
  if (key === 'p50') return html`<circle cx="${x}" cy="${y}" r="4"/>`;
  const side = key === 'p95' ? '4' : '0';
  return html`<svg x="${x}" y="${y}" overflow="visible"><path d="${side === '4' ? 'M-3.5-3.5h7v7h-7z' : 'M0-5L5 4H-5z'}"/></svg>`;
}

function limitOf({ objectives }: CellResult, { quantile }: Shown, y: number, scale: LogScale): Markup {
  const limit = objectives.find(({ indicator }) => indicator === quantile)?.limit;
  if (limit === undefined) return nothing;
  const x = scale.percent(limit);
  return html`<line class="limit" x1="${x}" x2="${x}" y1="${y - 7}" y2="${y + 7}"/>`;
}

/** Every position that must lie on the axis. */
function placesOf({ cell, trial }: Row): readonly number[] {
  const limits = cell.objectives.flatMap(({ indicator, limit }) =>
    SHOWN.some(({ quantile }) => quantile === indicator) ? [limit] : [],
  );
  const estimates = SHOWN.map(({ key }) => trial.latency.response[key]);
  return [
    ...limits,
    ...estimates.flatMap(({ value, ...more }) => [value, more.low ?? null, 'high' in more ? more.high : null]),
  ].filter((ms) => ms !== null);
}

function summaryOf(rows: readonly Row[]): string {
  const known = rows.flatMap(({ label, trial }) => {
    const { p95 } = trial.latency.response;
    return p95.value === null ? [] : [{ label, ms: p95.value, p95 }];
  });
  const sorted = known.toSorted((a, b) => a.ms - b.ms);
  const [fastest] = sorted;
  const slowest = sorted.at(-1);
  if (fastest === undefined || slowest === undefined) return 'No cell has a P95 of response.';
  const text = ({ label, p95 }: typeof fastest): string => `${label}, ${estimateText(p95, 'ms')}`;
  if (sorted.length === 1) return `P95 of response: ${text(fastest)}.`;
  return `P50, P95 and P99 of response of ${rows.length} cells and trials. Lowest P95: ${text(fastest)}. Highest: ${text(slowest)}.`;
}
