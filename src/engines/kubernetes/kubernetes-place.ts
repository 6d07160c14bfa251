import { createHash } from 'node:crypto';
import type { V1Job } from '@kubernetes/client-node';
import type { KubernetesSite } from '../../campaign/fleet-spec.ts';
import { formatDuration } from '../../campaign/quantity.ts';
import type { Ns } from '../../time/ns.ts';
import type { GroupStatus, Probe } from '../engine.ts';
import {
  type Bundle,
  type InsideHandle,
  type InsideOrder,
  type InsidePlace,
  type InsideStatus,
  PlaceTrouble,
  type ResultFile,
} from '../inside-place.ts';
import { isAbsent, troubleOf } from './answer.ts';
import { coordinatorName, coordinatorSelector, runOfCoordinator } from './attempt-name.ts';
import { courseOf } from './attempt-status.ts';
import type { Reach } from './cluster.ts';
import { CoordinatorJob, endOf } from './coordinator-job.ts';
import { type CoordinatorOrder, coordinatorManifest } from './coordinator-manifest.ts';
import { handOver } from './hand-over.ts';
import { clearByHand, type JobDesk, jobDeskOf } from './job-desk.ts';
import { probeCoordinator } from './probe-coordinator.ts';
import type { RoomLine } from './room-line.ts';

export interface KubernetesPlaceOptions {
  readonly reach: Reach;
  /** Null: nothing is placed, only found, fetched and cleared. */
  readonly site: KubernetesSite | null;
  /** How long a run waits for its places. */
  readonly queueNs: Ns;
  /** Milliseconds between two questions. */
  readonly pollMs: number;
  /** Milliseconds after its grace at which a pod that is still there counts as one whose node does not answer. */
  readonly slackMs: number;
  /** What the room of a run is asked with: the same for whoever started it. */
  readonly token: (runId: string) => string;
}

/**
 * A coordinator as a Job of one pod, which keeps the room: whatever goes in and comes out of it goes through the API server, since
 * a command's machine may reach nothing else.
 */
export class KubernetesPlace implements InsidePlace {
  readonly name = 'kubernetes';
  readonly keeps: string;
  readonly #options: KubernetesPlaceOptions;
  readonly #desk: () => JobDesk;

  constructor(options: KubernetesPlaceOptions) {
    this.#options = options;
    this.#desk = jobDeskOf(options.reach, options);
    const keepNs = options.site?.coordinator?.keepNs;
    this.keeps = keepNs === undefined ? 'as long as its campaign said' : `for ${formatDuration(keepNs)} after its end`;
  }

  async probe(order: InsideOrder): Promise<Probe> {
    const { reach, site, queueNs } = this.#options;
    return await probeCoordinator({ reach, site, order, queueNs });
  }

