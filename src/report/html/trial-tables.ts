import { STREAM_METRICS } from '../../stats/stream-tally.ts';
import {
  type Accounting,
  errorShare,
  failedOf,
  LATENCY_FIGURES,
  type LatencyFigure,
  type LatencySummary,
} from '../../verdict/request-figures.ts';
import type { TrialResult } from '../../verdict/trial-result.ts';
import { agentRow } from '../agent-row.ts';
import { countText, figureText, msText, percentText } from '../figures.ts';
import { NEVER_STARTED } from '../gaps.ts';
import { k6LatencyLines } from '../k6-lines.ts';
import { latencyNotes, PART_ROWS } from '../latency-grid.ts';
import { lookLines } from '../looks.ts';
import { observedLines, slowLines } from '../observed-lines.ts';
import { serverLines } from '../server-lines.ts';
import { steadinessLines } from '../steadiness.ts';
import { estimateCell } from './estimate-cell.ts';
import { k6Tables } from './k6-tables.ts';
import { html, type Markup, when } from './markup.ts';
import { figure, table, text } from './table.ts';

const headingOf = (name: LatencyFigure): string => (/^p/.test(name) ? name.toUpperCase() : name);

/** All that is said of one trial in tables. `prefix` starts every id within it. */
export function trialTables(trial: TrialResult, prefix: string): Markup {
  if (trial.startedAt === null)
    return html`<p>It ${NEVER_STARTED}.</p>
`;
  return html`<p>${accountText(trial.accounting)} ${ratesText(trial)}</p>
${latencyTable(trial, prefix)}${phaseTable(trial, prefix)}${k6Tables(trial, prefix)}${remarksList(trial)}${failureTable(trial, prefix)}${slowestTable(trial, prefix)}${agentTable(trial, prefix)}<p><small>One row per second: <code>${trial.series.path}</code>. Schedule digest: <code>${trial.scheduleDigest ?? 'none, arrivals depend on completions'}</code>.${startText(trial)}</small></p>
`;
}

function accountText(accounting: Accounting): string {
  const { scheduled, ok, failed, shed, unfinished, cancelled } = accounting;
  const classes = Object.entries(failed).filter(([, count]) => count > 0);
  const which = classes.map(([name, count]) => `${countText(count)} ${name}`).join(', ');
  const failures = `${countText(failedOf(accounting))} failed${which === '' ? '' : ` (${which})`}`;
  const later = cancelled === 0 ? '' : `; ${countText(cancelled)} cancelled`;
  return `${countText(scheduled)} requests scheduled = ${countText(ok)} ok + ${failures} + ${countText(shed)} shed + ${countText(unfinished)} unfinished${later}.`;
}

const ratesText = ({ rates }: TrialResult): string =>
  `Per second: ${Object.entries(rates)
    .map(([name, value]) => `${name} ${figureText(value)}`)
    .join(', ')}.`;

