import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { figureText } from '../report/figures.ts';
import { columns, leftColumns } from '../report/layout.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';
import { nightOf } from './history/kept-run.ts';
import { HistoryStore } from './history/store.ts';
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
  const store = openedStore(path);
  try {
    return await use(store);
  } finally {
    store.close();
  }
}

function openedStore(path: string): HistoryStore {
  try {
    return new HistoryStore(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(
      USAGE,
      `--store: ${path}: cannot be opened: ${why}; expected a file that loadcell baseline add made`,
    );
  }
}

/** `loadcell baseline add`: only runs that passed, unless forced. */
export function addBaselines(
  runs: readonly string[],
  options: HistoryOptions & { readonly force?: boolean },
): Promise<void> {
  return withStore(options, 'made', async (store) => {
    for (const run of runs) {
      const { kept, figures } = await nightOf(run, options);
      if (kept.verdict !== 'pass' && options.force !== true) {
        throw new Failure(
          USAGE,
          `${kept.runId}: found a run that ended ${kept.verdict}, expected one that passed; --force keeps it all the same`,
        );
      }
      store.add(kept, figures);
      process.stdout.write(`kept ${kept.runId} with ${figures.length} figures\n`);
    }
  });
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
