import { isAbsolute } from 'node:path';
import type { EngineName } from '../campaign/fleet-spec.ts';
import { ANY_INSTANCE } from '../campaign/instance.ts';
import type { Plan } from '../campaign/plan.ts';
import type { AgentGroup, Engine, GroupStatus, Handle, Probe } from '../engines/engine.ts';
import { engineOf, kubernetesEngine, localEngine, slurmEngine } from '../engines/engine-of.ts';
import { leftColumns } from '../report/layout.ts';
import type { NonEmpty } from '../scenarios/phase.ts';
import { seconds } from '../time/ns.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { type CampaignOptions, planCampaignFile } from './campaign-file.ts';
import { type DoorOptions, dialled, doorOf } from './door.ts';
import { Failure } from './failure.ts';

const USAGE = EXIT_CODES['before-start'].code;
const CANCEL_GRACE = seconds(5);

interface ProbeOptions extends CampaignOptions, DoorOptions {
  readonly json?: boolean;
}

/** What a probe found of the places that the cells on one type of instance need. */
interface Finding {
  /** Name of the instance; null: agents may run on anything. */
  readonly instance: string | null;
  readonly agents: number;
  readonly probe: Probe;
}

/**
 * `loadcell engines probe`: what is there, what is missing, and whether the campaign fits. Resolves to 0, to 64 where it
 * does not, and to 12 where the engine does not answer.
 */
export async function probeEngine(file: string, options: ProbeOptions): Promise<number> {
  const door = doorOf(options);
  const { plan } = await planCampaignFile(file, options, 'run');
  const name = plan.fleet?.engine ?? 'local';
  const engine = await engineOf(plan.fleet, process.env, localEngine(process.env));
  const coordinator = dialled(door(plan));
  const findings: Finding[] = [];
  for (const instance of new Set(plan.cells.map((cell) => cell.instance ?? null))) {
    const group = groupOf(plan, instance, coordinator);
    findings.push({ instance, agents: group.indices.length, probe: await engine.probe(group) });
  }
  const servers = plan.fleet?.servers;
  if (servers !== undefined) {
    const group = placesOf(plan, servers.instance, servers.agents, coordinator);
    findings.push({ instance: servers.instance, agents: servers.agents, probe: await engine.probe(group) });
  }
  process.stdout.write(
    options.json === true ? `${JSON.stringify({ engine: name, findings }, null, 2)}\n` : probeText(name, findings),
  );
  return exitCodeOf(findings);
}

function groupOf(plan: Plan, instance: string | null, coordinator: string): AgentGroup {
  const cells = plan.cells.filter((cell) => (cell.instance ?? null) === instance);
  return placesOf(plan, instance, Math.max(...cells.map((cell) => cell.agents)), coordinator);
}

function placesOf(plan: Plan, instance: string | null, agents: number, coordinator: string): AgentGroup {
  return {
    runId: 'probe',
    indices: Array.from({ length: agents }, (_, index) => index) as unknown as NonEmpty<number>,
    coordinator,
    token: '',
    instance: (instance === null ? null : plan.fleet?.instances[instance]) ?? ANY_INSTANCE,
    stayNs: plan.fleet?.stayNs ?? null,
  };
}

function probeText(engine: EngineName, findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ instance, agents, probe }) => [
    `${engine}: ${agents} ${agents === 1 ? 'agent' : 'agents'}${instance === null ? '' : ` on ${instance}`}: ${
      probe.kind === 'feasible' ? 'can be placed' : 'cannot be placed'
    }`,
    ...probe.found.map((line) => `  found: ${line}`),
    ...(probe.kind === 'feasible' ? [] : probe.problems.map(({ message, hint }) => `  problem: ${message}; ${hint}`)),
  ]);
  return `${lines.join('\n')}\n`;
}

