import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { systemCode } from '../coordinator/results-error.ts';
import { makeFolders } from '../models/make-folders.ts';
import { figureText } from '../report/figures.ts';
import { columns, leftColumns } from '../report/layout.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';
import { type NightOfRun, nightOf } from './history/kept-run.ts';
import { HistoryStore } from './history/store.ts';
import { storeFailure } from './history/store-failure.ts';
import type { RunsOptions } from './run-argument.ts';

export interface HistoryOptions extends RunsOptions {
  /** The store's file; absent: `history.sqlite` in the results folder. */
  readonly store?: string;
  readonly json?: boolean;
}

const USAGE = EXIT_CODES['before-start'].code;

export const storePath = ({ store, results }: HistoryOptions): string =>
  resolve(store ?? join(results, 'history.sqlite'));

/** Does something with the store and closes it. `missing`: whether one that is not there is made. */
export async function withStore<T>(
  options: HistoryOptions,
  missing: 'made' | 'refused',
  use: (store: HistoryStore) => T | Promise<T>,
): Promise<T> {
  const path = storePath(options);
  if (missing === 'refused' && !existsSync(path)) {
    throw new Failure(USAGE, `--store: ${path}: not found, expected the store that loadcell baseline add makes`);
  }
  const store = await openedStore(path);
  try {
    return await use(store);
  } catch (error) {
    throw storeFailure(path, error) ?? error;
  } finally {
    store.close();
  }
}

async function openedStore(path: string): Promise<HistoryStore> {
  await makeFolders(dirname(path)).catch((error) => {
    const why = systemCode(error) ?? String(error);
    throw new Failure(
      USAGE,
      `--store: ${path}: its folder cannot be made (${why}); expected a file in a folder of yours`,
    );
  });
  try {
    return new HistoryStore(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw (
      storeFailure(path, error) ??
      new Failure(USAGE, `--store: ${path}: cannot be opened: ${why}; expected a file that loadcell baseline add made`)
    );
  }
}

/**
 * `loadcell baseline add`: only runs that passed, unless forced. Those that cannot be kept are told and keep no other from
 * it, so that a store can be made anew from all results; where none can be kept, that is a mistake.
 */
export function addBaselines(
  runs: readonly string[],
  options: HistoryOptions & { readonly force?: boolean },
): Promise<void> {
  return withStore(options, 'made', async (store) => {
    const leftOut: string[] = [];
    for (const run of runs) {
      try {
        const { kept, cells } = await baselineOf(run, options);
        const figures = cells.flatMap((cell) => cell.figures);
        store.add(kept, figures);
        process.stdout.write(`kept ${kept.runId} with ${figures.length} figures\n`);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        leftOut.push(error.message);
      }
    }
    if (leftOut.length === runs.length) throw new Failure(USAGE, leftOut);
    for (const sentence of leftOut) process.stderr.write(`loadcell: left out: ${sentence}\n`);
  });
}

async function baselineOf(run: string, options: HistoryOptions & { readonly force?: boolean }): Promise<NightOfRun> {
  const night = await nightOf(run, options);
  const { runId, verdict } = night.kept;
  if (verdict === 'pass' || options.force === true) return night;
  throw new Failure(
    USAGE,
    `${runId}: found a run that ended ${verdict}, expected one that passed; --force keeps it all the same`,
  );
}

/** `loadcell baseline list` */
export function listBaselines(options: HistoryOptions): Promise<void> {
  return withStore(options, 'refused', (store) => {
    const runs = store.runs();
    if (options.json === true) process.stdout.write(`${JSON.stringify(runs, null, 2)}\n`);
    else {
      const rows = runs.map(({ runId, campaign, verdict, environment, commit }) => [
        runId,
        campaign,
        verdict,
        environment,
        commit?.slice(0, 12) ?? '-',
      ]);
      process.stdout.write(
        `${leftColumns([['run', 'campaign', 'verdict', 'environment', 'commit'], ...rows]).join('\n')}\n`,
      );
    }
  });
}

/** `loadcell baseline show` */
export function showBaseline(run: string, options: HistoryOptions): Promise<void> {
  return withStore(options, 'refused', (store) => {
    const kept = store.runs().find(({ runId }) => runId === run);
    if (kept === undefined) throw unknownRun(run);
    const figures = store.figures(run);
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify({ ...kept, figures }, null, 2)}\n`);
      return;
    }
    const rows = figures.map(({ cell, metric, log, trials }) => [
      `${cell} ${metric}`,
      figureText(Math.exp(log)),
      String(trials),
    ]);
    process.stdout.write(`${columns([['figure', 'value', 'trials'], ...rows]).join('\n')}\n`);
  });
}

/** `loadcell baseline remove` */
export function removeBaselines(runs: readonly string[], options: HistoryOptions): Promise<void> {
  return withStore(options, 'refused', (store) => {
    for (const run of runs) if (!store.remove(run)) throw unknownRun(run);
  });
}

const unknownRun = (run: string): Failure =>
  new Failure(USAGE, `${run}: found no such run in the store, expected one of loadcell baseline list`);
