import type * as z from 'zod';
import type { CoordinatorChoice } from './campaign.ts';
import { parseAddress, parseAdvertised } from './dial-address.ts';
import { group } from './group.ts';
import { choiceOf, instanceChoice } from './instance-choice.ts';
import { leaf, word } from './leaf.ts';
import { duration } from './quantity-schema.ts';

/** Where the coordinator is, and how agents find it. */
export const coordinatorSchema = group(
  'Where the coordinator runs, and how agents find it; --listen and --advertise win over it.',
  '{ listen: "0.0.0.0:7070", advertise: head-node.example }',
  {
    place: word(
      'here: where the command runs. inside: on a place of its own on the cluster, for a machine that agents cannot dial; progress and results come back to the command.',
      ['here', 'inside'],
    ).prefault('here'),
    instance: instanceChoice(
      'What it runs on inside: one of `instances`, or what it must have; absent: where the agents are looked for, without GPUs.',
    ).optional(),
    walltime: duration(
      'Longest stay on its place inside; absent: reckoned from the queue and walltime of the fleet, or the length of the plan.',
      '3h',
    ).optional(),
    listen: leaf({
      description:
        'Where agents dial in; encrypted unless it is loopback; absent: a free port of 127.0.0.1, inside of every address.',
      examples: ['0.0.0.0:7070'],
      json: { type: 'string', pattern: '^\\S+:\\d+$' },
      read: parseAddress,
    }).optional(),
    advertise: leaf({
      description:
        'By which address agents on other nodes reach it, with another port where a tunnel leads to it; absent inside: its node.',
      examples: ['head-node.example'],
      json: { type: 'string', minLength: 1 },
      read: parseAdvertised,
    }).optional(),
  },
);

/** What the campaign says of it; null: nothing. */
export function coordinatorOf(found: z.output<typeof coordinatorSchema> | undefined): CoordinatorChoice | null {
  if (found === undefined) return null;
  const { place, listen = null, advertise = null, instance, walltime = null } = found;
  if (place === 'inside') {
    return { listen, advertise, inside: { instance: choiceOf(instance), walltimeNs: walltime } };
  }
  return listen === null && advertise === null ? null : { listen, advertise, inside: null };
}
