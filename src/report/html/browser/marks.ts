import { BEYOND, type Column, type Limit, type PhaseBand, type SlowBand } from '../chart-data.ts';
import { FONT } from './axis-style.ts';
import type { Theme } from './theme.ts';
import type { Plot } from './uplot.ts';

/** Phases as shaded stretches behind everything else: warm-up in a colour of its own, every second measure phase a shade. */
export function bandsOf(phases: readonly PhaseBand[], names: 'named' | 'silent', theme: Theme): (plot: Plot) => void {
  return (plot) => {
    const { ctx, bbox } = plot;
    let measured = 0;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
    ctx.clip();
    for (const phase of phases) {
      const from = plot.valToPos(phase.fromS, 'x', true);
      const to = plot.valToPos(phase.toS, 'x', true);
      const shade = phase.purpose === 'measure' ? (measured++ % 2 === 0 ? 'band' : null) : 'warmup';
      if (shade !== null) {
        ctx.fillStyle = theme(shade);
        ctx.fillRect(from, bbox.top, to - from, bbox.height);
      }
      const [start, end] = [Math.max(from, bbox.left), Math.min(to, bbox.left + bbox.width)];
      if (names === 'named') writeName(plot, phase.name, start, end, theme);
    }
    ctx.restore();
  };
}

/** Slow stretches down the whole stack, so that what else happened then is seen; named, their likely causes stand in them. */
export function slowBands(slow: readonly SlowBand[], names: 'named' | 'silent', theme: Theme): (plot: Plot) => void {
  return (plot) => {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    clipTo(plot);
    ctx.font = scaledFont(ratio);
    ctx.textAlign = 'left';
    ctx.textBaseline = 'top';
    slow.forEach(({ cause, fromS, toS }, place) => {
      const from = plot.valToPos(fromS, 'x', true);
      const to = plot.valToPos(toS, 'x', true);
      ctx.fillStyle = theme('failed');
      ctx.globalAlpha = 0.12;
      ctx.fillRect(from, bbox.top, to - from, bbox.height);
      ctx.globalAlpha = 1;
      const start = Math.max(from, bbox.left);
      // A word may reach beyond its stretch, but neither into the next one nor beyond the picture.
      const next = slow[place + 1]?.fromS;
      const end = Math.min(
        bbox.left + bbox.width,
        next === undefined ? Number.POSITIVE_INFINITY : plot.valToPos(next, 'x', true),
      );
      const text = names === 'named' ? fitted(ctx, cause, end - start - 6 * ratio) : '';
      if (text !== '') ctx.fillText(text, start + 3 * ratio, bbox.top + 4 * ratio);
    });
    ctx.restore();
  };
}

/** Above the plot, over its own stretch. */
function writeName({ ctx, bbox }: Plot, name: string, from: number, to: number, theme: Theme): void {
  const ratio = devicePixelRatio;
  ctx.font = scaledFont(ratio);
  ctx.fillStyle = theme('faint');
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  const text = fitted(ctx, name, to - from - 6 * ratio);
  if (text !== '') ctx.fillText(text, from + 3 * ratio, bbox.top - 3 * ratio);
}

/** As much of a name as fits; nothing where not even its beginning does. */
function fitted(ctx: CanvasRenderingContext2D, name: string, width: number): string {
  if (ctx.measureText(name).width <= width) return name;
  for (let length = name.length - 1; length >= 3; length--) {
    const text = `${name.slice(0, length).trimEnd()}…`;
    if (ctx.measureText(text).width <= width) return text;
  }
  return '';
}

/** Limits of objectives, dashed, each with its words: how one lies in a picture says `draw`. */
const dashed =
  (limits: readonly Limit[], theme: Theme, align: CanvasTextAlign, draw: (plot: Plot, limit: Limit) => void) =>
  (plot: Plot): void => {
    const { ctx } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    clipTo(plot);
    ctx.strokeStyle = theme('limit');
    ctx.fillStyle = theme('limit');
    ctx.lineWidth = 1.5 * ratio;
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.font = scaledFont(ratio);
    ctx.textAlign = align;
    ctx.textBaseline = 'bottom';
    for (const limit of limits) draw(plot, limit);
    ctx.restore();
  };

/** Over time: a limit is a line; an arrow says of one that it lies above the picture. */
export const limitLines = (limits: readonly Limit[], theme: Theme): ((plot: Plot) => void) =>
  dashed(limits, theme, 'right', (plot, { ms, objective }) => {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const y = plot.valToPos(ms, 'y', true);
    const isAbove = y < bbox.top;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    const text = isAbove ? `${objective} ↑` : objective;
    const base = Math.max(y - 2 * ratio, bbox.top + 13 * ratio);
    ctx.fillText(text, bbox.left + bbox.width - 4 * ratio, base);
  });

/** On a distribution: a limit is a box that the curve must stay below and to the right of. */
export const limitSteps = (limits: readonly Limit[], theme: Theme): ((plot: Plot) => void) =>
  dashed(limits, theme, 'left', (plot, { ms, quantile, objective }) => {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const y = plot.valToPos(ms, 'y', true);
    const x = quantile === null ? bbox.left + bbox.width : plot.valToPos(1 / (1 - quantile), 'x', true);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(x, y);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(objective, bbox.left + 6 * ratio, y - 2 * ratio);
  });

/** A triangle at the upper edge for every second in which a percentile lies among the failed. */
export function beyondMarks(
  columns: readonly { readonly column: Column; readonly colour: string }[],
  theme: Theme,
): (plot: Plot) => void {
  return (plot) => {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const size = 4 * ratio;
    ctx.save();
    columns.forEach(({ column, colour }, row) => {
      ctx.fillStyle = theme(colour);
      const top = bbox.top + row * 1.6 * size;
      column.forEach((value, index) => {
        const at = plot.data[0][index];
        if (value !== BEYOND || at === undefined) return;
        const x = plot.valToPos(at, 'x', true);
        if (x < bbox.left || x > bbox.left + bbox.width) return;
        ctx.beginPath();
        ctx.moveTo(x, top);
        ctx.lineTo(x + size, top + 1.4 * size);
        ctx.lineTo(x - size, top + 1.4 * size);
        ctx.fill();
      });
    });
    ctx.restore();
  };
}

/** On a distribution: from here on requests failed. */
export function failedFrom(oneIn: number | null, theme: Theme): (plot: Plot) => void {
  return (plot) => {
    if (oneIn === null) return;
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const x = plot.valToPos(oneIn, 'x', true);
    ctx.save();
    clipTo(plot);
    ctx.globalAlpha = 0.16;
    ctx.fillStyle = theme('failed');
    ctx.fillRect(x, bbox.top, bbox.left + bbox.width - x, bbox.height);
    ctx.globalAlpha = 1;
    ctx.font = scaledFont(ratio);
    ctx.textBaseline = 'top';
    ctx.textAlign = bbox.left + bbox.width - x > 60 * ratio ? 'left' : 'right';
    ctx.fillText(' failed ', x, bbox.top + 4 * ratio);
    ctx.restore();
  };
}

const scaledFont = (ratio: number): string => FONT.replace('11px', `${11 * ratio}px`);

function clipTo({ ctx, bbox }: Plot): void {
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
}
