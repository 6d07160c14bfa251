import { join } from 'node:path';
import type { Plan } from '../campaign/plan.ts';
import { assembleBenchmarks } from '../report/benchmarks.ts';
import { htmlReport } from '../report/html/page.ts';
import { markdownReport } from '../report/markdown.ts';
import { seriesCsv } from '../report/series.ts';
import { judgeCell } from '../verdict/judge-cell.ts';
import { judgeRun } from '../verdict/judge-run.ts';
import type { Benchmarks } from '../verdict/result.ts';
import { seriesPath } from '../verdict/series.ts';
import type { Reason } from '../verdict/verdict.ts';
import { digestsOf, type Files, sealed, written } from './computed-files.ts';
import type { RunEvidence } from './evidence.ts';
import { readEvidence } from './folder-evidence.ts';
import { pageKit } from './page-kit.ts';
import { readPlan } from './plan-file.ts';
import { isRecorded, refuseTampered } from './recorded-files.ts';
import { ResultsError } from './results-error.ts';
import { byPath, digestFiles, type FileDigest, jsonText } from './results-folder.ts';
import type { RunFacts } from './run-facts.ts';
import { calibrations, missedOf, runRecord } from './run-record.ts';

/** Everything that is computed of a results folder's evidence; nothing of it is written yet. */
export interface Results {
  readonly plan: Plan;
  readonly evidence: RunEvidence;
  readonly benchmarks: Benchmarks;
  /** Every computed file but the manifest. */
  readonly files: Files;
  /** What was recorded, as it lies in the folder. */
  readonly recorded: readonly FileDigest[];
}

/**
 * Computes a run's results from what its folder holds as evidence, `plan.json` and the journal: nodes and calibration,
 * series, `benchmarks.json`, `report.md`, `report.html`. The bytes depend on nothing else. Throws {@link ResultsError}, also where the
 * evidence is not what the run left.
 */
export async function computeResults(folder: string): Promise<Results> {
  const { plan, digest } = await readPlan(folder);
  const recorded = await digestFiles(folder, isRecorded);
  await refuseTampered(folder, plan, recorded);
  const evidence = await readEvidence(folder, plan, 'does not fit plan.json beside it');
  refuseOtherPlan(folder, digest, evidence.facts);
  const facts = factFiles(evidence.facts);
  const benchmarks = judge(plan, digest, evidence, [...recorded, ...digestsOf(facts)].sort(byPath));
  return {
    plan,
    evidence,
    benchmarks,
    files: new Map([...facts, ...resultFiles(plan, evidence, benchmarks)]),
    recorded,
  };
}

/**
 * Computes a run's results and writes them into its folder, the manifest last, and that only when the run has ended. A
 * file that has its bytes already is left alone. Throws {@link ResultsError}.
 */
export async function judgeFolder(folder: string): Promise<Benchmarks> {
  const results = await computeResults(folder);
  await writeResults(folder, results, results.files.keys());
  return results.benchmarks;
}

/** Writes the computed files of `paths`, and the manifest where the run has ended. */
export async function writeResults(folder: string, results: Results, paths: Iterable<string>): Promise<void> {
  const { files, recorded, evidence } = results;
  await written(folder, files, paths);
  if (evidence.facts.hasEnded) await sealed(folder, [...recorded, ...digestsOf(files)]);
}

/** A journal says of which plan it is. */
function refuseOtherPlan(folder: string, digest: string, { planDigest }: RunFacts): void {
  if (planDigest === null || planDigest === digest) return;
  const path = join(folder, 'plan.json');
  const found = `found ${digest.slice(0, 19)}…, the journal was written for ${planDigest.slice(0, 19)}…`;
  throw new ResultsError('path', `${path}: ${found}: one of them was changed after the run`);
}

/** What is judged otherwise than the run would be: by which file, and what is to be said of each cell, by its index. */
export interface Otherwise {
  readonly rejudged: NonNullable<Benchmarks['rejudged']>;
  cautionsOf(cell: number): readonly Reason[];
}

/** Judges every cell of a plan on its evidence. `files`: the evidence, as results list it. */
export function judge(
  plan: Plan,
  planDigest: string,
  { facts, trials }: RunEvidence,
  files: readonly FileDigest[],
  otherwise: Otherwise | null = null,
): Benchmarks {
  const nameOf = (agent: number): string => facts.agents.get(agent)?.name ?? `agent-${agent}`;
  const cells = plan.cells.map((cell, index) => {
    const own = trials.filter((trial) => trial.cell === index);
    const inOrder = own.toSorted((a, b) => a.trial - b.trial || a.attempt - b.attempt);
    const judged = judgeCell(cell, inOrder, nameOf, missedOf(facts, own, index));
    const more = otherwise?.cautionsOf(index) ?? [];
    return { ...judged, verdict: { ...judged.verdict, cautions: [...judged.verdict.cautions, ...more] } };
  });
  const record = runRecord(facts, planDigest, files);
  const benchmarks = assembleBenchmarks(plan, record, cells, judgeRun(cells, facts.state, facts.resumed));
  return otherwise === null ? benchmarks : { ...benchmarks, rejudged: otherwise.rejudged };
}

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

/** Series, result and reports, by path. */
export function resultFiles(plan: Plan, { trials }: RunEvidence, benchmarks: Benchmarks): Files {
  const files = new Map<string, string>();
  for (const { cell, trial, attempt, seconds } of trials) {
    const id = plan.cells[cell]?.id ?? String(cell);
    files.set(seriesPath(id, trial, attempt), seriesCsv(seconds));
  }
  files.set('benchmarks.json', jsonText(benchmarks));
  files.set('report.md', markdownReport(benchmarks));
  files.set('report.html', htmlReport(benchmarks, plan, trials, pageKit()));
  return files;
}
