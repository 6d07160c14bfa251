import { z } from 'zod';
import type { WantedGpus } from '../gpu/arrival.ts';

/** What an agent found of the GPUs that it was given, before it asks for its place. */
export interface Arrival {
  /** Those that it uses, in the order in which its workers are dealt to them. */
  readonly gpus: readonly { readonly uuid: string; readonly name: string }[];
  /** Why they are not what its place is to have, a clause for people; null: they are. */
  readonly problem: string | null;
}

export const WANTED_GPUS = z.strictObject({
  gpu: z.string().min(1).nullable(),
  count: z.int().min(1),
  freeBytes: z.number().min(0).nullable(),
  clockMHz: z.number().min(0).nullable(),
});

/** Of what {@link formatWantedGpus} writes. Null: the text says nothing of GPUs. */
export function parseWantedGpus(text: string): WantedGpus | null {
  try {
    return WANTED_GPUS.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

const ARRIVAL = z.object({
  gpus: z.array(z.object({ uuid: z.string(), name: z.string() })),
  problem: z.string().nullable(),
});

/** Null: the agent was not asked to look, or what it says cannot be read. */
export function parseArrival(text: string): Arrival | null {
  try {
    return text === '' ? null : ARRIVAL.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
