import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readKept } from '../../coordinator/kept-result.ts';
import { MANIFEST } from '../../coordinator/results-folder.ts';
import { type InsideHandle, type InsidePlace, PlaceTrouble } from '../../engines/inside-place.ts';
import { sha256OfFile } from '../../models/digest.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { dialText } from '../dial.ts';
import { exitOf } from '../judged-exit.ts';
import type { SupervisedEnd } from '../supervise.ts';
import { fetchFolder } from './fetch-folder.ts';
import type { AtOnce } from './interrupts.ts';
import type { LastWord } from './words.ts';

/** How a coordinator elsewhere ended, as seen from here. */
export type InsideEnd =
  | Spoken
  | AtOnce
  /** No place came `within` that time. `why`: the engine's own words. */
  | { readonly kind: 'unplaced'; readonly within: string; readonly why: string }
  /** It is gone, and said no last word. */
  | { readonly kind: 'silent' };

/** The last word of a run. */
type Spoken = Exclude<LastWord, { readonly kind: 'dialled' }>;

/** Of what was heard last; null: nothing that is one. */
export function endOf(last: LastWord | null): InsideEnd {
  if (last === null) return { kind: 'silent' };
  if (last.kind !== 'dialled') return last;
  return { kind: 'failed', exitCode: last.exitCode, message: dialText(last.dialled) };
}

/** What is known of the run when its coordinator has ended. */
export interface Conclusion {
  readonly place: InsidePlace;
  readonly handle: InsideHandle;
  /** Absolute: where run folders go. */
  readonly resultsDir: string;
  /** What brings the results later on, as it would be typed. */
  readonly fetchCommand: string;
  /** Of the manifest that lay here when this command began ({@link manifestHere}). */
  readonly manifestBefore: string | null;
  /** What the results folder is called there; null: the run had not begun. */
  readonly folderThere: string | null;
  /** The signal by which this command was told to end, so far; null: none. */
  readonly interruptedBy: () => string | null;
  readonly onLost: (sentence: string) => void;
  /** Ends the fetching. */
  readonly signal: AbortSignal;
}

/** SHA-256 of the manifest that lies under a run's name here; null: there is none. Another one is of another recording. */
export const manifestHere = (resultsDir: string, runId: string): Promise<string | null> =>
  sha256OfFile(join(resultsDir, runId, MANIFEST)).catch(() => null);

/**
 * Brings the results of a coordinator that has ended, and gives its place and room back once they are here: nothing is
 * removed there before. Where they do not come whole it says where they lie, and what fetches them later.
 */
export async function concludeInside(known: Conclusion, end: InsideEnd): Promise<SupervisedEnd> {
  switch (end.kind) {
    case 'unplaced':
      return await unplaced(known, end);
    case 'at-once':
      return known.folderThere === null ? await neverBegun(known) : endedAtOnce(known);
    default:
      return await fetched(known, end);
  }
}

/** Its coordinator has ended, by itself or not. */
type Over = Spoken | { readonly kind: 'silent' };

async function fetched(known: Conclusion, end: Over): Promise<SupervisedEnd> {
  const { place, handle } = known;
  try {
    const { reason } = end.kind === 'silent' ? await endedStatus(place, handle) : { reason: '' };
    const folder = await fetchFolder(known);
    if (end.kind === 'silent' && folder === null && known.interruptedBy() !== null) return await neverBegun(known);
    const said = end.kind === 'silent' ? silence(known, folder, reason) : await spoken(known, folder, end);
    await place.clear(handle).catch((error: unknown) => known.onLost(uncleared(known, error)));
    return said;
  } catch (error) {
    if (known.signal.aborted) return endedAtOnce(known);
    if (!(error instanceof PlaceTrouble)) return unfetched(known, error);
    if (error.kind === 'cleared' && (await hasComeMeanwhile(known))) return await broughtByAnother(known, end);
    return error.kind === 'gone' || error.kind === 'cleared' ? await gone(known, error) : unfetched(known, error);
  }
}

async function hasComeMeanwhile({ resultsDir, handle, manifestBefore }: Conclusion): Promise<boolean> {
  const manifest = await manifestHere(resultsDir, handle.runId);
  return manifest !== null && manifest !== manifestBefore;
}

/** To the same place here: it is this command's result too. */
async function broughtByAnother(known: Conclusion, end: Over): Promise<SupervisedEnd> {
  const folder = join(known.resultsDir, known.handle.runId);
  if (end.kind !== 'silent') return await spoken(known, folder, end);
  const kept = await readKept(folder);
  const exitCode = kept === null ? EXIT_CODES['own-fault'].code : exitOf(kept.benchmarks, {});
  return await spoken(known, folder, { kind: 'finished', exitCode });
}

