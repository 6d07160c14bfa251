import type { Benchmarks, CellResult } from '../../verdict/result.ts';
import { countText, figureText } from '../figures.ts';
import { anchorOf } from './anchor.ts';
import { html, type Markup, when } from './markup.ts';
import { figure, table, text } from './table.ts';

/** What no pass of this run says anything about: events too rare for its length, and what its cautions say of it. */
export function blindSection(cells: readonly CellResult[]): Markup {
  const items = cells.map(blindItem).filter(({ text }) => text !== '');
  return when(
    items.length > 0,
    () => html`<section aria-labelledby="blind"><h2 id="blind">What this run is blind to</h2>
<ul>
${items}</ul></section>
`,
  );
}

function blindItem(cell: CellResult, index: number): Markup {
  const reaches = cell.objectives.flatMap(({ blindToRarerThanS: s }) => (s === null ? [] : [s]));
  return when(reaches.length > 0, () => {
    const longest = reaches.reduce((a, b) => Math.max(a, b));
    return html`<li><a href="#${anchorOf(index)}">${cell.id}</a>: events rarer than one in ${figureText(longest)} s may happen and not show here.</li>
`;
  });
}

/** How every number on the page came about; the words that all of them are made of. */
export const methodSection =
  (): Markup => html`<section aria-labelledby="method"><h2 id="method">How the numbers were made</h2>
<dl>
<dt id="instants">Response = wait + lag + service</dt>
<dd>Every request has an intended start, laid down before the run by the schedule. Wait runs from there until a place was free: the target's doing. Lag is how late the harness then started it: the harness's doing. Service is the target at work. Response is all of it, from the intended start, so that a stall is charged for every request it delayed.</dd>
<dt id="population">Who is counted</dt>
<dd>Response percentiles stand on all scheduled requests of the measure phases. Those that failed, timed out, were shed or never ended count as slower than any other: where a percentile falls among them there is no figure, and <span class="nowrap">“&gt;”</span> stands before the slowest response that came. Service and wait stand on the started requests in the same way. Warm-up is drawn and never counted.</dd>
<dt id="bounds">Bounds</dt>
<dd>Percentiles of phases with a constant rate have 95 % bounds from 20 blocks of consecutive requests, which know that neighbours resemble each other. “open” is a bound that the run is too short for. Other phases, and every largest value, are facts of the run and have none. A percentile that has too few requests is a dash. Bounds between trials, from five trials on, also hold what differs from one trial to the next.</dd>
<dt id="steady">Steady</dt>
<dd>Of phases with a constant rate of at least 60 s it is asked whether the mean response of ok requests stayed where it was: it did not when its 20 blocks rise or fall with p &lt; 0.01 by more than 5 % in all and KPSS on its slots exceeds 0.739. Percentiles of such a phase describe this run alone, and it cannot pass. That no drift can be told is no proof, least of all on a short run.</dd>
<dt id="verdicts">Verdicts</dt>
<dd><strong>pass</strong>: every objective holds, surely enough. <strong>fail</strong>: one is missed, surely enough or grossly. <strong>inconclusive</strong>: too short, too noisy or not run to its end. <strong>invalid</strong>: the harness decided the result, and nothing is said of the target. The run has the gravest of its judged cells in the order fail, invalid, inconclusive, pass.</dd>
<dt id="seconds">Charts</dt>
<dd>Each point is one second of the whole fleet. Counts stand in the second in which they happened, percentiles in the second for which their requests were intended. A second without a value is a gap; a triangle at the upper edge marks a percentile that lies among the failed. See <a href="#population">who is counted</a>.</dd>
</dl></section>
`;

/** What everything was computed from. */
export function evidenceSection({ run, evidence }: Benchmarks): Markup {
  const source = run.source.commit ?? 'outside a repository';
  return html`<section aria-labelledby="evidence"><h2 id="evidence">Evidence</h2>
<p>Run <code>${run.id}</code>, from ${run.startedAt} to ${run.endedAt}, seed <code>${run.seed}</code>, loadcell ${run.loadcell}, source <code>${source}</code>${run.source.dirty === true ? ' with local changes' : ''}.</p>
<p class="digest">Campaign <code>${run.campaignDigest}</code><br>Plan <code>${run.planDigest}</code></p>
${table({
  id: 'evidence-files',
  caption: 'Files that everything here was computed from',
  columns: [text('file'), figure('bytes'), text('SHA-256')],
  rows: evidence.map(({ path, bytes, sha256 }) => [
    path,
    countText(bytes),
    html`<code class="digest">${sha256}</code>`,
  ]),
})}</section>
`;
}
