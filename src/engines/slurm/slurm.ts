import { setTimeout as delay } from 'node:timers/promises';
import { type Ns, toMilliseconds } from '../../time/ns.ts';
import { agentArgv } from '../agent-argv.ts';
import type {
  AgentGroup,
  AttemptKey,
  Engine,
  GroupStatus,
  Handle,
  Member,
  MemberExit,
  Owner,
  Probe,
} from '../engine.ts';
import { pollStatus } from '../poll-status.ts';
import type { CallTool } from '../tool.ts';
import { AttemptFolder } from './attempt-folder.ts';
import { endJob, type JobWatch, overWithin } from './end-job.ts';
import {
  type AgentSource,
  agentScript,
  batchScript,
  jobName,
  keyOfName,
  sbatchArguments,
  type Whereabouts,
  whereaboutsOf,
} from './job-script.ts';
import { courseOf, endText, isUnknownJob, JOB_FORMAT, type Job, parseJobs } from './job-state.ts';
import { jobsOf } from './jobs-of.ts';
import { probeSlurm } from './probe.ts';

export interface SlurmEngineOptions {
  readonly call: CallTool;
  /** Whose jobs are this engine's. */
  readonly user: string;
  /** A folder that the nodes read and write under the same path. */
  readonly shared: string;
  /** Brings the agent to where nodes find it; called once. Rejects with a sentence where it cannot. */
  readonly stageAgent: () => Promise<AgentSource>;
  /** The agent's entry below its directory. */
  readonly entry: string;
  /** Where this machine finds Slurm's tools. */
  readonly path: string;
  /** Milliseconds between two questions about a job. */
  readonly pollMs: number;
}

/** Between two questions about a job. */
export const POLL_MS = 500;
/** How long a call that gave no answer may take to show what it did. */
const APPEAR_MS = 30_000;

/** Places agents by Slurm: a job for each attempt, a task on a node of its own for each agent. Speaks text output only. */
export class SlurmEngine implements Engine {
  readonly name = 'slurm';
  readonly #options: SlurmEngineOptions;
  readonly #cancelled = new Set<string>();
  #agent: Promise<AgentSource> | null = null;

  constructor(options: SlurmEngineOptions) {
    this.#options = options;
  }

