import type { PeakResult } from '../../verdict/peak/found.ts';
import type { CellResult } from '../../verdict/result.ts';
import { percentText } from '../figures.ts';
import { levelRows, levelsNote, peakText, shownLimit } from '../peak-text.ts';
import { html, jsonScript, type Markup, nothing, when } from './markup.ts';
import { type PeakData, type PeakPoint, STAGE_SIGNS } from './peak-data.ts';
import { figure, table, text } from './table.ts';

/** A search for the maximum rate: the figure, the curve with its levels, and the levels as a table. `nothing` for other cells. */
export function peakSection({ id, peak }: CellResult, index: number): Markup {
  if (peak === null) return nothing;
  const [heading = [], ...rows] = levelRows(peak);
  return html`<p class="peak"><strong>${peakText(peak)}</strong></p>
${chart(id, peak, index)}${table({
  id: `levels-${index}`,
  caption: 'Levels of the search, those of one rate together',
  columns: heading.map((name, column) => (column === 0 ? text(name) : figure(name))),
  rows,
  notes: [levelsNote(peak)],
})}`;
}

function chart(id: string, peak: PeakResult, index: number): Markup {
  const data = dataOf(peak);
  return when(data !== null && data.levels.length > 1, () => {
    const { limit, allowed } = data as PeakData;
    const summary = `Share of the requests over ${limit} by offered rate, ${percentText(allowed)} may be. ${peakText(peak)}`;
    return html`<div class="charts" data-peak="${index}"><figure>
<figcaption><strong>Over the limit by rate</strong> <span class="unit">% of requests over ${limit}, in log odds; the band is the interval of the peak</span> <span class="key">${keys()}</span></figcaption>
<div class="plot distribution" role="img" aria-label="${id}. ${summary}"></div>
<p class="readout" data-peak-readout>Point at a level to read it; the table below holds them all.</p>
</figure></div>
${jsonScript(`peak-${index}`, data)}
`;
  });
}

const SHAPES: Readonly<Record<PeakPoint['stage'], Markup>> = {
  bracket: html`<circle cx="6" cy="6" r="4" fill="none"/>`,
  narrow: html`<rect x="2.5" y="2.5" width="7" height="7" fill="none"/>`,
  fit: html`<circle cx="6" cy="6" r="3.5"/>`,
  confirm: html`<path d="M6 1.5L10.5 10h-9z"/>`,
};

const keys = (): Markup =>
  html`${Object.entries(STAGE_SIGNS).map(
    ([stage, { label, colour }]) =>
      html`<span><svg class="level ${colour}" aria-hidden="true" width="12" height="12">${SHAPES[stage as PeakPoint['stage']]}</svg> ${label}</span> `,
  )}`;

/** Null: the search has no limit to draw. */
function dataOf(peak: PeakResult): PeakData | null {
  const shown = shownLimit(peak);
  if (shown === null) return null;
  const limit = peak.limits.indexOf(shown);
  const levels = peak.levels.flatMap(({ stage, rate, shares }) => {
    const share = shares[limit];
    return share === undefined ? [] : [{ stage, rate, over: share.over, of: share.of }];
  });
  const curve = peak.curves.find((one) => one.limit === shown.limit);
  const { rate } = peak;
  return {
    limit: shown.limit,
    allowed: shown.allowed,
    peak: rate.value,
    low: rate.value === null ? null : rate.low,
    high: rate.value === null ? null : rate.high,
    levels: near(levels).toSorted((a, b) => a.rate - b.rate),
    line: curve?.ends ?? [],
  };
}

/** Once there are levels inside the bracket, those far below it say nothing. */
function near(levels: readonly PeakPoint[]): readonly PeakPoint[] {
  const inside = levels.filter(({ stage }) => stage === 'narrow').map(({ rate }) => rate);
  const lowest = inside.length === 0 ? 0 : 0.8 * Math.min(...inside);
  return levels.filter(({ rate }) => rate >= lowest);
}
