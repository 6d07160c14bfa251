import type { Plan } from '../campaign/plan.ts';
import type { Dialled } from '../coordinator/dial-probe.ts';
import { ResultsError } from '../coordinator/results-error.ts';
import { runIdOf } from '../coordinator/results-folder.ts';
import type { Engine } from '../engines/engine.ts';
import { drawHex, nodeMonotonic, systemWallClock } from '../time/monotonic.ts';
import { ns, seconds } from '../time/ns.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import type { Door } from './door.ts';
import { placedGroups } from './placed-groups.ts';

/** An agent that nobody ends any more, since this process was killed, ends with its place. */
const MOST_STAY = seconds(300);

export interface Dialling {
  readonly waiting: (why: string) => void;
  /** Calls it off. */
  readonly signal: AbortSignal;
}

/** A name for what a probe places: as of a run, so that `engines list` and `cancel` find it. */
export const probeRunId = (): string => runIdOf(systemWallClock.nowMs(), 'probe', drawHex(2));

/** Places one agent of a plan's first group and says whether it could dial in here; nobody is left. */
export async function dialHere(
  plan: Plan,
  { engine, door, runId }: { readonly engine: Engine; readonly door: Door; readonly runId: string },
  { waiting, signal }: Dialling,
): Promise<Dialled> {
  const [{ dialProbe }, { entranceAt }, { logVerbosity, setLogVerbosity }] = await Promise.all([
    import('../coordinator/dial-probe.ts'),
    import('../coordinator/entrance.ts'),
    import('@grpc/grpc-js'),
  ]);
  setLogVerbosity(logVerbosity.NONE);
  const at = { listen: door.listen, advertise: door.advertise ?? null };
  try {
    const entrance = await entranceAt(at, { runId, nowMs: systemWallClock.nowMs(), drawHex });
    const version = plan.loadcell;
    return await dialProbe({
      engine,
      group: oneOf(plan, runId),
      entrance,
      version,
      monotonic: nodeMonotonic,
      waiting,
      signal,
    });
  } catch (error) {
    if (error instanceof ResultsError) return { kind: 'no-door', why: error.message };
    throw error;
  }
}

function oneOf(plan: Plan, runId: string) {
  const [first] = placedGroups(plan, '');
  if (first === undefined) throw new Error('found a plan without a cell');
  const { instance, stayNs } = first.group;
  return { runId, indices: [0] as const, instance, stayNs: ns(Math.min(stayNs ?? MOST_STAY, MOST_STAY)) };
}

/** One line for people. */
export function dialText(dialled: Dialled): string {
  switch (dialled.kind) {
    case 'came':
      return `dial: an agent on ${dialled.node} reached the coordinator at ${dialled.address}`;
    case 'refused':
      return `dial: an agent reached the coordinator at ${dialled.address} and was refused: ${dialled.why}`;
    case 'silent':
      return `dial: an agent could not reach the coordinator at ${dialled.address}: ${dialled.why}`;
    case 'unplaced':
      return `dial: not tried, no agent was placed: ${dialled.why}`;
    case 'no-door':
      return `dial: not tried: ${dialled.why}`;
  }
}

/** Of `loadcell engines probe`: that nobody was placed says nothing about the campaign. */
export const dialExit = ({ kind }: Dialled): number =>
  EXIT_CODES[kind === 'came' || kind === 'unplaced' ? 'pass' : 'before-start'].code;
