import type { Estimate } from '../../stats/estimate.ts';
import { boundText, countText, estimateText, valueText } from '../figures.ts';
import { html, type Markup, nothing } from './markup.ts';

/** A figure with its bounds below it. */
export function estimateCell(estimate: Estimate): Markup {
  const bounds = boundsOf(estimate);
  return html`${spoken(estimate)}${bounds === null ? nothing : html`<br><small>${bounds}</small>`}`;
}

function boundsOf(estimate: Estimate): string | null {
  if (estimate.value === null) {
    return estimate.reason === 'censored' || estimate.needs === undefined ? null : `needs ${countText(estimate.needs)}`;
  }
  if (estimate.method === 'observed') return null;
  return `${boundText(estimate, 'low')} – ${boundText(estimate, 'high')}`;
}

/** A dash and a `>` say little when read aloud. */
function spoken(estimate: Estimate): Markup {
  const shown = valueText(estimate);
  if (estimate.value !== null) return html`${shown}`;
  const { needs: _besides, ...plain } = estimate;
  const said =
    estimate.reason === 'censored'
      ? `beyond ${shown.replace('>', '')}: too many requests have no end`
      : estimateText(plain, 'ms');
  return html`<span aria-hidden="true">${shown}</span><span class="unseen">${said}</span>`;
}
