import type { V1Pod } from '@kubernetes/client-node';
import type { GroupStatus } from '../engine.ts';
import { coordinatorName } from './attempt-name.ts';
import { attemptStatus } from './attempt-status.ts';
import { COORDINATOR_CONTAINER, ROOM_PORT } from './coordinator-manifest.ts';
import type { JobDesk } from './job-desk.ts';
import { RoomLine } from './room-line.ts';

/** The one place of a coordinator's Job. */
const PLACES = [{ index: 0 }];

/** How a coordinator's Job is; and a line to the room of its pod, which is null unless that runs. */
export type Sight = readonly [GroupStatus, RoomLine | null];

/** The Job of a run's coordinator, seen through the API server. */
export class CoordinatorJob {
  readonly #desk: JobDesk;
  readonly #runId: string;
  readonly #token: string;

  constructor(desk: JobDesk, runId: string, token: string) {
    this.#desk = desk;
    this.#runId = runId;
    this.#token = token;
  }

  /** Rejects where the API server does not tell. */
  async look(): Promise<Sight> {
    const desk = this.#desk;
    const name = coordinatorName(this.#runId);
    const [job, pods] = await desk.look(name);
    const whyNoPods = pods.length === 0 ? await desk.whyNoPods(job) : null;
    const isOverdue = (pod: V1Pod): boolean => desk.isOverdue(pod);
    const status = attemptStatus(PLACES, { name, container: COORDINATOR_CONTAINER, job, pods, isOverdue, whyNoPods });
    const at = status.kind === 'running' ? roomOf(pods) : null;
    if (at === null) return [status, null];
    return [status, new RoomLine(desk.cluster, { ...at, runId: this.#runId, token: this.#token })];
  }
}

/** The running pod, and where its room listens. */
function roomOf(pods: readonly V1Pod[]): { readonly pod: string; readonly port: number } | null {
  for (const { metadata, spec, status } of pods) {
    const ports = spec?.containers.find(({ name }) => name === COORDINATOR_CONTAINER)?.ports ?? [];
    const port = ports.find(({ name }) => name === ROOM_PORT)?.containerPort;
    const isUp = status?.containerStatuses?.some(({ state }) => state?.running !== undefined) === true;
    if (isUp && port !== undefined && metadata?.name !== undefined) return { pod: metadata.name, port };
  }
  return null;
}

/** Why it ended, in the cluster's words: of the container, else of the Job. */
export function endOf({ members, reason }: Extract<GroupStatus, { readonly kind: 'ended' }>): string {
  const [member] = members;
  const words = member?.state.kind === 'ended' ? member.state.exit.lastLine : '';
  return words || reason || 'its pod ended';
}
