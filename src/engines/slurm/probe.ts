import { rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Instance } from '../../campaign/instance.ts';
import { nearest } from '../../campaign/nearest.ts';
import { makeFoldersSync } from '../../models/make-folders.ts';
import { hostOf, isLoopback } from '../../wire/loopback.ts';
import { type AgentGroup, infeasible, type Probe, type Problem } from '../engine.ts';
import type { CallTool } from '../tool.ts';
import { gresOf, sbatchArguments } from './job-script.ts';
import { hasUnusable, NODE_FORMAT, type Node, parseNodes, partitionLines } from './node-table.ts';

/** What a probe may ask. */
interface Site {
  readonly call: CallTool;
  readonly shared: string;
}

/** Whether Slurm is here, whether the shared folder may be written, and whether a job of agents could ever run. */
export const probeSlurm = (group: AgentGroup, site: Site): Promise<Probe> =>
  probeJob(
    {
      instance: group.instance,
      nodes: group.indices.length,
      coordinator: group.coordinator,
      // A probe's name and comment are nobody's.
      arguments: sbatchArguments(group, { runId: group.runId, attempt: 1 }, site.shared),
    },
    site,
  );

/** A job as sbatch would be asked for it. */
export interface ProbedJob {
  readonly instance: Instance;
  readonly nodes: number;
  /** What those in it dial; null: nobody. */
  readonly coordinator: string | null;
  readonly arguments: readonly string[];
}

/** Likewise of any job. */
export async function probeJob(job: ProbedJob, site: Site): Promise<Probe> {
  const version = await site.call('sbatch', ['--version']);
  if (version.kind === 'missing') {
    const hint = "run loadcell where Slurm's client tools are: on a login node, for example";
    return infeasible([], [{ code: 'tool-missing', message: version.why, hint }]);
  }
  const nodes = await site.call('sinfo', ['-h', '-N', '-o', NODE_FORMAT]);
  if (nodes.kind !== 'answered') {
    const hint = 'see whether sinfo answers on this machine';
    return infeasible([], [{ code: 'no-answer', message: nodes.why, hint }]);
  }
  const table = parseNodes(nodes.stdout);
  const found = [version.kind === 'answered' ? version.stdout.trim() : 'Slurm', ...partitionLines(table)];
  const problems = [
    ...folderProblems(site.shared),
    ...(job.coordinator === null ? [] : reachProblems(job.coordinator, table)),
    ...partitionProblems(job, table),
  ];
  if (problems.length > 0) return infeasible(found, problems);
  const trial = await site.call('sbatch', ['--test-only', ...job.arguments], '#!/bin/sh\n');
  switch (trial.kind) {
    case 'answered':
      return { kind: 'feasible', found: [...found, trial.stderr.trim().replace(/^sbatch: /, '')].filter(isSaid) };
    case 'silent':
      return infeasible(found, [{ code: 'no-answer', message: trial.why, hint: 'see whether sbatch answers here' }]);
    default:
      return refused(job, table, found, trial.why);
  }
}

const isSaid = (line: string): boolean => line !== '';

/** A node that is down or drained now may be back before the deadline: then Slurm's refusal is no last word. */
function refused(
  { instance, nodes: wanted }: ProbedJob,
  nodes: readonly Node[],
  found: readonly string[],
  why: string,
): Probe {
  const { partition } = instance;
  if (/node configuration is not available/i.test(why) && hasUnusable(nodes, partition)) {
    return { kind: 'feasible', found: [...found, `not now, since nodes are down or drained: ${why}`] };
  }
  const asked = [gresOf(instance), `${wanted} ${wanted === 1 ? 'node' : 'nodes'}`]
    .filter((text) => text !== null)
    .join(' on each of ');
  const isRights = /account|qos|permission|denied|not permitted|access/i.test(why);
  return infeasible(found, [
    isRights
      ? { code: 'no-permission', message: `sbatch: ${why}`, hint: 'see sacctmgr show associations user=$USER' }
      : {
          code: /unrecognized option|invalid option/i.test(why) ? 'misconfigured' : 'no-room',
          message: `sbatch: ${why}`,
          hint: `found no nodes that give ${asked}; see sinfo -N -o '${NODE_FORMAT}' for what there is`,
        },
  ]);
}

function folderProblems(shared: string): Problem[] {
  const file = join(shared, `.probe-${process.pid}`);
  try {
    makeFoldersSync(shared, 0o700);
    writeFileSync(file, '', { mode: 0o600 });
    rmSync(file);
    return [];
  } catch (error) {
    const message = `${shared}: cannot be written: ${error instanceof Error ? error.message : String(error)}`;
    const hint = 'name a folder that the nodes share with fleet.slurm.shared';
    return [{ code: 'no-permission', message, hint }];
  }
}

/** Agents on other machines cannot dial an address that only this one reaches. */
function reachProblems(coordinator: string, nodes: readonly Node[]): Problem[] {
  const elsewhere = nodes.filter(({ address, host }) => !isLoopback(address) && host !== hostname().split('.')[0]);
  if (!isLoopback(hostOf(coordinator)) || elsewhere.length === 0) return [];
  const message = `agents on ${elsewhere[0]?.name} cannot dial ${coordinator}, which only this machine reaches`;
  return [
    {
      code: 'misconfigured',
      message,
      hint: 'expected --listen 0.0.0.0:0 and --advertise (or fleet.coordinator) with an address of this machine that the nodes reach',
    },
  ];
}

function partitionProblems({ instance }: ProbedJob, nodes: readonly Node[]): Problem[] {
  const { partition } = instance;
  const names = [...new Set(nodes.map((node) => node.partition))];
  if (partition === null || names.includes(partition)) return [];
  const near = nearest(partition, names);
  const hint =
    near === null ? `this cluster has ${names.join(', ')}` : `did you mean ${near}? There is ${names.join(', ')}`;
  return [
    { code: 'misconfigured', message: `instance.partition: found ${partition}, which Slurm does not know`, hint },
  ];
}
