import { TIME_CHARTS, type TimeChart, type TrialData } from '../chart-data.ts';
import { curvesOf, lookOf, type View } from './curves.ts';
import { distributionChart } from './distribution-chart.ts';
import { readoutText } from './readout.ts';
import { currentTheme, isPrinting } from './theme.ts';
import { isEmpty, timeChart } from './time-chart.ts';
import type { Plot } from './uplot.ts';

const PAPER_WIDTH = 680;

/** The charts of one cell: drawn when first seen, and anew when the trial, the width or the colours change. */
export class CellCharts {
  readonly #root: HTMLElement;
  readonly #cell: string;
  readonly #trials: readonly TrialData[];
  readonly #hidden = new Set<string>();
  #plots: Plot[] = [];
  #distribution: Plot | null = null;
  #stretch: readonly [fromS: number, toS: number] | null = null;
  #width = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#cell = root.dataset.charts ?? '';
    this.#trials = readTrials(this.#cell);
    this.#listen();
  }

  /** Draws everything at the place's present width; cheap when nothing changed. */
  fit(): void {
    const width = this.#roomFor();
    if (width > 0 && width !== this.#width) this.draw();
  }

  draw(): void {
    const trial = this.#trial;
    if (trial === undefined) return;
    this.#width = this.#roomFor();
    for (const plot of this.#plots) plot.destroy();
    const shown = TIME_CHARTS.filter((chart) => this.#one(`[data-chart="${chart}"]`) !== null);
    this.#plots = shown.map((chart) => this.#drawTime(chart, trial));
    this.#drawDistribution(trial);
    const stretch = this.#stretch;
    if (stretch !== null) this.#show(stretch);
  }

  get #trial(): TrialData | undefined {
    return this.#trials[Number(this.#one<HTMLSelectElement>('[data-trial]')?.value ?? 0)];
  }

  get #law(): 'linear' | 'log' {
    return this.#one<HTMLInputElement>('[data-log]')?.checked ? 'log' : 'linear';
  }

  #roomFor(): number {
    return isPrinting() ? PAPER_WIDTH : Math.floor(this.#root.clientWidth);
  }

  #drawTime(chart: TimeChart, trial: TrialData): Plot {
    const figure = this.#figure(chart);
    describe(figure, trial.summaries[chart]);
    figure.classList.toggle('empty', isEmpty(chart, trial));
    return timeChart(chart, trial, plotOf(figure), {
      width: this.#width,
      law: this.#law,
      theme: currentTheme(),
      key: `cell-${this.#cell}`,
      hidden: this.#hidden,
      onCursor: (index) => {
        if (chart === 'response' && index !== null) this.#read(trial, index);
      },
      onStretch: (fromS, toS) => {
        if (chart === 'response') this.#noteStretch(trial, fromS, toS);
      },
    });
  }

  #drawDistribution(trial: TrialData): void {
    const figure = this.#figure('distribution');
    const view = (this.#one<HTMLSelectElement>('[data-view]')?.value ?? 'parts') as View;
    const curves = curvesOf(view, trial, this.#trials);
    describe(figure, trial.summaries.distribution);
    writeKey(
      this.#one('[data-distribution-key]'),
      curves.map(({ name }) => name),
    );
    this.#distribution?.destroy();
    this.#distribution = distributionChart(curves, trial, plotOf(figure), {
      width: this.#width,
      law: this.#law,
      theme: currentTheme(),
      onRead: (text) => this.#write('[data-distribution-readout]', text),
    });
  }

  #read(trial: TrialData, index: number): void {
    this.#write('[data-readout]', readoutText(trial, index));
  }

  #write(place: string, text: string): void {
    const element = this.#one(place);
    if (element !== null) element.textContent = text;
  }

  #noteStretch(trial: TrialData, fromS: number, toS: number): void {
    const whole = fromS <= trial.startS && toS >= trial.startS + trial.columns.offered.length;
    this.#stretch = whole ? null : [fromS, toS];
    const button = this.#one<HTMLButtonElement>('[data-whole]');
    if (button !== null) button.hidden = whole;
  }

  #show([min, max]: readonly [number, number]): void {
    for (const plot of this.#plots) plot.setScale('x', { min, max });
  }

  #showWhole(): void {
    const trial = this.#trial;
    if (trial !== undefined) this.#show([trial.startS, trial.startS + trial.columns.offered.length]);
  }

  #listen(): void {
    this.#one('[data-trial]')?.addEventListener('change', () => {
      this.#stretch = null;
      this.draw();
    });
    this.#one('[data-log]')?.addEventListener('change', () => this.draw());
    this.#one('[data-view]')?.addEventListener('change', () => {
      const trial = this.#trial;
      if (trial !== undefined) this.#drawDistribution(trial);
    });
    this.#one('[data-whole]')?.addEventListener('click', () => this.#showWhole());
    for (const button of this.#root.querySelectorAll<HTMLButtonElement>('[data-line]')) {
      button.addEventListener('click', () => this.#toggle(button));
    }
    this.#one('.stack')?.addEventListener('keydown', (event) => this.#onKey(event as KeyboardEvent));
  }

  #toggle(button: HTMLButtonElement): void {
    const line = button.dataset.line ?? '';
    if (!this.#hidden.delete(line)) this.#hidden.add(line);
    button.setAttribute('aria-pressed', String(!this.#hidden.has(line)));
    this.draw();
  }

  #onKey(event: KeyboardEvent): void {
    const trial = this.#trial;
    const [plot] = this.#plots;
    if (trial === undefined || plot === undefined || event.target !== event.currentTarget) return;
    const last = trial.columns.offered.length - 1;
    const at = plot.cursor.idx ?? 0;
    const step = event.shiftKey ? 10 : 1;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => this.#moveTo(trial, Math.max(0, at - step)),
      ArrowRight: () => this.#moveTo(trial, Math.min(last, at + step)),
      Home: () => this.#moveTo(trial, 0),
      End: () => this.#moveTo(trial, last),
      '+': () => this.#zoom(trial, at, 0.5),
      '-': () => this.#zoom(trial, at, 2),
      Escape: () => this.#showWhole(),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  }

  #moveTo(trial: TrialData, index: number): void {
    const atS = trial.startS + index + 0.5;
    for (const plot of this.#plots) plot.setCursor({ left: plot.valToPos(atS, 'x'), top: 10 });
    this.#read(trial, index);
    this.#write('[data-announce]', readoutText(trial, index));
  }

  /** A stretch `factor` times as long around the cursor, within the trial. */
  #zoom(trial: TrialData, index: number, factor: number): void {
    const endS = trial.startS + trial.columns.offered.length;
    const [from, to] = this.#stretch ?? [trial.startS, endS];
    const half = Math.max(2.5, ((to - from) * factor) / 2);
    const middle = trial.startS + index + 0.5;
    this.#show([Math.max(trial.startS, middle - half), Math.min(endS, middle + half)]);
  }

  #figure(chart: string): HTMLElement {
    const figure = this.#one(`[data-chart="${chart}"]`);
    if (figure === null) throw new Error(`no place for the chart ${chart}`);
    return figure;
  }

  #one<E extends HTMLElement = HTMLElement>(selector: string): E | null {
    return this.#root.querySelector<E>(selector);
  }
}

