import { z } from 'zod';
import type { WantedGpus } from '../gpu/arrival.ts';
import { WANTED_GPUS } from './arrival.ts';

/**
 * A place in a fleet as a file: whoever reads it may fill the place, once. It holds the run's shared secret, so it is the
 * coordinator's and its agents' alone (mode 0600), and it is taken away by the agent that takes the place.
 */
export interface JoinTicket {
  /** Where the agent dials: `host:port`. */
  readonly coordinator: string;
  readonly runId: string;
  readonly attempt: number;
  /** From 0. */
  readonly index: number;
  readonly token: string;
  /** What the agent's GPUs must be; absent: it needs none. */
  readonly expects?: WantedGpus;
}

/** End of the name of a place that nobody has taken. */
export const JOIN_FILE_ENDING = '.join';

/** Name of the file of a place: one for each place, whatever the attempt. */
export const joinFileName = (runId: string, index: number): string => `${runId}-${index}${JOIN_FILE_ENDING}`;

export const formatJoinFile = (ticket: JoinTicket): string => `${JSON.stringify(ticket)}\n`;

const TICKET = z.strictObject({
  coordinator: z.string().regex(/^.+:\d{1,5}$/),
  runId: z.string().min(1),
  attempt: z.int().min(1),
  index: z.int().min(0),
  token: z.string().min(1),
  expects: WANTED_GPUS.exactOptional(),
});

/** Null: the text is no join file. */
export function parseJoinFile(text: string): JoinTicket | null {
  try {
    return TICKET.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