  async start(
    order: InsideOrder,
    bundle: Bundle,
    waiting: (why: string) => void,
    signal: AbortSignal,
  ): Promise<InsideHandle> {
    const handle = this.#handleOf(order.runId);
    await this.#submit(order);
    const { queueNs, pollMs } = this.#options;
    try {
      await handOver({ job: this.#job(handle), room: handle.room, bundle, queueNs, pollMs, waiting, signal });
      return handle;
    } catch (error) {
      await this.clear(handle).catch((left: PlaceTrouble) => {
        const why = signal.aborted ? signal.reason : error;
        throw new PlaceTrouble(left.kind, `${why instanceof Error ? why.message : why}; ${left.message}`, error);
      });
      throw signal.aborted ? signal.reason : error;
    }
  }

  async find(runId: string | null): Promise<readonly InsideHandle[]> {
    const selector = coordinatorSelector(runId === null ? { user: await this.#whoAmI() } : { runId });
    const jobs = await this.#desk().cluster.listJobs(selector);
    if (jobs.kind !== 'answered') throw troubleOf(jobs, 'list jobs');
    const isAsked = (found: string | null): found is string => found !== null && (runId === null || found === runId);
    return jobs.value
      .filter((job) => courseOf(job) === null)
      .map(({ metadata }) => runOfCoordinator(metadata?.annotations))
      .filter(isAsked)
      .map((found) => this.#handleOf(found));
  }

  async status(handle: InsideHandle): Promise<InsideStatus> {
    try {
      const [status, line] = await this.#job(handle).look();
      if (status.kind !== 'starting' && status.kind !== 'running') return waitingOrGone(status);
      if (line === null) return { kind: 'queued', reason: 'its pod is being started' };
      const phase = await line.phase();
      if (phase === 'ended') return { kind: 'ended', reason: '' };
      if (phase === 'waiting') return { kind: 'queued', reason: 'its run is being handed over' };
      return { kind: 'running', node: status.members[0]?.node ?? null };
    } catch (error) {
      return { kind: 'unknown', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  async *words(handle: InsideHandle, from: number, signal: AbortSignal): AsyncGenerator<string> {
    const line = await this.#lineUnlessOver(handle);
    for (let next = from; line !== null && !signal.aborted; ) {
      const { lines, isOver } = await this.#hear(line, next, signal);
      yield* lines;
      next += lines.length;
      if (isOver) return;
    }
  }

  async tell(handle: InsideHandle, what: 'drain' | 'abort'): Promise<void> {
    const [status, line] = await this.#seen(handle);
    if (line !== null) await line.tell(what);
    else if (status.kind !== 'ended') await this.clear(handle);
  }

  async results(handle: InsideHandle, signal: AbortSignal): Promise<readonly ResultFile[]> {
    return await (await this.#line(handle)).results(signal);
  }

  async *read(handle: InsideHandle, path: string, from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    yield* (await this.#line(handle)).result(path, from, signal);
  }

  async clear(handle: InsideHandle): Promise<void> {
    // Its process would keep results for somebody until its grace is over.
    await this.#lineUnlessOver(handle)
      .then((line) => line?.tell('leave'))
      .catch(() => {});
    const name = coordinatorName(handle.runId);
    const last = await this.#desk().clear(name, 'no secret');
    if (last === null) return;
    const byHand = clearByHand(name, this.#desk().cluster);
    throw new PlaceTrouble(last.kind, `Job ${name} could not be cleared: ${last.message}; end it with: ${byHand}`);
  }

  #handleOf(runId: string): InsideHandle {
    const id = coordinatorName(runId);
    return { runId, id, room: `the pod of Job ${id} in namespace ${this.#desk().cluster.namespace}` };
  }

  async #submit(order: InsideOrder): Promise<void> {
    const { site, queueNs, token } = this.#options;
    if (site === null || site.coordinator === null)
      throw new PlaceTrouble('refused', 'found no image of a coordinator');
    const tokenDigest = createHash('sha256').update(token(order.runId)).digest('hex');
    const wanted: CoordinatorOrder = {
      order,
      site,
      coordinator: site.coordinator,
      user: await this.#whoAmI(),
      queueNs,
      tokenDigest,
    };
    const isSame = ({ metadata }: V1Job): boolean => runOfCoordinator(metadata?.annotations) === order.runId;
    await this.#desk()
      .make(coordinatorManifest(wanted), isSame)
      .catch((error: PlaceTrouble) => {
        if (error.kind !== 'lost') throw error;
        const byHand = clearByHand(coordinatorName(order.runId), this.#desk().cluster);
        const message = `${error.message}; whether it was made is not known: it ends by itself, or by: ${byHand}`;
        throw new PlaceTrouble('lost', message, error);
      });
  }

  async #whoAmI(): Promise<string> {
    const answer = await this.#desk().cluster.whoAmI();
    if (answer.kind === 'answered') return answer.value;
    throw troubleOf(answer, 'who am I');
  }

  /**
   * Rejects with nothing that says the place is gone: only its Job tells the end of a pod, and one that does not answer may answer
   * again.
   */
  async #hear(line: RoomLine, from: number, signal: AbortSignal) {
    try {
      return await line.words(from, signal);
    } catch (error) {
      if (signal.aborted) return { lines: [], isOver: false };
      if (!(error instanceof PlaceTrouble) || error.kind !== 'gone') throw error;
      throw new PlaceTrouble('lost', error.message, error);
    }
  }

  /** Throws `gone` where the pod is, and with it what it kept; `cleared` where its Job is too. */
  async #line(handle: InsideHandle): Promise<RoomLine> {
    const line = await this.#lineUnlessOver(handle);
    if (line !== null) return line;
    const job = await this.#desk().cluster.readJob(coordinatorName(handle.runId));
    const isGoing = job.kind === 'answered' && job.value.metadata?.deletionTimestamp !== undefined;
    if (isGoing || isAbsent(job)) throw new PlaceTrouble('cleared', `${handle.room} is not there any more`);
    const status = await this.status(handle);
    const why = status.kind === 'ended' && status.reason !== '' ? ` (${status.reason})` : '';
    throw new PlaceTrouble('gone', `${handle.room} is gone${why}, and with it what it kept`);
  }

  /** Null: the pod has ended. Throws `lost` where the API server does not tell, or the pod is not there yet. */
  async #lineUnlessOver(handle: InsideHandle): Promise<RoomLine | null> {
    const [status, line] = await this.#seen(handle);
    if (line !== null) return line;
    if (status.kind === 'ended') return null;
    throw new PlaceTrouble('lost', `${handle.room} is not there yet${'reason' in status ? `: ${status.reason}` : ''}`);
  }

  /** Throws `lost` where the API server does not tell. */
  async #seen(handle: InsideHandle): Promise<readonly [GroupStatus, RoomLine | null]> {
    return await this.#job(handle)
      .look()
      .catch((error: Error) => {
        throw new PlaceTrouble('lost', error.message, error);
      });
  }

  #job({ runId }: InsideHandle): CoordinatorJob {
    return new CoordinatorJob(this.#desk(), runId, this.#options.token(runId));
  }
}

function waitingOrGone(status: Exclude<GroupStatus, { readonly kind: 'starting' | 'running' }>): InsideStatus {
  return status.kind === 'ended' ? { kind: 'ended', reason: endOf(status) } : status;
}
