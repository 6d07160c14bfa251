import type { EngineName } from '../campaign/fleet-spec.ts';
import type { Plan } from '../campaign/plan.ts';
import type { Dialled } from '../coordinator/dial-probe.ts';
import type { Engine, GroupStatus, Handle, Probe } from '../engines/engine.ts';
import { engineOf, localEngine } from '../engines/engine-of.ts';
import type { InsideHandle, InsidePlace, InsideStatus } from '../engines/inside-place.ts';
import { insidePlaceOf } from '../engines/place-of.ts';
import { leftColumns } from '../report/layout.ts';
import { seconds } from '../time/ns.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { type CampaignOptions, planCampaignFile } from './campaign-file.ts';
import { chosenEngine, chosenPlace, type EngineOptions } from './chosen-engine.ts';
import { dialExit, dialHere, dialText, probeRunId } from './dial.ts';
import { type Door, type DoorOptions, dialled as dialledAt, doorOf } from './door.ts';
import { Failure } from './failure.ts';
import { fetchCommand } from './inside/fetch-command.ts';
import { explained } from './place-failure.ts';
import { placedGroups, SOME_NODE } from './placed-groups.ts';

const USAGE = EXIT_CODES['before-start'].code;
const CANCEL_GRACE = seconds(5);

interface ProbeOptions extends CampaignOptions, DoorOptions {
  readonly json?: boolean;
  /** False: places nobody. */
  readonly dial?: boolean;
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
  const coordinator = plan.fleet?.coordinator?.inside === undefined ? dialledAt(door(plan)) : SOME_NODE;
  const findings: Finding[] = [];
  for (const { instance, group } of placedGroups(plan, coordinator)) {
    findings.push({ instance, agents: group.indices.length, probe: await engine.probe(group) });
  }
  const fits = exitCodeOf(findings);
  const dialled =
    fits === EXIT_CODES.pass.code && options.dial !== false ? await dialledIn(plan, engine, door(plan)) : null;
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ engine: name, findings, dial: dialled }, null, 2)}\n`
      : `${probeText(name, findings)}${dialled === null ? '' : `${dialText(dialled)}\n`}`,
  );
  return dialled === null ? fits : dialExit(dialled);
}

/** Has one agent dial in where the coordinator would be. The first SIGINT or SIGTERM calls it off, and gives its place back. */
async function dialledIn(plan: Plan, engine: Engine, door: Door): Promise<Dialled> {
  const calledOff = new AbortController();
  const callOff = (): void => calledOff.abort(new Error('called off'));
  process.on('SIGINT', callOff).on('SIGTERM', callOff);
  const waiting = (why: string): void => void process.stderr.write(`dial: waiting for a place: ${why}\n`);
  const dialling = { waiting, signal: calledOff.signal };
  const runId = probeRunId();
  try {
    const place = plan.fleet?.coordinator?.inside === undefined ? null : await insidePlaceOf(plan.fleet, process.env);
    if (place === null) return await dialHere(plan, { engine, door, runId }, dialling);
    const { dialInside } = await import('./inside/lead-dial.ts');
    return await dialInside(plan, { place, door, runId }, dialling);
  } finally {
    process.off('SIGINT', callOff).off('SIGTERM', callOff);
  }
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

/** `loadcell engines list`: attempts that hold places or look for them, and coordinators inside, whoever submitted them. */
export async function listPlaces(options: EngineOptions & { readonly json?: boolean }): Promise<void> {
  const engine = await chosenEngine(options);
  const attempts = await Promise.all(
    (await held(engine, null)).map(async (handle) => ({ handle, status: await engine.status(handle) })),
  );
  const coordinators = await coordinatorsOf(await chosenPlace(options), null);
  const told = [
    ...attempts.map(({ handle, status }) => ({ ...handle, status })),
    ...coordinators.map(({ handle, status }) => ({ engine: options.engine, coordinator: handle, status })),
  ];
  const rows = [...coordinators.map((one) => coordinatorRow(one, options)), ...attempts.map(attemptRow)];
  process.stdout.write(options.json === true ? `${JSON.stringify(told, null, 2)}\n` : listText(options.engine, rows));
}

interface Attempt {
  readonly handle: Handle;
  readonly status: GroupStatus;
}

interface InsideCoordinator {
  readonly handle: InsideHandle;
  readonly status: InsideStatus;
}

/** Of one run or of all, those too that have ended and whose results nobody has fetched. */
async function coordinatorsOf(place: InsidePlace | null, runId: string | null): Promise<readonly InsideCoordinator[]> {
  if (place === null) return [];
  const handles = await explained(place.find(runId), place.name);
  return await Promise.all(handles.map(async (handle) => ({ handle, status: await place.status(handle) })));
}

function listText(engine: EngineName, rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return `${engine}: no places held\n`;
  return `${leftColumns([['run', 'attempt', 'places', 'members', 'state'], ...rows.map((row) => [...row])]).join('\n')}\n`;
}

const attemptRow = ({ handle, status }: Attempt): readonly string[] => [
  handle.key.runId,
  String(handle.key.attempt),
  handle.members.map(({ index }) => index).join(','),
  handle.members.map(({ id }) => id).join(','),
  stateText(status),
];

const coordinatorRow = ({ handle, status }: InsideCoordinator, options: EngineOptions): readonly string[] => [
  handle.runId,
  'inside',
  'coordinator',
  handle.id ?? '-',
  status.kind === 'ended' ? `ended; ${fetchCommand(handle.runId, options)}` : stateText(status),
];

const stateText = (status: GroupStatus | InsideStatus): string =>
  'reason' in status && status.reason !== '' ? `${status.kind}: ${status.reason}` : status.kind;

/** `loadcell engines cancel`: ends what a run left, or all that this user's runs hold. */
export async function cancelPlaces(
  runId: string | undefined,
  options: EngineOptions & { readonly all?: boolean },
): Promise<void> {
  if ((runId === undefined) === (options.all !== true)) {
    const found = runId === undefined ? 'found neither a run nor --all' : 'found a run and --all';
    throw new Failure(USAGE, `engines cancel: ${found}, expected one of them; loadcell engines list names the runs`);
  }
  const [engine, place] = [await chosenEngine(options), await chosenPlace(options)];
  // Before their agents: a coordinator asks for places that it loses again.
  const coordinators = (await coordinatorsOf(place, runId ?? null)).filter(({ status }) => status.kind !== 'ended');
  await allEnded(coordinators.map(async ({ handle }) => place?.tell(handle, 'abort')));
  const handles = await held(engine, runId ?? null);
  await allEnded(handles.map((handle) => engine.cancel(handle, CANCEL_GRACE)));
  const lines = [
    ...coordinators.map(
      ({ handle: { runId: run } }) => `ended the coordinator of ${run}; ${fetchCommand(run, options)}`,
    ),
    ...handles.map(({ key }) => `ended attempt ${key.attempt} of ${key.runId}`),
  ];
  const whose = runId === undefined ? 'any run' : runId;
  const told = lines.length === 0 ? [`no places held by ${whose}`] : lines;
  process.stdout.write(told.map((line) => `${options.engine}: ${line}\n`).join(''));
}

/** Throws a {@link Failure} that names what cannot be ended. */
async function allEnded(doing: readonly Promise<unknown>[]): Promise<void> {
  const ends = await Promise.allSettled(doing);
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [messageOf(end.reason)] : []));
  if (failures.length > 0) throw new Failure(EXIT_CODES['own-fault'].code, failures);
}

/** Throws a {@link Failure} where the engine does not tell. */
const held = (engine: Engine, runId: string | null): Promise<readonly Handle[]> =>
  explained(engine.list({ runId }), engine.name);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
