import { type PeakData, type PeakPoint, STAGE_SIGNS } from '../peak-data.ts';
import { tickText, valueText } from './axes.ts';
import { tickedAxis } from './axis-style.ts';
import { currentTheme, isPrinting, type Theme } from './theme.ts';
import { draw, type Plot } from './uplot.ts';

const PAPER_WIDTH = 680;

/** Shares with a tick where they fit. */
const SHARES = [0.0001, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999];

const logOdds = (share: number): number => Math.log(share / (1 - share));
/** As the search takes them: finite also where none or all are over. */
const heightOf = ({ over, of }: PeakPoint): number => Math.log((over + 0.5) / (of - over + 0.5));

/** The curve of a search for a peak: drawn when first seen, and anew when the width or the colours change. */
export class PeakChart {
  readonly #root: HTMLElement;
  readonly #data: PeakData;
  #plot: Plot | null = null;
  #width = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
    const json = document.getElementById(`peak-${root.dataset.peak ?? ''}`)?.textContent ?? '{}';
    this.#data = JSON.parse(json) as PeakData;
  }

  fit(): void {
    const width = this.#roomFor();
    if (width > 0 && width !== this.#width) this.draw();
  }

  draw(): void {
    const place = this.#root.querySelector<HTMLElement>('.plot');
    if (place === null) return;
    this.#width = this.#roomFor();
    this.#plot?.destroy();
    this.#plot = this.#drawInto(place, currentTheme());
  }

  #roomFor(): number {
    return isPrinting() ? PAPER_WIDTH : Math.floor(this.#root.clientWidth);
  }

  #drawInto(place: HTMLElement, theme: Theme): Plot {
    const data = this.#data;
    const { levels, line } = data;
    const xs = levels.map(({ rate }) => rate);
    const ys = levels.map(heightOf);
    const axis = tickedAxis(theme);
    return draw(
      {
        width: this.#width,
        height: 288,
        padding: [8, 22, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
        scales: {
          x: { time: false, range: () => padded([...xs, data.low, data.high], 0.04) },
          y: { range: () => padded([...ys, ...line.map(({ share }) => logOdds(share)), logOdds(data.allowed)], 0.06) },
        },
        axes: [
          { ...axis, values: (_, splits) => splits.map((rate) => `${tickText(rate)}/s`) },
          {
            ...axis,
            size: 58,
            splits: (plot) => sharesThatFit(plot).map(logOdds),
            filter: (_, splits) => splits,
            values: (_, splits) => splits.map((height) => shareText(1 / (1 + Math.exp(-height)))),
          },
        ],
        series: [{}, { paths: () => null, points: { show: false } }],
        hooks: {
          drawClear: [(plot) => drawInterval(plot, data, theme)],
          draw: [(plot) => drawLines(plot, data, theme), (plot) => drawLevels(plot, levels, theme)],
          setCursor: [({ cursor: { idx } }) => this.#read(idx)],
        },
      },
      [xs, ys],
      place,
    );
  }

  #read(index: number | null | undefined): void {
    const level = typeof index === 'number' ? this.#data.levels[index] : undefined;
    const readout = this.#root.querySelector<HTMLElement>('[data-peak-readout]');
    if (readout === null || level === undefined) return;
    const { stage, rate, over, of } = level;
    readout.textContent = `${valueText(rate)}/s (${STAGE_SIGNS[stage].label}): ${over} of ${of} over, ${shareText(over / of)}.`;
  }
}

const shareText = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

function padded(values: readonly (number | null)[], part: number): [number, number] {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const room = (high - low || Math.abs(high) || 1) * part;
  return [low - room, high + room];
}

/** Ticks at least 18 px apart; of two that are closer the rarer share goes. */
function sharesThatFit(plot: Plot): readonly number[] {
  const { min = 0, max = 1 } = plot.scales.y ?? {};
  const height = plot.bbox.height / devicePixelRatio || plot.height;
  const place = (share: number): number => ((logOdds(share) - (min ?? 0)) / ((max ?? 1) - (min ?? 0))) * height;
  let last = Number.POSITIVE_INFINITY;
  return SHARES.toReversed()
    .filter((share) => {
      const at = place(share);
      if (at < 0 || at > height || last - at < 18) return false;
      last = at;
      return true;
    })
    .toReversed();
}

/** The interval of the peak behind everything else. */
function drawInterval(plot: Plot, { low, high }: PeakData, theme: Theme): void {
  if (low === null || high === null) return;
  const { ctx, bbox } = plot;
  const [from, to] = [plot.valToPos(low, 'x', true), plot.valToPos(high, 'x', true)];
  ctx.save();
  ctx.fillStyle = theme('band');
  ctx.fillRect(from, bbox.top, to - from, bbox.height);
  ctx.restore();
}

/** What is allowed, the peak, and the line that was fitted. */
function drawLines(plot: Plot, { allowed, limit, peak, line }: PeakData, theme: Theme): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const y = plot.valToPos(logOdds(allowed), 'y', true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = 1.5 * ratio;
  ctx.strokeStyle = theme('limit');
  ctx.fillStyle = theme('limit');
  ctx.setLineDash([6 * ratio, 4 * ratio]);
  stroke(ctx, [
    [bbox.left, y],
    [bbox.left + bbox.width, y],
  ]);
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  ctx.fillText(`${shareText(allowed)} allowed over ${limit}`, bbox.left + 6 * ratio, y - 2 * ratio);
  if (peak !== null) {
    const x = plot.valToPos(peak, 'x', true);
    stroke(ctx, [
      [x, bbox.top],
      [x, bbox.top + bbox.height],
    ]);
  }
  ctx.setLineDash([]);
  ctx.strokeStyle = theme('p50');
  ctx.lineWidth = 2 * ratio;
  stroke(
    ctx,
    line.map(({ rate, share }) => [plot.valToPos(rate, 'x', true), plot.valToPos(logOdds(share), 'y', true)]),
  );
  ctx.restore();
}

function stroke(ctx: CanvasRenderingContext2D, points: readonly (readonly [number, number])[]): void {
  ctx.beginPath();
  for (const [index, [x, y]] of points.entries()) {
    if (index === 0) ctx.moveTo(x, y);
    else ctx.lineTo(x, y);
  }
  ctx.stroke();
}

function drawLevels(plot: Plot, levels: readonly PeakPoint[], theme: Theme): void {
  const { ctx } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = 1.5 * ratio;
  for (const level of levels) {
    const colour = theme(STAGE_SIGNS[level.stage].colour);
    ctx.strokeStyle = colour;
    ctx.fillStyle = colour;
    drawSign(
      ctx,
      level.stage,
      plot.valToPos(level.rate, 'x', true),
      plot.valToPos(heightOf(level), 'y', true),
      4 * ratio,
    );
  }
  ctx.restore();
}

function drawSign(ctx: CanvasRenderingContext2D, stage: PeakPoint['stage'], x: number, y: number, size: number): void {
  ctx.beginPath();
  switch (stage) {
    case 'bracket':
      ctx.arc(x, y, size, 0, 2 * Math.PI);
      ctx.stroke();
      break;
    case 'narrow':
      ctx.rect(x - 0.9 * size, y - 0.9 * size, 1.8 * size, 1.8 * size);
      ctx.stroke();
      break;
    case 'fit':
      ctx.arc(x, y, 0.9 * size, 0, 2 * Math.PI);
      ctx.fill();
      break;
    case 'confirm':
      ctx.moveTo(x, y - 1.2 * size);
      ctx.lineTo(x + 1.2 * size, y + size);
      ctx.lineTo(x - 1.2 * size, y + size);
      ctx.fill();
      break;
  }
}
