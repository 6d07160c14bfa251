import type * as z from 'zod';
import { parseAddress, parseAdvertised } from './dial-address.ts';
import type { CoordinatorSite } from './fleet-spec.ts';
import { group } from './group.ts';
import { leaf } from './leaf.ts';
import { quoted, read, refuse } from './quantity.ts';

const NOT_INSIDE =
  'found inside, which loadcell cannot do yet; expected here, with the command itself run where agents can dial it: in the allocation or in a pod of the cluster, or with advertise naming the far end of a tunnel to this machine';

/** Where the coordinator is, and how agents find it. */
export const coordinatorSchema = group(
  'How agents find the coordinator; --listen and --advertise win over it.',
  '{ listen: "0.0.0.0:7070", advertise: head-node.example }',
  {
    place: leaf({
      description: 'here: the coordinator runs where the command does.',
      examples: ['here'],
      json: { type: 'string', enum: ['here'] },
      read: (found) => {
        if (found === 'here') return read('here');
        return refuse(found === 'inside' ? NOT_INSIDE : `found ${quoted(found)}, expected here`);
      },
    }).optional(),
    listen: leaf({
      description: 'Where agents dial in; encrypted unless it is loopback; absent: a free port of 127.0.0.1.',
      examples: ['0.0.0.0:7070'],
      json: { type: 'string', pattern: '^\\S+:\\d+$' },
      read: parseAddress,
    }).optional(),
    advertise: leaf({
      description: 'By which address agents on other nodes reach it, with another port where a tunnel leads to it.',
      examples: ['head-node.example'],
      json: { type: 'string', minLength: 1 },
      read: parseAdvertised,
    }).optional(),
  },
);

/** What the campaign says of it; null: nothing. */
export function coordinatorOf(found: z.output<typeof coordinatorSchema> | undefined): CoordinatorSite | null {
  const { listen = null, advertise = null } = found ?? {};
  return listen === null && advertise === null ? null : { listen, advertise };
}
