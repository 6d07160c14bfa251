import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Benchmarks } from '../verdict/result.ts';
import type { VerdictKind } from '../verdict/verdict.ts';
import { writerOf } from './folder-lock.ts';
import { readKept } from './kept-result.ts';
import { readPlan } from './plan-file.ts';
import { ResultsError } from './results-error.ts';
import { runIds } from './run-location.ts';

/**
 * How a folder is found: as its run ended; `running`: a process of this machine writes into it, or one of another that
 * cannot be looked at; `unfinished`: its coordinator died; `damaged`: it is not as the run left it.
 */
export type ListedState = Benchmarks['run']['state'] | 'running' | 'unfinished' | 'damaged';

/** One results folder on one line. */
export interface ListedRun {
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
  readonly state: ListedState;
  /** Null where it cannot be told. */
  readonly campaign: string | null;
  /** ISO 8601 UTC. */
  readonly startedAt: string | null;
  readonly verdict: VerdictKind | null;
  readonly cells: number | null;
  /** Of all its files. */
  readonly bytes: number;
  /** Damaged: one sentence. */
  readonly trouble: string | null;
}

/** Every results folder below `resultsDir`, the newest first. Nothing is computed again. */
export async function listRuns(resultsDir: string, witness: Witness): Promise<ListedRun[]> {
  const runs: ListedRun[] = [];
  for (const id of await runIds(resultsDir)) runs.push(await listed(resolve(resultsDir, id), id, witness));
  return runs;
}

/** Who this process is, and whether another one runs. */
export type Witness = Parameters<typeof writerOf>[1];

async function listed(folder: string, id: string, witness: Witness): Promise<ListedRun> {
  const bytes = await bytesOf(folder);
  const base = { id, folder, bytes, startedAt: startOf(id), trouble: null };
  try {
    const kept = await readKept(folder);
    if (kept !== null) return { ...base, ...ofBenchmarks(kept.benchmarks) };
    const { plan } = await readPlan(folder);
    const state = (await writerOf(folder, witness)) === null ? 'unfinished' : 'running';
    return { ...base, state, campaign: plan.campaign.name, verdict: null, cells: plan.cells.length };
  } catch (error) {
    const trouble = error instanceof ResultsError ? error.message : `${folder}: cannot be read: ${String(error)}`;
    return { ...base, state: 'damaged', campaign: null, verdict: null, cells: null, trouble };
  }
}

const ofBenchmarks = ({ run, verdict, cells }: Benchmarks) => ({
  state: run.state,
  campaign: run.campaign,
  startedAt: run.startedAt,
  verdict: verdict.kind,
  cells: cells.length,
});

/** The instant that a run's id begins with. */
function startOf(id: string): string | null {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(id) ?? [];
  return year === undefined ? null : `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
}

async function bytesOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