const uncleared = ({ place }: Conclusion, error: unknown): string =>
  `${place.name}: the results are here, and their place was not given back: ${sentenceOf(error)}`;

/** The room went before its results were here: what is left of it goes too. */
async function gone(
  { place, handle, interruptedBy, resultsDir }: Conclusion,
  { kind, message }: PlaceTrouble,
): Promise<SupervisedEnd> {
  await place.clear(handle);
  const how = kind === 'cleared' ? 'inconclusive' : 'own-fault';
  const exitCode = EXIT_CODES[interruptedBy() === null ? how : 'interrupted'].code;
  const folder = join(resultsDir, handle.runId);
  const why = kind === 'cleared' ? `${message}: another command has brought its results, or discarded them` : message;
  const earlier = existsSync(folder) ? `; what came before lies in ${folder}` : '';
  return failed(exitCode, `nothing of the run came by this command: ${why}${earlier}`);
}

async function spoken(known: Conclusion, folder: string | null, end: Spoken): Promise<SupervisedEnd> {
  if (end.kind === 'failed') return failed(end.exitCode, calledHere(known, folder, end.message));
  const kept = folder === null ? null : await readKept(folder);
  if (folder === null || kept === null) {
    return failed(EXIT_CODES['own-fault'].code, `${known.handle.room}: holds no complete results folder`);
  }
  const { benchmarks: summary } = kept;
  const { verdict } = summary;
  return {
    kind: 'finished',
    exitCode: end.exitCode,
    result: { kind: 'finished', folder, verdict, exitCode: end.exitCode, summary },
  };
}

/** Sentences from there name the folder as it is called there. */
const calledHere = ({ folderThere }: Conclusion, folder: string | null, message: string): string =>
  folderThere === null || folder === null ? message : message.replaceAll(folderThere, folder);

/** As a coordinator here that died. */
function silence(known: Conclusion, folder: string | null, reason: string): SupervisedEnd {
  const how = `the coordinator inside ended before the run was over${reason === '' ? '' : `: ${reason}`}`;
  const journal = folder === null ? null : join(folder, 'journal');
  const kept =
    journal === null || !existsSync(journal)
      ? 'it had not begun to record, so there is nothing to keep'
      : `everything that was acknowledged is in ${journal}; go on with it: loadcell run --resume ${folder}`;
  const exitCode = known.interruptedBy() === null ? EXIT_CODES['own-fault'].code : EXIT_CODES.interrupted.code;
  return failed(exitCode, `${how}; ${kept}`);
}

async function endedStatus(place: InsidePlace, handle: InsideHandle): Promise<{ readonly reason: string }> {
  const status = await place.status(handle);
  return { reason: status.kind === 'ended' ? status.reason : '' };
}

async function unplaced(
  { place, handle }: Conclusion,
  { within, why }: Extract<InsideEnd, { kind: 'unplaced' }>,
): Promise<SupervisedEnd> {
  await place.clear(handle);
  return failed(EXIT_CODES.inconclusive.code, `no place was given to the coordinator within ${within}: ${why}`);
}

async function neverBegun({ place, handle, interruptedBy }: Conclusion): Promise<SupervisedEnd> {
  await place.clear(handle);
  return failed(
    EXIT_CODES.interrupted.code,
    `ended by ${interruptedBy()} before the run had begun to record, so there is nothing to keep`,
  );
}

function endedAtOnce(known: Conclusion): SupervisedEnd {
  const message = `ended at once by ${known.interruptedBy()}; what was recorded lies in ${whereItLies(known)}`;
  return failed(EXIT_CODES.interrupted.code, message);
}

/** Nothing is lost: the room is left as it is. */
function unfetched(known: Conclusion, error: unknown): SupervisedEnd {
  const why = sentenceOf(error);
  const message = `the run is over, and its results folder did not come whole: ${why}; it lies in ${whereItLies(known)}`;
  return failed(EXIT_CODES['own-fault'].code, message);
}

/** With what fetches it. */
export const whereItLies = ({
  place,
  handle,
  fetchCommand,
}: Pick<Conclusion, 'place' | 'handle' | 'fetchCommand'>): string =>
  `${handle.room}; results stay there ${place.keeps}: ${fetchCommand}`;

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const failed = (exitCode: number, message: string): SupervisedEnd => ({ kind: 'failed', exitCode, message });
