import { resolve } from 'node:path';
import { type InsideHandle, type InsidePlace, PlaceTrouble } from '../engines/inside-place.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { chosenPlace, type EngineOptions } from './chosen-engine.ts';
import { Failure } from './failure.ts';
import { type Conclusion, concludeInside, endOf } from './inside/conclude.ts';
import { fetchCommand } from './inside/fetch-command.ts';
import { follow } from './inside/follow.ts';
import type { Word } from './inside/words.ts';
import { noProgress, openProgress, type Progress } from './progress.ts';
import { concluded } from './run.ts';
import type { SupervisedEnd } from './supervise.ts';

const USAGE = EXIT_CODES['before-start'].code;

export interface FetchOptions extends EngineOptions {
  readonly results: string;
  readonly discard?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly strict?: boolean;
}

/**
 * `loadcell fetch`: brings the results folder of a run whose coordinator was on a place of its own, waiting for a run that
 * is under way, and gives the exit code of the run. Throws a {@link Failure} where there is nothing of that run.
 */
export async function fetchRun(runId: string, options: FetchOptions): Promise<number> {
  const place = await chosenPlace(options);
  if (place === null) {
    const found = `--engine: found ${options.engine}, whose coordinators are here`;
    throw new Failure(USAGE, `${found}; expected --engine slurm or kubernetes, or loadcell show ${runId}`);
  }
  const handle = await explained(found(place, runId));
  if (options.discard === true) return await explained(discarded(place, handle));
  const progress = options.quiet === true ? noProgress : await openProgress(process.stderr, process.env);
  const known = { resultsDir: resolve(options.results), fetchCommand: fetchCommand(runId, options) };
  const end = await explained(fetched(place, handle, known, progress)).finally(() => progress.close());
  return await concluded(end, options);
}

async function found(place: InsidePlace, runId: string): Promise<InsideHandle> {
  const [handle] = await place.find(runId);
  if (handle !== undefined) return handle;
  const others = (await place.find(null)).map((other) => other.runId);
  const hint = others.length === 0 ? 'and nothing of any other run' : `expected ${others.join(', ')}`;
  throw new Failure(USAGE, `${place.name}: found nothing of ${runId} there, ${hint}`);
}

async function discarded(place: InsidePlace, handle: InsideHandle): Promise<number> {
  const status = await place.status(handle);
  if (status.kind === 'unknown') {
    const message = `${handle.runId}: is not known to be over, and is left as it is: ${status.reason}`;
    throw new Failure(EXIT_CODES.inconclusive.code, message);
  }
  if (status.kind !== 'ended') {
    throw new Failure(
      USAGE,
      `${handle.runId}: is under way, expected a run that is over; loadcell engines cancel ${handle.runId} ends it`,
    );
  }
  await place.clear(handle);
  process.stdout.write(`${place.name}: removed ${handle.room}\n`);
  return EXIT_CODES.pass.code;
}

/** Nothing ends this but the run's end, or the user's patience: then the run goes on. */
async function fetched(
  place: InsidePlace,
  handle: InsideHandle,
  known: Pick<Conclusion, 'resultsDir' | 'fetchCommand'>,
  progress: Progress,
): Promise<SupervisedEnd> {
  const { signal } = new AbortController();
  let folderThere: string | null = null;
  const heard = (word: Word): void => {
    if (word.kind === 'begun') folderThere = word.folder;
    if (word.kind === 'progress') progress.show(word.event);
  };
  const onLost = (message: string): void => progress.show({ kind: 'fault', message });
  const end = endOf(await follow({ place, handle, heard, onLost, signal }));
  return await concludeInside({ ...known, place, handle, folderThere, interruptedBy: null, onLost, signal }, end);
}

async function explained<T>(doing: Promise<T>): Promise<T> {
  return await doing.catch((error: unknown) => {
    if (!(error instanceof PlaceTrouble)) throw error;
    throw new Failure(error.kind === 'lost' ? EXIT_CODES.inconclusive.code : USAGE, error.message);
  });
}
