import * as z from 'zod';
import type { Fleet } from './campaign.ts';
import { coordinatorOf, coordinatorSchema } from './coordinator-schema.ts';
import { group, known } from './group.ts';
import { choiceOf, instanceChoice } from './instance-choice.ts';
import { kubernetesOf, kubernetesSchema } from './kubernetes-schema.ts';
import { leaf, wholeNumber, word } from './leaf.ts';
import { MOST_BACKLOG } from './plan.ts';
import { quoted, read, refuse } from './quantity.ts';
import { duration, durationOrNone } from './quantity-schema.ts';

const absolute = (description: string, example: string): z.ZodType<string> =>
  leaf({
    description,
    examples: [example],
    json: { type: 'string', pattern: '^/' },
    read: (found) =>
      typeof found === 'string' && found.startsWith('/')
        ? read(found)
        : refuse(`found ${quoted(found)}, expected an absolute path, for example ${example}`),
  });

const slurm = group('What a run must know of a cluster that Slurm schedules.', '{ shared: /scratch/vision/loadcell }', {
  shared: absolute(
    'A folder that this machine and the nodes read and write under the same path; absent: .loadcell in your home.',
    '/scratch/vision/loadcell',
  ).optional(),
  agent: absolute(
    'An unpacked agent directory on the nodes; absent: one is packed and staged in the shared folder.',
    '/apps/loadcell-agent',
  ).optional(),
});

const agentsChoice = instanceChoice('What each agent runs on: one of `instances`, or what it must have.');

const agentCount = wholeNumber('Agents.', 2, 1, 10_000);

const placesOf = (description: string, example: string) =>
  group(description, example, { instance: agentsChoice.optional(), agents: agentCount.prefault(1) });

const groups = group(
  'Puts the endpoint of serve targets on places of its own, and its load on others.',
  '{ servers: { instance: a100-40 }, load: { instance: cpu, agents: 4 } }',
  {
    servers: placesOf('Places that serve.', '{ instance: a100-40, agents: 1 }'),
    load: placesOf('Places that offer load.', '{ instance: cpu, agents: 4 }'),
  },
);

/** Where load comes from. */
export const fleetSchema = group('Where load comes from, and how; per agent.', '{ agents: 2, workers: 1 }', {
  engine: word('What places the agents.', ['local', 'slurm', 'kubernetes']).prefault('local'),
  agents: agentCount.prefault(1),
  instance: agentsChoice.optional(),
  groups: groups.optional(),
  queue: duration('Longest wait, at the start, for the engine to give the places.', '10m').prefault('10m'),
  walltime: duration('Longest stay of an agent on its place; absent: as long as the engine lets it.', '2h').optional(),
  coordinator: coordinatorSchema.optional(),
  slurm: slurm.optional(),
  alreadyThere: known(
    z.record(z.string().min(1), absolute('Where it lies on every node.', '/data/models/classifier.onnx')).meta({
      description: 'Files of the campaign that lie on every node already: they are verified there and not sent.',
    }),
    { noun: 'a map from files to absolute paths', example: '{ models/classifier.onnx: /data/models/classifier.onnx }' },
  ).prefault({}),
  kubernetes: kubernetesSchema.optional(),
  workers: wholeNumber('Workers of each agent: requests that it can have in service.', 1, 1, 4096).prefault(1),
  pacing: word('precise spins before an instant, lowCpu sleeps until it.', ['precise', 'lowCpu']).prefault('precise'),
  backlog: wholeNumber(
    'Waiting requests per agent above which the oldest is shed; absent: never.',
    1000,
    0,
    MOST_BACKLOG,
  ).optional(),
  onLoss: group('What to do when an agent is lost.', '{ wait: 60s }', {
    wait: durationOrNone('How long to wait for its place to be filled again.', '60s').prefault('60s'),
  }).prefault({}),
});

/** The fleet that a map comes to. */
export const fleetOf = (fleet: z.output<typeof fleetSchema>): Fleet => ({
  engine: fleet.engine,
  agents: fleet.groups?.load.agents ?? fleet.agents,
  instance: choiceOf(fleet.groups === undefined ? fleet.instance : fleet.groups.load.instance),
  servers:
    fleet.groups === undefined
      ? null
      : { agents: fleet.groups.servers.agents, instance: choiceOf(fleet.groups.servers.instance) },
  queueNs: fleet.queue,
  walltimeNs: fleet.walltime ?? null,
  coordinator: coordinatorOf(fleet.coordinator),
  slurm: fleet.slurm === undefined ? null : { shared: fleet.slurm.shared ?? null, agent: fleet.slurm.agent ?? null },
  alreadyThere: fleet.alreadyThere,
  kubernetes: fleet.kubernetes === undefined ? null : kubernetesOf(fleet.kubernetes),
  workers: fleet.workers,
  pacing: fleet.pacing,
  backlog: fleet.backlog ?? null,
  onLossWaitNs: fleet.onLoss.wait,
});
