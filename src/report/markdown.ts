import type { Benchmarks, CellResult, ObjectiveResult, TrialResult, Verdict } from '../verdict/result.ts';
import { countText, estimateText, figureText } from './figures.ts';
import { notRunLines, resumedLines } from './gaps.ts';
import { LATENCY_HEADING, latencyNotes, latencyRows } from './latency-grid.ts';
import { rejudgedLines } from './rejudged.ts';
import { scatterText } from './scatter.ts';
import { failedOf, phaseRows, SUMMARY_HEADING, summaryRow } from './summary.ts';

/** `report.md`: the whole result in GitHub-flavoured Markdown, computed from `benchmarks.json` alone. */
export function markdownReport(benchmarks: Benchmarks): string {
  const { run, verdict, cells } = benchmarks;
  const blocks = [
    `# ${escaped(run.campaign)}: ${verdict.kind}`,
    `Run \`${run.id}\`, ${run.state}, from ${run.startedAt} to ${run.endedAt}, seed ${run.seed}, loadcell ${run.loadcell}, exit code ${verdict.exitCode}.`,
    ...resumedLines(benchmarks).map((line) => `This run was ${line}.`),
    ...rejudgedLines(benchmarks).map((line) => `**${escaped(line)}**`),
    gridTable([SUMMARY_HEADING, ...cells.map(summaryRow)]),
    ...verdictBlocks(verdict),
    ...cells.flatMap(cellBlocks),
    ...instrumentBlocks(benchmarks),
    ...evidenceBlocks(benchmarks),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function cellBlocks(cell: CellResult): string[] {
  const values = Object.entries(cell.values).map(([name, value]) => `${name} = ${value}`);
  const judged = cell.judged ? cell.verdict.kind : `${cell.verdict.kind}, outside the run's verdict`;
  return [
    `## ${escaped(cell.id)}: ${judged}`,
    `Target \`${cell.target}\`, scenario \`${cell.scenario}\`, ${values.join(', ')}.`,
    ...objectiveBlocks(cell.objectives),
    ...verdictBlocks(cell.verdict),
    ...bullets(notRunLines(cell)),
    ...cell.trials.flatMap((trial) => trialBlocks(trial, cell.trials.length)),
  ];
}

function objectiveBlocks(objectives: readonly ObjectiveResult[]): string[] {
  if (objectives.length === 0) return [];
  const rows = objectives.map((judged) => {
    const { objective, observed, unit, over, phase, verdict, blindToRarerThanS: blind } = judged;
    return [
      objective,
      verdict,
      [estimateText(observed, unit), scatterText(judged)].filter((text) => text !== null).join('; '),
      over === null ? '' : `${countText(over.count)} of ${countText(over.of)}`,
      phase ?? 'all measure phases',
      blind === null ? '' : `events rarer than one in ${figureText(blind)} s`,
    ];
  });
  return [gridTable([['objective', 'verdict', 'observed', 'over', 'judged on', 'blind to'], ...rows])];
}

function verdictBlocks({ kind, reasons, cautions }: Verdict): string[] {
  const items = [
    ...reasons.map((reason) => ({ ...reason, mark: kind })),
    ...cautions.map((caution) => ({ ...caution, mark: 'caution' })),
  ].map(({ mark, code, where, message, hint }) => {
    const advice = hint === '' ? '' : ` *${escaped(hint)}*`;
    return `- **${mark}** \`${code}\` at ${escaped(where)}: ${escaped(message)}${advice}`;
  });
  return items.length === 0 ? [] : [items.join('\n')];
}

const bullets = (lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [lines.map((line) => `- ${escaped(line)}`).join('\n')];

function trialBlocks(trial: TrialResult, trials: number): string[] {
  const { index, attempt, verdict, accounting, rates } = trial;
  const title =
    trials === 1 ? [] : [`### Trial ${index}, attempt ${attempt}: ${verdict.kind}`, ...verdictBlocks(verdict)];
  const { scheduled, ok, shed, unfinished, cancelled } = accounting;
  const requests = `${countText(scheduled)} scheduled = ${countText(ok)} ok + ${countText(failedOf(accounting))} failed + ${countText(shed)} shed + ${countText(unfinished)} unfinished; ${countText(cancelled)} cancelled.`;
  const rateTexts = Object.entries(rates).map(([name, value]) => `${name} ${figureText(value)}/s`);
  const notes = latencyNotes(trial.latency).map((note) => `- ${note}`);
  const phases = phaseRows(trial);
  return [
    ...title,
    `${requests} ${rateTexts.join(', ')}.`,
    gridTable([LATENCY_HEADING, ...latencyRows(trial.latency)]),
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
    ...(phases.length > 2 ? [gridTable(phases)] : []),
    ...agentBlocks(trial),
    ...failureBlocks(trial),
    ...slowestBlocks(trial),
    `One row per second: [${trial.series.path}](${encodeURI(trial.series.path)}). Schedule digest: ${trial.scheduleDigest ?? 'none, arrivals depend on completions'}.`,
  ];
}

function agentBlocks({ perAgent }: TrialResult): string[] {
  if (perAgent.length < 2) return [];
  const value = (ms: number | null): string => (ms === null ? '-' : figureText(ms));
  const rows = perAgent.map(({ agent, accounting, response, lag }) => [
    agent,
    countText(accounting.scheduled),
    countText(accounting.ok),
    value(response.p50),
    value(response.p99),
    value(lag.p99),
  ]);
  return [gridTable([['agent', 'scheduled', 'ok', 'response p50 ms', 'response p99 ms', 'lag p99 ms'], ...rows])];
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
    ...[intendedMs, waitMs, lagMs, serviceMs].map(figureText),
    agent,
  ]);
  return [gridTable([['slowest', 'sample', 'intended ms', 'wait ms', 'lag ms', 'service ms', 'agent'], ...rows])];
}

function instrumentBlocks({ instrument, nodes }: Benchmarks): string[] {
  const clocks = instrument.clocks.map(({ agent, offsetMs, boundMs, driftPpm }) => [
    agent,
    figureText(offsetMs),
    figureText(boundMs),
    figureText(driftPpm),
  ]);
  const places = nodes.map(({ id, agents }) => `- \`${id}\`: ${agents.join(', ')}`);
  return [
    '## Instrument',
    ...(places.length === 0 ? [] : [places.join('\n')]),
    ...(clocks.length === 0 ? [] : [gridTable([['agent', 'clock offset ms', '+- ms', 'drift ppm'], ...clocks])]),
    ...instrument.calibration.map((calibration) => `\`\`\`json\n${JSON.stringify(calibration)}\n\`\`\``),
  ];
}

function evidenceBlocks({ run, evidence }: Benchmarks): string[] {
  const rows = evidence.map(({ path, bytes, sha256 }) => [path, countText(bytes), sha256]);
  return [
    '## Evidence',
    `Campaign ${run.campaignDigest}, plan ${run.planDigest}, source ${run.source.commit ?? 'outside a repository'}${run.source.dirty === true ? ' with local changes' : ''}.`,
    gridTable([['file', 'bytes', 'SHA-256'], ...rows]),
  ];
}

/** First row the heading, first column to the left, the others to the right. */
function gridTable([heading = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => escaped(cell.trimStart())).join(' | ')} |`;
  const rule = `|${heading.map((_, column) => (column === 0 ? ' --- |' : ' ---: |')).join('')}`;
  return [line(heading), rule, ...rows.map(line)].join('\n');
}

/** Text from targets and campaigns must not become markup or break a table. */
const escaped = (text: string): string => text.replaceAll(/[\\|<>*_`[\]]/g, '\\$&').replaceAll(/\s+/g, ' ');
