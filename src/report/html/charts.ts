import {
  CHARTS_OF_SOME,
  type ChartColumn,
  DISTRIBUTED,
  TIME_CHARTS,
  type TimeChart,
  type TrialData,
} from './chart-data.ts';
import { html, jsonScript, type Markup, when } from './markup.ts';

/** What stands around a chart: its title, its unit and its lines, each with the words for it. */
interface Legend {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly { readonly column: ChartColumn; readonly label: string }[];
}

const LEGENDS: Readonly<Record<TimeChart, Legend>> = {
  response: {
    title: 'Response',
    unit: 'ms, by the second in which requests were intended',
    lines: [
      { column: 'p50', label: 'P50' },
      { column: 'p95', label: 'P95' },
      { column: 'p99', label: 'P99' },
    ],
  },
  lag: {
    title: "The harness's own lag",
    unit: 'ms: late starts that are not the target’s doing',
    lines: [{ column: 'lagP99', label: 'lag P99' }],
  },
  host: {
    title: 'The node',
    unit: '% of its CPU time; the busiest node',
    lines: [
      { column: 'cpu', label: 'CPU' },
      { column: 'steal', label: 'stolen by the host' },
      { column: 'throttled', label: 'held by a quota' },
      { column: 'core', label: 'busiest processor' },
      { column: 'pressureCpu', label: 'some task waiting' },
    ],
  },
  rates: {
    title: 'Rates',
    unit: 'requests per second, counted where they happen',
    lines: [
      { column: 'offered', label: 'offered' },
      { column: 'started', label: 'started' },
      { column: 'achieved', label: 'achieved' },
    ],
  },
  failed: { title: 'Failures', unit: 'per second', lines: [{ column: 'failed', label: 'failed' }] },
  inFlight: {
    title: 'In flight',
    unit: 'requests at the end of each second, waiting ones included',
    lines: [{ column: 'inFlight', label: 'in flight' }],
  },
  activity: {
    title: 'GPU activity',
    unit: '%, mean over GPUs: shares of multiprocessors at work, of cycles of tensor cores and memory',
    lines: [
      { column: 'gpuSm', label: 'SM' },
      { column: 'gpuTensor', label: 'tensor' },
      { column: 'gpuDram', label: 'DRAM' },
      { column: 'gpuUtilization', label: 'some kernel present' },
    ],
  },
  power: { title: 'GPU power', unit: 'W, all GPUs together', lines: [{ column: 'gpuPower', label: 'power' }] },
  clock: {
    title: 'GPU clock',
    unit: 'MHz, the lowest of any GPU’s multiprocessors',
    lines: [{ column: 'gpuClock', label: 'clock' }],
  },
  held: {
    title: 'GPU clocks held down',
    unit: '% of readings, for power or temperature; the GPU held most',
    lines: [{ column: 'gpuHeld', label: 'held down' }],
  },
  temperature: {
    title: 'GPU temperature',
    unit: '°C, the hottest GPU',
    lines: [{ column: 'gpuTemperature', label: 'temperature' }],
  },
  memory: { title: 'Memory', unit: 'MB resident', lines: [{ column: 'memory', label: 'memory' }] },
};

/** The charts of one cell: a time axis shared by all of them, and the distribution. Drawn by the page's script from its data. */
export function chartsOf(cell: number, id: string, trials: readonly TrialData[]): Markup {
  const [first] = trials;
  return when(first !== undefined, () => {
    const shown = first as TrialData;
    return html`<div class="charts" data-charts="${cell}">
${controls(cell, trials)}
<p class="readout" data-readout>Point at a chart, or focus it and use the arrow keys, to read a second.</p>
<p class="unseen" aria-live="polite" data-announce></p>
<div class="stack" role="group" tabindex="0" aria-label="Charts over time of ${id}. The left and right arrow keys move through the seconds, with shift by ten; plus and minus change the stretch shown, Escape ends.">
${TIME_CHARTS.filter((chart) => isShown(chart, trials)).map((chart) => timeFigure(chart, shown, told(chart, trials)))}</div>
${distributionFigure(cell, shown, trials.length)}
</div>
${trials.map((trial, index) => html`${jsonScript(dataId(cell, index), trial)}\n`)}`;
  });
}

