import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '../campaign/plan.ts';
import { assembleBenchmarks, type RunRecord } from '../report/benchmarks.ts';
import { markdownReport } from '../report/markdown.ts';
import { seriesCsv } from '../report/series.ts';
import type { NotRun } from '../verdict/evidence.ts';
import { judgeCell } from '../verdict/judge-cell.ts';
import { judgeRun } from '../verdict/judge-run.ts';
import type { Benchmarks } from '../verdict/result.ts';
import { seriesPath } from '../verdict/series.ts';
import { EvidenceFold, type RunEvidence } from './evidence.ts';
import { ResultsError } from './results-error.ts';
import { digestFiles, type FileDigest, jsonText, MANIFEST, manifestText, writeWhole } from './results-folder.ts';
import { readJournal } from './results-journal.ts';
import type { RunFacts } from './run-facts.ts';

/**
 * Computes a run's results from what its folder holds as evidence (`plan.json` and the journal) and writes them there:
 * nodes and calibration, series, `benchmarks.json`, `report.md`, and the manifest last. The bytes depend on nothing
 * else, and a file that has them already is left alone. Throws {@link ResultsError}.
 */
export async function judgeFolder(folder: string): Promise<Benchmarks> {
  const { plan, digest } = await readPlan(folder);
  const evidence = await readEvidence(folder, plan);
  await writeChanged(folder, factFiles(evidence.facts));
  const benchmarks = judge(plan, digest, evidence, await digestFiles(folder, isEvidence));
  await writeChanged(folder, resultFiles(plan, evidence, benchmarks));
  await writeChanged(folder, new Map([[MANIFEST, await manifestText(folder)]]));
  return benchmarks;
}

/** What results are computed from; nothing else that lies in the folder changes them. */
const isEvidence = (path: string): boolean =>
  ['campaign.yaml', 'plan.json', 'calibration.json'].includes(path) || /^(nodes|journal|telemetry)\//.test(path);

async function readPlan(folder: string): Promise<{ readonly plan: Plan; readonly digest: string }> {
  const path = join(folder, 'plan.json');
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new ResultsError('path', `${path}: not found, expected a results folder with plan.json and journal/`, error);
  });
  const plan = parsePlan(path, bytes.toString('utf8'));
  return { plan, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

function parsePlan(path: string, text: string): Plan {
  try {
    const plan = JSON.parse(text) as Plan;
    if (plan.kind === 'loadcell/plan' && plan.schemaVersion === 1) return plan;
  } catch (error) {
    throw new ResultsError('path', `${path}: found text that is no JSON, expected a plan`, error);
  }
  throw new ResultsError('path', `${path}: found another kind of file, expected a plan of schema version 1`);
}

async function readEvidence(folder: string, plan: Plan): Promise<RunEvidence> {
  const fold = new EvidenceFold(plan);
  try {
    for await (const entry of readJournal(folder)) fold.add(entry);
    return fold.evidence();
  } catch (error) {
    if (error instanceof ResultsError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new ResultsError('path', `${join(folder, 'journal')}: does not fit plan.json beside it: ${why}`, error);
  }
}

function judge(plan: Plan, planDigest: string, evidence: RunEvidence, files: readonly FileDigest[]): Benchmarks {
  const { facts, trials } = evidence;
  const nameOf = (agent: number): string => facts.agents.get(agent)?.name ?? `agent-${agent}`;
  const cells = plan.cells.map((cell, index) => {
    const own = trials.filter((trial) => trial.cell === index);
    return judgeCell(
      cell,
      own.toSorted((a, b) => a.trial - b.trial || a.attempt - b.attempt),
      nameOf,
      missedOf(facts, own, index),
    );
  });
  return assembleBenchmarks(
    plan,
    runRecord(facts, planDigest, files),
    cells,
    judgeRun(cells, facts.state, facts.resumed),
  );
}

/** Trials of a cell that were given up before any attempt of them was begun. */
const missedOf = ({ notRun }: RunFacts, own: RunEvidence['trials'], cell: number): NotRun[] =>
  notRun
    .filter(
      (missed) => missed.cell === cell && !own.some(({ trial, startedAt }) => trial === missed.trial && startedAt),
    )
    .map(({ trial, why, cause }) => ({ trial, why, cause }));

function runRecord(facts: RunFacts, planDigest: string, evidence: readonly FileDigest[]): RunRecord {
  const agents = [...facts.agents].sort(([a], [b]) => a - b);
  const nameOf = (agent: number): string => facts.agents.get(agent)?.name ?? `agent-${agent}`;
  return {
    id: facts.runId,
    startedAt: facts.startedAt,
    endedAt: facts.endedAt,
    state: facts.state,
    resumed: facts.resumed,
    source: facts.source,
    planDigest,
    instrument: {
      calibration: calibrations(facts),
      clocks: [...facts.clocks].sort(([a], [b]) => a - b).map(([agent, clock]) => ({ agent: nameOf(agent), ...clock })),
    },
    nodes: facts.nodes.map(({ id, fingerprint }) => ({
      id,
      agents: agents.filter(([, { node }]) => node === id).map(([, { name }]) => name),
      fingerprint,
    })),
    targets: facts.targets,
    evidence,
  };
}

const calibrations = ({ calibrations: all }: RunFacts): Benchmarks['instrument']['calibration'] =>
  all.map(({ node, ageS, result }) => ({ node, ageS, ...result }));

type Files = ReadonlyMap<string, string>;

/** What the journal says of nodes and their calibration, as files of their own. */
function factFiles(facts: RunFacts): Files {
  const files = new Map<string, string>();
  for (const { id, fingerprint } of facts.nodes) files.set(`nodes/${fileName(id)}.json`, jsonText(fingerprint));
  const calibration = { kind: 'loadcell/calibration', schemaVersion: 1, calibrations: calibrations(facts) };
  files.set('calibration.json', jsonText(calibration));
  return files;
}

/** Names of nodes are host names; anything else in them must not become a path. */
const fileName = (id: string): string => id.replaceAll(/[^\w.-]/g, '_').replace(/^\.+/, '_');

function resultFiles(plan: Plan, { trials }: RunEvidence, benchmarks: Benchmarks): Files {
  const files = new Map<string, string>();
  for (const { cell, trial, attempt, seconds } of trials) {
    const id = plan.cells[cell]?.id ?? String(cell);
    files.set(seriesPath(id, trial, attempt), seriesCsv(seconds));
  }
  files.set('benchmarks.json', jsonText(benchmarks));
  files.set('report.md', markdownReport(benchmarks));
  return files;
}

async function writeChanged(folder: string, files: Files): Promise<void> {
  for (const [path, text] of files) {
    if ((await textOf(join(folder, path))) !== text) await writeWhole(join(folder, path), text);
  }
}

const textOf = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null);
