import { resolve } from 'node:path';
import type { InsideHandle, InsidePlace } from '../engines/inside-place.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { chosenPlace, type EngineOptions } from './chosen-engine.ts';
import { Failure } from './failure.ts';
import { FirstInterrupt } from './first-interrupt.ts';
import { type Conclusion, concludeInside, endOf, manifestHere, whereItLies } from './inside/conclude.ts';
import { fetchCommand } from './inside/fetch-command.ts';
import { follow } from './inside/follow.ts';
import type { Word } from './inside/words.ts';
import { explained } from './place-failure.ts';
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
  const resultsDir = resolve(options.results);
  const manifestBefore = await manifestHere(resultsDir, runId);
  const known = { place, handle, resultsDir, manifestBefore, fetchCommand: fetchCommand(runId, options, resultsDir) };
  const interrupt = new FirstInterrupt(process);
  const end = await explained(fetched(known, progress, interrupt)).finally(() => {
    interrupt.close();
    progress.close();
  });
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

type Known = Pick<Conclusion, 'place' | 'handle' | 'resultsDir' | 'manifestBefore' | 'fetchCommand'>;

/** Nothing ends this but the run's end, or the user's patience: then the run goes on, and what it left stays there. */
async function fetched(known: Known, progress: Progress, interrupt: FirstInterrupt): Promise<SupervisedEnd> {
  const { place, handle } = known;
  const { signal } = interrupt;
  let folderThere: string | null = null;
  const heard = (word: Word): void => {
    if (word.kind === 'begun') folderThere = word.folder;
    if (word.kind === 'progress') progress.show(word.event);
  };
  const onLost = (message: string): void => progress.show({ kind: 'fault', message });
  const last = await follow({ place, handle, heard, onLost, signal });
  if (last === null && signal.aborted) return leftAlone(known, interrupt);
  return await concludeInside(
    { ...known, folderThere, interruptedBy: () => interrupt.by, onLost, signal },
    endOf(last),
  );
}

const leftAlone = (known: Known, { by }: FirstInterrupt): SupervisedEnd => ({
  kind: 'failed',
  exitCode: EXIT_CODES.interrupted.code,
  message: `ended by ${by}; the run goes on without this command, and what comes of it lies in ${whereItLies(known)}`,
});