const isShown = (chart: TimeChart, trials: readonly TrialData[]): boolean =>
  !CHARTS_OF_SOME.has(chart) || told(chart, trials).length > 0;

/** The lines of a chart of which some trial knows anything. */
const told = (chart: TimeChart, trials: readonly TrialData[]): Legend['lines'] =>
  LEGENDS[chart].lines.filter(({ column }) => trials.some(({ columns }) => columns[column].length > 0));

/** Id of the script element that holds a trial's data. */
export const dataId = (cell: number, trial: number): string => `data-${cell}-${trial}`;

function controls(cell: number, trials: readonly TrialData[]): Markup {
  const chooser = when(
    trials.length > 1,
    () => html`<label>Trial <select data-trial id="trial-of-${cell}">${trials.map(
      ({ name }, index) => html`<option value="${index}">${name}</option>`,
    )}</select></label>
`,
  );
  return html`<div class="controls">${chooser}<label><input type="checkbox" data-log id="log-of-${cell}"> logarithmic milliseconds</label>
<button type="button" data-whole hidden>show the whole trial</button></div>`;
}

/** What k6 tells of iterations in place of the response. */
const SERVICE = {
  title: 'Service time',
  unit: 'ms, by the second in which iterations began: k6 records no intended start',
};

function timeFigure(chart: TimeChart, { summaries, latency }: TrialData, lines: Legend['lines']): Markup {
  const { title, unit } = chart === 'response' && latency === 'service' ? SERVICE : LEGENDS[chart];
  return html`<figure data-chart="${chart}">
<figcaption><strong>${title}</strong> <span class="unit">${unit}</span> ${legend(lines)}</figcaption>
<div class="plot ${chart}" role="img" aria-label="${title}. ${summaries[chart]}"></div>
<p class="summary">${summaries[chart]}</p>
</figure>
`;
}

function legend(lines: Legend['lines']): Markup {
  return when(
    lines.length > 1,
    () =>
      html`<span class="key">${lines.map(
        ({ column, label }) =>
          html`<button type="button" aria-pressed="true" data-line="${column}">${swatch(column)} ${label}</button> `,
      )}</span>`,
  );
}

const swatch = (line: string): Markup =>
  html`<svg class="line ${line}" aria-hidden="true" width="20" height="8"><line x1="0" x2="20" y1="4" y2="4"/></svg>`;

/** The colours that the page's script gives curves, in their order. */
const CURVES = ['response', 'service', 'wait'];

function distributionFigure(cell: number, { summaries, distributions }: TrialData, trials: number): Markup {
  const some = DISTRIBUTED.filter((name) => distributions.some((of) => of[name].length > 0));
  const told = some.length === 0 ? DISTRIBUTED : some;
  const whole = told[0] ?? 'response';
  const parts = told.length === 1 ? whole : `${told.slice(0, -1).join(', ')} and ${told.at(-1)}`;
  const phases = when(distributions.length > 1, () => html`<option value="phases">${whole} of each phase</option>`);
  const each = when(trials > 1, () => html`<option value="trials">${whole} of each trial</option>`);
  return html`<figure data-chart="distribution">
<figcaption><strong>Percentile distribution</strong> <span class="unit">ms, by how rare: the axis stretches towards 100 %</span>
<label>Show <select data-view id="view-of-${cell}"><option value="parts">${parts}</option>${phases}${each}</select></label>
<span class="key" data-distribution-key>${told.map(
    (name, index) => html`<span>${swatch(CURVES[index] ?? name)} ${name}</span> `,
  )}</span></figcaption>
<div class="plot distribution" role="img" aria-label="Percentile distribution. ${summaries.distribution}"></div>
<p class="summary">${summaries.distribution}</p>
<p class="readout" data-distribution-readout></p>
</figure>`;
}
