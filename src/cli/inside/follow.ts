import { setTimeout as delay } from 'node:timers/promises';
import { type InsideHandle, type InsidePlace, PlaceTrouble } from '../../engines/inside-place.ts';
import { packageVersion } from '../version.ts';
import { isLast, type LastWord, parseWord, UnknownWord, type Word } from './words.ts';

export interface Following {
  readonly place: InsidePlace;
  readonly handle: InsideHandle;
  readonly heard: (word: Word) => void;
  /** The connection broke, one sentence: told once until it is back. */
  readonly onLost: (sentence: string) => void;
  /** Ends the listening. */
  readonly signal: AbortSignal;
  /** Milliseconds between two tries to find a place again; by default two seconds. */
  readonly againMs?: number;
}

const AGAIN_MS = 2_000;
/** How long a place may be out of reach before whoever follows it gives up. */
export const LOST_MS = 600_000;

/**
 * Hears a coordinator from its first word to its last, also through connections that break: each word once. Null: it ended
 * without a last word, or the signal is aborted. Throws the {@link PlaceTrouble} of a place that stays lost, and one of a
 * coordinator whose words only another version understands.
 */
export async function follow(following: Following): Promise<LastWord | null> {
  let heard = 0;
  let last: LastWord | null = null;
  let version: string | null = null;
  const wordIn = (line: string): Word | null => {
    try {
      return parseWord(line);
    } catch (error) {
      throw error instanceof UnknownWord ? ofAnother(version, error) : error;
    }
  };
  const listen = async (): Promise<void> => {
    const { place, handle, signal } = following;
    for await (const line of place.words(handle, heard, signal)) {
      heard++;
      const word = wordIn(line);
      if (word === null) continue;
      if (word.kind === 'begun') version = word.loadcell;
      following.heard(word);
      if (!isLast(word)) continue;
      last = word;
      return;
    }
  };
  await throughBreaks(listen, following, () => heard);
  return last;
}

/** `version`: that of the coordinator; null: it has not said, or is older than that it would. */
function ofAnother(version: string | null, { word }: UnknownWord): PlaceTrouble {
  const its = version === null ? 'another version of loadcell' : `loadcell ${version}`;
  const own = packageVersion();
  return new PlaceTrouble(
    'refused',
    `its coordinator is ${its} and says '${word}', which loadcell ${own} does not know: expected one version on both sides`,
  );
}

/**
 * Does what needs a connection to a place again and again until it is done, as long as not ten minutes pass in which
 * `got` stays as it was. Returns early once the signal is aborted.
 */
export async function throughBreaks(
  attempt: () => Promise<void>,
  { onLost, signal, againMs = AGAIN_MS }: Pick<Following, 'onLost' | 'signal' | 'againMs'>,
  got: () => number,
): Promise<void> {
  const breaks = new Breaks(got);
  while (!signal.aborted) {
    const lost = await attempt().then(() => null, lostOf);
    if (lost === null || signal.aborted) return;
    const known = breaks.note();
    if (known === 'too-long') throw lost;
    if (known === 'new') onLost(`${lost.message}; looking for it again, the run needs no connection meanwhile`);
    await delay(againMs, undefined, { signal }).catch(() => {});
  }
}

/** Throws whatever is no break of a connection. */
function lostOf(error: unknown): PlaceTrouble {
  if (error instanceof PlaceTrouble && error.kind === 'lost') return error;
  throw error;
}

/** Since when a place is out of reach: what it gave meanwhile ends that. */
class Breaks {
  readonly #got: () => number;
  #before: number;
  #since: number | null = null;

  constructor(got: () => number) {
    this.#got = got;
    this.#before = got();
  }

  note(): 'new' | 'known' | 'too-long' {
    const got = this.#got();
    const isNew = this.#since === null || got !== this.#before;
    if (isNew) this.#since = performance.now();
    this.#before = got;
    if (performance.now() - (this.#since ?? 0) > LOST_MS) return 'too-long';
    return isNew ? 'new' : 'known';
  }
}
