import type { CellResult } from '../../verdict/result.ts';
import type { Reason, Verdict, VerdictKind } from '../../verdict/verdict.ts';
import { cautionsTitle, cellOfPlace, type GroupedReason, grouped, kindOf } from '../reasons.ts';
import { anchorOf } from './anchor.ts';
import { html, joined, type Markup, nothing, sentence, when } from './markup.ts';

const SIGNS: Readonly<Record<VerdictKind, string>> = { pass: '✓', fail: '✗', inconclusive: '?', invalid: '!' };

/** A verdict as a word with a sign of its own; colour only repeats it. */
export const badge = (kind: VerdictKind): Markup =>
  html`<span class="badge ${kind}"><span aria-hidden="true">${SIGNS[kind]}</span> ${kind}</span>`;

/** Why a verdict is what it is. `cells`: those that a place may be a link to; null inside a cell's own section. */
export function reasonList(verdict: Verdict, cells: readonly CellResult[] | null): Markup {
  return when(
    verdict.reasons.length > 0,
    () => html`<ul class="reasons">
${grouped(verdict.reasons).map((group) => item(group, kindOf(group.reason, verdict.kind, cells ?? []), cells))}</ul>
`,
  );
}

/** What is true and worth saying, and decides nothing. Folded away where there is much of it. */
export function cautionList(cautions: readonly Reason[], cells: readonly CellResult[] | null): Markup {
  if (cautions.length === 0) return nothing;
  const groups = grouped(cautions);
  const list = html`<ul class="reasons">
${groups.map((group) => item(group, 'caution', cells))}</ul>
`;
  const title = cautionsTitle(cautions.length);
  return html`<details class="cautions"${cells !== null && groups.length <= 3 ? html` open` : nothing}><summary>${title}</summary>
${list}</details>
`;
}

function item(
  { reason, places }: GroupedReason,
  kind: VerdictKind | 'caution',
  cells: readonly CellResult[] | null,
): Markup {
  const { code, message, hint } = reason;
  const where = joined(
    places.map((place) => placeLink(place, cells)),
    '; ',
  );
  return html`<li class="${kind}"><strong>${kind}</strong> <code>${code}</code> <span class="where">${where}</span><br>${sentence(message)}${when(hint !== '', () => html`<br><span class="hint">${sentence(hint)}</span>`)}</li>
`;
}

/** A place inside a cell leads to the cell's section. */
function placeLink(place: string, cells: readonly CellResult[] | null): Markup {
  const index = cellOfPlace(place, cells ?? []);
  return index < 0 ? html`${place}` : html`<a href="#${anchorOf(index)}">${place}</a>`;
}