function readTrials(cell: string): readonly TrialData[] {
  const trials: TrialData[] = [];
  for (;;) {
    const element = document.getElementById(`data-${cell}-${trials.length}`);
    if (element === null) return trials;
    trials.push(JSON.parse(element.textContent ?? '') as TrialData);
  }
}

function plotOf(figure: HTMLElement): HTMLElement {
  const plot = figure.querySelector<HTMLElement>('.plot');
  if (plot === null) throw new Error('a chart without a place');
  return plot;
}

/** The sentence below a chart, which is also what a screen reader says of it. */
function describe(figure: HTMLElement, summary: string): void {
  const title = figure.querySelector('strong')?.textContent ?? '';
  plotOf(figure).setAttribute('aria-label', `${title}. ${summary}`);
  const paragraph = figure.querySelector('.summary');
  if (paragraph !== null) paragraph.textContent = summary;
}

const SVG = 'http://www.w3.org/2000/svg';

function writeKey(key: HTMLElement | null, names: readonly string[]): void {
  key?.replaceChildren(
    ...names.map((name, index) => {
      const item = document.createElement('span');
      item.append(swatch(index), ` ${name}`);
      return item;
    }),
  );
}

function swatch(index: number): SVGElement {
  const { colour, dash } = lookOf(index);
  const svg = document.createElementNS(SVG, 'svg');
  const line = document.createElementNS(SVG, 'line');
  for (const [name, value] of Object.entries({ width: 20, height: 8, 'aria-hidden': 'true' }))
    svg.setAttribute(name, String(value));
  for (const [name, value] of Object.entries({ x1: 0, x2: 20, y1: 4, y2: 4 })) line.setAttribute(name, String(value));
  line.style.stroke = `var(--${colour})`;
  line.style.strokeWidth = '2.5';
  line.style.strokeDasharray = dash.join(' ');
  svg.append(line);
  return svg;
}