function exitCodeOf(findings: readonly Finding[]): number {
  const problems = findings.flatMap(({ probe }) => (probe.kind === 'feasible' ? [] : probe.problems));
  if (problems.length === 0) return EXIT_CODES.pass.code;
  return problems.every(({ code }) => code === 'no-answer') ? EXIT_CODES.inconclusive.code : USAGE;
}

export interface EngineOptions {
  readonly engine: EngineName;
  /** The shared folder of the runs on Slurm, where it is not the default one. */
  readonly shared?: string;
  /** Of the kubeconfig, where it is not the current one. */
  readonly context?: string;
  /** On Kubernetes, where it is not the context's own. */
  readonly namespace?: string;
}

/** `loadcell engines list`: attempts that still hold places, or look for them, whoever submitted them. */
export async function listPlaces(options: EngineOptions & { readonly json?: boolean }): Promise<void> {
  const engine = await chosen(options);
  const handles = await held(engine, null);
  const rows = await Promise.all(handles.map(async (handle) => ({ handle, status: await engine.status(handle) })));
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(
          rows.map(({ handle, status }) => ({ ...handle, status })),
          null,
          2,
        )}\n`
      : listText(options.engine, rows),
  );
}

function listText(
  engine: EngineName,
  rows: readonly { readonly handle: Handle; readonly status: GroupStatus }[],
): string {
  if (rows.length === 0) return `${engine}: no places held\n`;
  const lines = rows.map(({ handle, status }) => [
    handle.key.runId,
    String(handle.key.attempt),
    handle.members.map(({ index }) => index).join(','),
    handle.members.map(({ id }) => id).join(','),
    'reason' in status && status.reason !== '' ? `${status.kind}: ${status.reason}` : status.kind,
  ]);
  return `${leftColumns([['run', 'attempt', 'places', 'members', 'state'], ...lines]).join('\n')}\n`;
}

/** `loadcell engines cancel`: ends what a run left, or all that this user's runs hold. */
export async function cancelPlaces(
  runId: string | undefined,
  options: EngineOptions & { readonly all?: boolean },
): Promise<void> {
  if ((runId === undefined) === (options.all !== true)) {
    const found = runId === undefined ? 'found neither a run nor --all' : 'found a run and --all';
    throw new Failure(USAGE, `engines cancel: ${found}, expected one of them; loadcell engines list names the runs`);
  }
  const engine = await chosen(options);
  const handles = await held(engine, runId ?? null);
  const ends = await Promise.allSettled(handles.map((handle) => engine.cancel(handle, CANCEL_GRACE)));
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [messageOf(end.reason)] : []));
  if (failures.length > 0) throw new Failure(EXIT_CODES['own-fault'].code, failures);
  const whose = runId === undefined ? 'any run' : runId;
  process.stdout.write(
    handles.length === 0
      ? `${options.engine}: no places held by ${whose}\n`
      : handles.map(({ key }) => `${options.engine}: ended attempt ${key.attempt} of ${key.runId}\n`).join(''),
  );
}

/** Throws a {@link Failure} where the engine does not tell. */
async function held(engine: Engine, runId: string | null): Promise<readonly Handle[]> {
  try {
    return await engine.list({ runId });
  } catch (error) {
    throw new Failure(EXIT_CODES.inconclusive.code, `${engine.name}: ${messageOf(error)}`);
  }
}

async function chosen({ engine, shared, context, namespace }: EngineOptions): Promise<Engine> {
  if (shared !== undefined && !isAbsolute(shared)) {
    throw new Failure(
      USAGE,
      `--shared: found ${shared}, expected an absolute path, for example /scratch/vision/loadcell`,
    );
  }
  switch (engine) {
    case 'local':
      return localEngine(process.env);
    case 'slurm':
      return await slurmEngine({ shared: shared ?? null, agent: null }, process.env);
    case 'kubernetes': {
      const place = { context: context ?? null, namespace: namespace ?? null };
      return await kubernetesEngine(place, { queueNs: seconds(0) }, process.env);
    }
    default:
      return engine satisfies never;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
