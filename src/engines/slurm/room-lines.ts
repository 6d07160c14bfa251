import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { PlaceTrouble } from '../inside-place.ts';

/** Between two looks at the file: no file system that nodes share tells of what others write. */
const LOOK_MS = 250;
/** Between two questions whether its writer has ended. */
const ASK_MS = 2_000;
const PIECE_BYTES = 256 * 1024;

/**
 * The whole lines of a file that another machine appends to, from line `from` on, as they come, until `hasEnded` and all is
 * told, or the signal is aborted. Each look opens the file anew: file systems of networks bring what was written since by
 * that. A file that is not there yet is empty; one that cannot be read is a `lost` {@link PlaceTrouble}.
 */
export async function* linesOf(
  path: string,
  from: number,
  hasEnded: () => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let at = 0;
  let seen = 0;
  let nextAsk = performance.now() + ASK_MS;
  let isLastLook = false;
  while (!signal.aborted) {
    const { lines, bytes } = await wholeLines(path, at);
    at += bytes;
    for (const line of lines) if (seen++ >= from) yield line;
    if (bytes > 0) continue;
    if (isLastLook) return;
    if (performance.now() >= nextAsk) {
      isLastLook = await hasEnded();
      nextAsk = performance.now() + ASK_MS;
    } else await delay(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}

interface Look {
  readonly lines: readonly string[];
  /** That they take, their ends included. */
  readonly bytes: number;
}

const NOTHING: Look = { lines: [], bytes: 0 };

/** Of one piece of the file; a line that is longer than that is read in one. */
async function wholeLines(path: string, at: number, pieceBytes = PIECE_BYTES): Promise<Look> {
  const { bytes, wasFull } = await pieceOf(path, at, pieceBytes);
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end > 0)
    return {
      lines: bytes
        .subarray(0, end - 1)
        .toString('utf8')
        .split('\n'),
      bytes: end,
    };
  return wasFull ? await wholeLines(path, at, 2 * pieceBytes) : NOTHING;
}

async function pieceOf(
  path: string,
  at: number,
  most: number,
): Promise<{ readonly bytes: Buffer; readonly wasFull: boolean }> {
  try {
    const file = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(most), 0, most, at);
      return { bytes: buffer.subarray(0, bytesRead), wasFull: bytesRead === most };
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { bytes: Buffer.alloc(0), wasFull: false };
    throw new PlaceTrouble('lost', `${path}: cannot be read: ${message}`, error);
  }
}
