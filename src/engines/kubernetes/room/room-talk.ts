import { z } from 'zod';

/**
 * What a command and the room of its coordinator say to each other: HTTP over TLS, through the API server's proxy of pods.
 *
 *     GET  state                      RoomState
 *     GET  bundle                     HeldFile[]: what has come so far
 *     POST bundle?name=…&from=…       the bytes of a file from there on; 409 with HeldFile where it has another length
 *     POST begin                      HeldFile[] that must have come whole; starts the coordinator, once
 *     GET  words?from=…&waitMs=…      RoomWords: lines from there on, or none once the wait is over
 *     POST tell?what=…                drain, abort; leave: nobody wants anything any more
 *     GET  results                    ResultFile[]
 *     GET  result?path=…&from=…       the bytes of a file from there on
 *
 * What goes wrong is `{ error }`, a sentence.
 */

/** Names the run in every answer of a room: an answer without it is the API server's own. */
export const ROOM_HEADER = 'x-loadcell-room';
/** Not `authorization`: the API server keeps that to itself. */
export const TOKEN_HEADER = 'x-loadcell-token';

/** Bytes of a piece of the bundle, at most: of a connection that breaks no more is sent again. */
export const PIECE_BYTES = 32 * 2 ** 20;
/** How long a room waits for words before it answers that there are none, at most. */
export const LONGEST_WAIT_MS = 20_000;

export const ROOM_STATE = z.object({
  /** `waiting`: for its bundle. */
  phase: z.enum(['waiting', 'running', 'ended']),
});
export type RoomState = z.output<typeof ROOM_STATE>;

export const HELD_FILE = z.object({ name: z.string(), bytes: z.int().min(0) });
export type HeldFile = z.output<typeof HELD_FILE>;
export const HELD_FILES = z.array(HELD_FILE);

export const ROOM_WORDS = z.object({
  lines: z.array(z.string()),
  /** The coordinator has ended, and these are its last lines. */
  isOver: z.boolean(),
});
export type RoomWords = z.output<typeof ROOM_WORDS>;

export const RESULT_FILES = z.array(
  z.object({ path: z.string(), bytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
);

export const ROOM_ERROR = z.object({ error: z.string() });

/** Whether a path stays below the folder that it is joined to. */
export const staysBelow = (path: string): boolean =>
  !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