function startText({ start: { sessionMs, firstInferenceMs } }: TrialResult): string {
  const parts = [
    sessionMs === null ? null : `session opened in ${figureText(sessionMs)} ms`,
    firstInferenceMs === null ? null : `first inference ${figureText(firstInferenceMs)} ms`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? '' : ` Slowest agent: ${parts.join(', ')}.`;
}

function latencyTable(trial: TrialResult, prefix: string): Markup {
  const { latency, rates } = trial;
  const rows = [
    ['response', 'response'],
    ['responseOk', 'response of ok requests alone'],
    ['service', 'service'],
    ['wait', 'wait'],
    ['lag', 'lag'],
  ] as const;
  const allOk = latency.responseOk.count === latency.response.count;
  return table({
    id: `${prefix}-latency`,
    caption: 'Latency in milliseconds, with 95 % bounds where there are any',
    columns: [text('what'), figure('requests'), ...LATENCY_FIGURES.map((name) => figure(headingOf(name)))],
    rows: rows
      .filter(([key]) => key !== 'responseOk' || !allOk)
      .map(([key, label]) => latencyRow(label, latency[key]))
      .concat(partRows(latency), streamRows(latency)),
    notes: [...latencyNotes(latency, rates.offered), ...k6LatencyLines(trial)],
  });
}

const latencyRow = (label: string, summary: LatencySummary) => [
  label,
  countText(summary.count),
  ...LATENCY_FIGURES.map((name) => estimateCell(summary[name])),
];

const partRows = ({ parts }: TrialResult['latency']) =>
  PART_ROWS.flatMap(([key, label]) => {
    const summary = parts?.[key];
    return summary === undefined ? [] : [latencyRow(`service: ${label}`, summary)];
  });

const STREAM_LABELS = {
  firstEvent: 'first event, from the intended start',
  firstEventService: 'first event, from the start',
  betweenEvents: 'between events (counts gaps)',
} as const;

const streamRows = (latency: TrialResult['latency']) =>
  STREAM_METRICS.flatMap((key) => {
    const summary = latency[key];
    return summary === undefined ? [] : [latencyRow(STREAM_LABELS[key], summary)];
  });

/** How the trial ended, and whether it stayed as it was. */
function remarksList(trial: TrialResult): Markup {
  const lines = [
    ...lookLines(trial),
    ...steadinessLines(trial),
    ...slowLines(trial),
    ...serverLines(trial),
    ...observedLines(trial),
  ];
  return when(
    lines.length > 0,
    () => html`<ul class="notes">${lines.map((line) => html`<li>${line}</li>`)}</ul>
`,
  );
}

function phaseTable({ phases }: TrialResult, prefix: string): Markup {
  const measured = phases.filter(({ purpose }) => purpose === 'measure');
  return when(measured.length > 1, () =>
    table({
      id: `${prefix}-phases`,
      caption: 'Phases and levels: response in milliseconds',
      columns: [
        text('phase'),
        ...['from s', 'to s', 'requests', 'errors', 'offered/s', 'achieved/s', 'P50', 'P95', 'P99', 'max'].map(figure),
      ],
      rows: measured.map(({ name, startMs, endMs, accounting, rates, latency: { response } }) => [
        name,
        figureText(startMs / 1000),
        figureText(endMs / 1000),
        countText(accounting.scheduled),
        percentText(errorShare(accounting)),
        figureText(rates.offered),
        figureText(rates.achieved),
        ...[response.p50, response.p95, response.p99, response.max].map(estimateCell),
      ]),
    }),
  );
}

function failureTable({ failures }: TrialResult, prefix: string): Markup {
  return table({
    id: `${prefix}-failures`,
    caption: 'Commonest failures',
    columns: [text('failure'), text('code'), text('message'), figure('count'), figure('first at s'), text('agent')],
    rows: failures.map(({ class: kind, code, message, count, firstMs, agent }) => [
      kind,
      html`<bdi>${code}</bdi>`,
      html`<bdi class="message">${message}</bdi>`,
      countText(count),
      figureText(firstMs / 1000),
      agent,
    ]),
  });
}

function slowestTable({ slowest }: TrialResult, prefix: string): Markup {
  return table({
    id: `${prefix}-slowest`,
    caption: 'Slowest started requests, ok or not: response = wait + lag + service',
    columns: [
      text('request'),
      ...['intended at s', 'response ms', 'wait ms', 'lag ms', 'service ms'].map(figure),
      figure('sample'),
      text('agent'),
    ],
    rows: slowest.map(({ seq, sample, intendedMs, waitMs, lagMs, serviceMs, agent }) => [
      String(seq),
      figureText(intendedMs / 1000),
      ...[waitMs === null || lagMs === null ? null : waitMs + lagMs + serviceMs, waitMs, lagMs, serviceMs].map(msText),
      String(sample),
      agent,
    ]),
  });
}

function agentTable({ perAgent }: TrialResult, prefix: string): Markup {
  return when(perAgent.length > 1, () =>
    table({
      id: `${prefix}-agents`,
      caption: 'Agents: one that is unlike the others points at its node',
      columns: [text('agent'), ...['requests', 'ok', 'response P50 ms', 'response P99 ms', 'lag P99 ms'].map(figure)],
      rows: perAgent.map(agentRow),
    }),
  );
}
