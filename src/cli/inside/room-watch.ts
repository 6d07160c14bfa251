import { stat } from 'node:fs/promises';

export const LOOK_MS = 2_000;
/** In a row: the file system of a network may lose sight of a file for a moment. */
export const LOOKS = 3;

/** What lies at a path: the same file as before, another one of a room that was made anew, nothing. */
export type Found = 'same' | 'another' | 'nothing';

/** How a file is found at its path from now on. What cannot be looked at may well be there. */
export async function watched(path: string): Promise<() => Promise<Found>> {
  const identity = async (): Promise<string> => {
    const { dev, ino, mtimeMs } = await stat(path);
    return `${dev} ${ino} ${mtimeMs}`;
  };
  const before = await identity();
  return () =>
    identity().then(
      (now) => (now === before ? 'same' : 'another'),
      (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? 'nothing' : 'same'),
    );
}

/**
 * Calls `onGone`, once, when `look` no longer finds the file that a room has as long as anybody leads its coordinator. Whoever
 * takes a coordinator for dead, since its engine does, brings what it left and clears its room, though it may live on where
 * nobody hears of it. Gives what ends the watch.
 */
export function watchFor(look: () => Promise<Found>, onGone: () => void): () => void {
  let missed = 0;
  const lookAgain = async (): Promise<void> => {
    missed = (await look()) === 'same' ? 0 : missed + 1;
    if (missed === LOOKS) onGone();
  };
  const timer = setInterval(() => void lookAgain(), LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
