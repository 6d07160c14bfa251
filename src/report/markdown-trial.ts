import { failedOf } from '../verdict/request-figures.ts';
import type { TrialResult } from '../verdict/trial-result.ts';
import { agentRow } from './agent-row.ts';
import { countText, figureText, msText } from './figures.ts';
import { NEVER_STARTED } from './gaps.ts';
import { k6Lines } from './k6-lines.ts';
import { LATENCY_HEADING, latencyNotes, latencyRows } from './latency-grid.ts';
import { lookLines } from './looks.ts';
import { reasonBlocks } from './markdown-reasons.ts';
import { bullets, escaped, gridTable } from './markdown-text.ts';
import { observedLines, slowLines } from './observed-lines.ts';
import { serverLines } from './server-lines.ts';
import { steadinessLines } from './steadiness.ts';
import { phaseRows } from './summary.ts';

/** All that is said of one trial of a cell; titled where there are several. */
export function trialBlocks(trial: TrialResult, trials: number): string[] {
  const { index, attempt, verdict, accounting, rates } = trial;
  const title =
    trials === 1 ? [] : [`### Trial ${index}, attempt ${attempt}: ${verdict.kind}`, ...reasonBlocks(verdict)];
  if (trial.startedAt === null) return [...title, `It ${NEVER_STARTED}.`];
  const { scheduled, ok, shed, unfinished, cancelled } = accounting;
  const requests = `${countText(scheduled)} scheduled = ${countText(ok)} ok + ${countText(failedOf(accounting))} failed + ${countText(shed)} shed + ${countText(unfinished)} unfinished; ${countText(cancelled)} cancelled.`;
  const rateTexts = Object.entries(rates).map(([name, value]) => `${name} ${figureText(value)}/s`);
  const notes = [...latencyNotes(trial.latency, rates.offered), ...k6Lines(trial).map(escaped)].map(
    (note) => `- ${note}`,
  );
  const phases = phaseRows(trial);
  return [
    ...title,
    `${requests} ${rateTexts.join(', ')}.`,
    gridTable([LATENCY_HEADING, ...latencyRows(trial.latency)]),
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
    ...(phases.length > 2 ? [gridTable(phases)] : []),
    ...bullets([
      ...lookLines(trial),
      ...steadinessLines(trial),
      ...slowLines(trial),
      ...serverLines(trial),
      ...observedLines(trial),
    ]),
    ...agentBlocks(trial),
    ...failureBlocks(trial),
    ...slowestBlocks(trial),
    `One row per second: [${trial.series.path}](${encodeURI(trial.series.path)}). Schedule digest: ${trial.scheduleDigest ?? 'none, arrivals depend on completions'}.`,
  ];
}

function agentBlocks({ perAgent }: TrialResult): string[] {
  if (perAgent.length < 2) return [];
  const heading = ['agent', 'scheduled', 'ok', 'response p50 ms', 'response p99 ms', 'lag p99 ms'];
  return [gridTable([heading, ...perAgent.map(agentRow)])];
}

function failureBlocks({ failures }: TrialResult): string[] {
  if (failures.length === 0) return [];
  const rows = failures.map(({ class: kind, code, message, count, firstMs, agent }) => [
    kind,
    code,
    message,
    countText(count),
    figureText(firstMs),
    agent,
  ]);
  return [gridTable([['failure', 'code', 'message', 'count', 'first ms', 'agent'], ...rows])];
}

function slowestBlocks({ slowest }: TrialResult): string[] {
  if (slowest.length === 0) return [];
  const rows = slowest.map(({ seq, sample, intendedMs, waitMs, lagMs, serviceMs, agent }) => [
    String(seq),
    String(sample),
    ...[intendedMs, waitMs, lagMs, serviceMs].map(msText),
    agent,
  ]);
  return [gridTable([['slowest', 'sample', 'intended ms', 'wait ms', 'lag ms', 'service ms', 'agent'], ...rows])];
}
