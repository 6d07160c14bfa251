import * as z from 'zod';
import type { InstanceChoice } from './campaign.ts';
import { instanceOf, instanceSchema } from './instance-schema.ts';
import { text } from './leaf.ts';

/** What something runs on: one of `instances`, or what it must have. */
export const instanceChoice = (description: string) =>
  z.union([text('Name of one of `instances`.', 'a100-40'), instanceSchema]).meta({ description });

/** The choice that a name or a map comes to; absent: anything. */
export function choiceOf(found: z.output<ReturnType<typeof instanceChoice>> | undefined): InstanceChoice {
  if (found === undefined) return { kind: 'any' };
  return typeof found === 'string' ? { kind: 'named', name: found } : { kind: 'written', instance: instanceOf(found) };
}