  probe(group: AgentGroup): Promise<Probe> {
    return probeSlurm(group, this.#options);
  }

  async submit(group: AgentGroup, key: AttemptKey): Promise<Handle> {
    const earlier = await this.#find(key);
    if (earlier !== null) return earlier;
    const { entry, path, call, shared } = this.#options;
    const folder = new AttemptFolder(shared, key);
    const script = agentScript({
      folder: folder.path,
      indices: group.indices,
      source: await this.#stagedAgent(),
      entry,
      runId: key.runId,
      argv: [...agentArgv(group, key), '--token-file', folder.tokenFile],
    });
    folder.make(group.token, script);
    const batch = batchScript(folder.path, group.indices.length, path, group.instance.pin);
    const end = await call('sbatch', sbatchArguments(group, key, shared), batch);
    if (end.kind === 'answered')
      return handleOf(key, end.stdout.trim().split(';')[0] ?? '', { indices: group.indices, shared });
    const appeared = end.kind === 'silent' ? await this.#appeared(key) : null;
    if (appeared !== null) return appeared;
    folder.remove();
    throw new Error(end.why);
  }

  async status(handle: Handle): Promise<GroupStatus> {
    const id = jobOf(handle);
    if (id === null) return { kind: 'ended', outcome: 'completed', reason: '', members: [] };
    const end = await this.#options.call('squeue', ['-h', '-t', 'all', '-j', id, '-o', JOB_FORMAT]);
    if (end.kind !== 'answered' && !(end.kind === 'refused' && isUnknownJob(end.why))) {
      return { kind: 'unknown', reason: end.why };
    }
    const job = end.kind === 'answered' ? parseJobs(end.stdout).find((one) => one.id === id) : undefined;
    if (job === undefined) return this.#ended(handle, 'completed', 'Slurm no longer knows the job');
    const course = courseOf(job.state);
    switch (course.kind) {
      case 'queued':
        return { kind: 'queued', reason: `Slurm job ${id} is queued (${job.reason})` };
      case 'starting':
        return { kind: 'starting', members: this.#members(handle, null) };
      case 'running':
        return this.#running(handle);
      case 'ended':
        return this.#ended(handle, course.outcome, `Slurm job ${id}: ${endText(job)}`);
      default:
        return course satisfies never;
    }
  }

  watch(handle: Handle, onStatus: (status: GroupStatus) => void): () => void {
    return pollStatus(() => this.status(handle), this.#options.pollMs, onStatus);
  }

  async cancel(handle: Handle, graceNs: Ns): Promise<void> {
    const id = jobOf(handle);
    if (id === null) return;
    this.#cancelled.add(jobName(handle.key));
    const { kind } = await this.status(handle);
    if (kind === 'running' && graceNs > 0) {
      // To the agents alone: the batch script and srun wait for them.
      await this.#options.call('scancel', ['--signal=TERM', id]);
      await overWithin(toMilliseconds(graceNs), this.#watchOf(handle));
    }
    await endJob(id, this.#watchOf(handle));
    this.#folder(handle).remove();
  }

  async *logs(handle: Handle, index: number): AsyncGenerator<Uint8Array> {
    const task = handle.members.findIndex((member) => member.index === index);
    const bytes = this.#folder(handle).stderrOf(task);
    if (bytes.length > 0) yield bytes;
  }

  async list(owner: Owner): Promise<readonly Handle[]> {
    return this.#held((key) => owner.runId === null || key.runId === owner.runId);
  }

  /** Null: no job of the attempt holds a place or waits for one. */
  async #find({ runId, attempt }: AttemptKey): Promise<Handle | null> {
    const [handle] = await this.#held((key) => key.runId === runId && key.attempt === attempt);
    return handle ?? null;
  }

  /** Attempts whose jobs have not ended. Throws where Slurm does not tell. */
  async #held(isWanted: (key: AttemptKey) => boolean): Promise<readonly Handle[]> {
    return (await jobsOf(this.#options.user, this.#options.call))
      .map(handleOfJob)
      .filter((handle) => handle !== null)
      .filter(({ key }) => isWanted(key));
  }

  /** The job of a submission of which nothing was heard: null when none has appeared. */
  async #appeared(key: AttemptKey): Promise<Handle | null> {
    for (const until = performance.now() + APPEAR_MS; performance.now() < until; ) {
      const found = await this.#find(key).catch(() => null);
      if (found !== null) return found;
      await delay(this.#options.pollMs);
    }
    return null;
  }

  #stagedAgent(): Promise<AgentSource> {
    this.#agent ??= this.#options.stageAgent();
    return this.#agent;
  }

  #running(handle: Handle): GroupStatus {
    const members = this.#members(handle, null);
    return { kind: members.some(({ node }) => node === null) ? 'starting' : 'running', members };
  }

  #ended(handle: Handle, outcome: 'completed' | 'failed' | 'cancelled', reason: string): GroupStatus {
    const wasCancelled = this.#cancelled.has(jobName(handle.key));
    const members = this.#members(handle, reason);
    return { kind: 'ended', outcome: wasCancelled ? 'cancelled' : outcome, reason, members };
  }

  /** `over`: how the job ended, for those who could not say it themselves; null: it has not. */
  #members(handle: Handle, over: string | null): readonly Member[] {
    const folder = this.#folder(handle);
    return handle.members.map(({ index }, task) => {
      const lost: MemberExit | null = over === null ? null : { index, exitCode: null, signal: null, lastLine: over };
      const exit = folder.exitOf(task, index) ?? lost;
      const { node, gpus } = folder.nodeOf(task) ?? { node: null, gpus: [] };
      return { index, node, gpus, state: exit === null ? { kind: 'running' } : { kind: 'ended', exit } };
    });
  }

  #watchOf(handle: Handle): JobWatch {
    const { call, pollMs } = this.#options;
    return { call, pollMs, isOver: async () => (await this.status(handle)).kind === 'ended' };
  }

  #folder({ key, shared }: Handle): AttemptFolder {
    return new AttemptFolder(shared ?? this.#options.shared, key);
  }
}

const handleOf = (key: AttemptKey, job: string, { indices, shared }: Whereabouts): Handle => ({
  engine: 'slurm',
  key,
  members: indices.map((index, task) => ({ index, id: `${job}.${task}` })),
  shared,
});

function handleOfJob({ id, name, comment }: Job): Handle | null {
  const key = keyOfName(name);
  const whereabouts = whereaboutsOf(comment);
  return key === null || whereabouts === null ? null : handleOf(key, id, whereabouts);
}

/** Null: a handle without members has no job. */
const jobOf = ({ members }: Handle): string | null => members[0]?.id.split('.')[0] ?? null;
