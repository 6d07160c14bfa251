import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { availableParallelism, hostname, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ARGUMENTS_FROM_INPUT, argumentsInput } from '../agent/arguments.ts';
import type { Ns } from '../time/ns.ts';
import { LIFELINE_FD, lifelineStdio } from '../wire/lifeline.ts';
import { readText } from '../wire/read-text.ts';
import { agentArgv } from './agent-argv.ts';
import type {
  AgentGroup,
  AttemptKey,
  Engine,
  GroupStatus,
  Handle,
  HandleMember,
  Member,
  MemberExit,
  Owner,
  Probe,
} from './engine.ts';
import { type Given, LocalDevices, NOTHING_OF_ITS_OWN } from './local-devices.ts';
import type { LocalGpu } from './local-gpus.ts';
import { LocalMember } from './local-member.ts';
import { LocalRecords } from './local-records.ts';
import { roomProblems } from './local-room.ts';
import { formatIdentity, identify, isRunning, parseIdentity } from './process-identity.ts';
import { processExists } from './process-witness.ts';
import type { CallTool } from './tool.ts';

export type Spawn = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

export interface LocalEngineOptions {
  /** `spawn` of node:child_process. */
  readonly spawn: Spawn;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Lists GPUs, where an agent is to have one. */
  readonly call: CallTool;
  /** Where handles are written down, so that they are found after a restart of the coordinator; made when it is not there. */
  readonly stateFolder: string;
  /** How long devices that are held may take to become free; by default 5 s. */
  readonly freeWithinMs?: number;
}

/** The agent's entry in the folder beside this one: `.ts` in a checkout, `.js` in a package. */
const AGENT_ENTRY = fileURLToPath(
  new URL(`../agent/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** Before a command line: it runs on these processors alone, and so does all that it starts. */
const TASKSET = ['taskset', '--cpu-list'];

/** How often processes that are no children of this one are looked at. */
const LOOK_EVERY_MS = 200;

/** Places agents as child processes on this machine, in the process group of this one and on its lifeline. */
export class LocalEngine implements Engine {
  readonly name = 'local';
  readonly #options: LocalEngineOptions;
  readonly #records: LocalRecords;
  readonly #devices: LocalDevices;
  /** An agent that loads without a place, to be given the next one that is asked for. */
  #ahead: ChildProcess | null = null;
  /** Attempts that this process submitted. */
  readonly #attempts = new Map<string, { readonly handle: Handle; readonly members: readonly LocalMember[] }>();
  readonly #cancelled = new Set<string>();

  constructor(options: LocalEngineOptions) {
    this.#options = options;
    this.#records = new LocalRecords(options.stateFolder);
    this.#devices = new LocalDevices(options.call, options.stateFolder, options.freeWithinMs);
  }

  /** Starts an agent before there is a place for it; without one it ends with this process. */
  startAhead(): void {
    this.#ahead ??= this.#spawn([ARGUMENTS_FROM_INPUT]);
    // What cannot be started now is told when there is a place for it.
    this.#ahead.on('error', () => {});
  }

  async probe(group: AgentGroup): Promise<Probe> {
    const gpus = await this.#devices.gpus(group.instance);
    const room = { cpus: availableParallelism(), memoryBytes: totalmem(), gpus };
    const devices = gpus?.kind === 'listed' ? gpus.devices.map(({ name, uuid }) => `${name} (${uuid})`) : [];
    const found = [`this machine: ${room.cpus} CPUs`, ...devices];
    const [problem, ...more] = [...roomProblems(group, room), ...(await this.#devices.pinProblems(group.instance))];
    if (problem !== undefined) return { kind: 'infeasible', found, problems: [problem, ...more] };
    try {
      this.#records.makeFolder();
    } catch (error) {
      const message = `local engine: its own folder cannot be used: ${messageOf(error)}`;
      const hint = 'set TMPDIR to a folder of your own';
      return { kind: 'infeasible', found, problems: [{ code: 'no-permission', message, hint }] };
    }
    return { kind: 'feasible', found };
  }

  async submit(group: AgentGroup, key: AttemptKey): Promise<Handle> {
    this.#records.makeFolder();
    const earlier = this.#attempts.get(nameOf(key))?.handle ?? this.#records.find(key);
    if (earlier !== null && this.#anyRuns(earlier)) return earlier;
    this.#forgetTheDead(group.runId);
    const members: LocalMember[] = [];
    try {
      const gpus = await this.#devices.fitting(group.instance);
      for (const index of group.indices) members.push(await this.#place(group, key, index, gpus));
    } catch (error) {
      for (const member of members) member.kill('SIGKILL');
      throw new Error(`local engine: an agent could not be started: ${messageOf(error)}`);
    }
    const handle: Handle = { engine: this.name, key, members: members.map(memberOf) };
    this.#attempts.set(nameOf(key), { handle, members });
    this.#records.keep(handle);
    return handle;
  }

  async status(handle: Handle): Promise<GroupStatus> {
    const members = handle.members.map((member) => this.#member(handle, member));
    if (members.some(({ state }) => state.kind !== 'ended')) return { kind: 'running', members };
    if (this.#cancelled.has(nameOf(handle.key))) return { kind: 'ended', outcome: 'cancelled', reason: '', members };
    const failed = members.some(({ state }) => state.kind === 'ended' && state.exit.exitCode !== 0);
    return { kind: 'ended', outcome: failed ? 'failed' : 'completed', reason: '', members };
  }

  watch(handle: Handle, onStatus: (status: GroupStatus) => void): () => void {
    let timer: NodeJS.Timeout | null = null;
    let told: ((status: GroupStatus) => void) | null = onStatus;
    const stop = (): void => {
      told = null;
      if (timer !== null) clearInterval(timer);
    };
    const tell = async (): Promise<void> => {
      const status = await this.status(handle);
      told?.(status);
      if (status.kind === 'ended') stop();
    };
    const own = handle.members.map(({ index }) => this.#own(handle, index)).filter((member) => member !== null);
    for (const member of own) void member.ended.then(tell);
    if (own.length < handle.members.length) timer = setInterval(() => void tell(), LOOK_EVERY_MS);
    void tell();
    return stop;
  }

  async cancel(handle: Handle, graceNs: Ns): Promise<void> {
    this.#cancelled.add(nameOf(handle.key));
    for (const member of handle.members) this.#kill(handle, member, 'SIGTERM');
    await this.#allGone(handle, graceNs / 1e6);
    for (const member of handle.members) this.#kill(handle, member, 'SIGKILL');
    await this.#allGone(handle, Number.POSITIVE_INFINITY);
    this.#devices.free(handle.members);
    this.#records.forget(handle.key);
    this.#records.forgetEmptySpools(handle.key.runId);
  }

  async *logs(handle: Handle, index: number): AsyncGenerator<Uint8Array> {
    const bytes = this.#own(handle, index)?.stderr;
    if (bytes !== undefined && bytes.length > 0) yield bytes;
  }

  async list(owner: Owner): Promise<readonly Handle[]> {
    const isOwned = ({ key }: Handle): boolean => owner.runId === null || key.runId === owner.runId;
    return this.#records.all().filter((handle) => isOwned(handle) && this.#anyRuns(handle));
  }

  /**
   * What runs left behind of which no member runs any more, `runId` aside: handles that nobody will ask for, and spools
   * that nobody reads.
   */
  #forgetTheDead(runId: string): void {
    const handles = this.#records.all();
    for (const { key } of handles.filter((kept) => !this.#anyRuns(kept))) this.#records.forget(key);
    const living = handles.filter((handle) => this.#anyRuns(handle)).map(({ key }) => key.runId);
    const own = [...this.#attempts.values()].map(({ handle }) => handle.key.runId);
    this.#records.forgetSpoolsBut([runId, ...living, ...own]);
  }

  async #place(group: AgentGroup, key: AttemptKey, index: number, gpus: readonly LocalGpu[]): Promise<LocalMember> {
    const places = ['--index', `${index}`, '--spool', this.#records.spoolFolder(group.runId)];
    const argv = [...agentArgv(group, key), ...places];
    const given = await this.#devices.give(group.instance, index, gpus);
    // Which devices a process sees, and which processors it runs on, is settled when it starts.
    const ahead = given.gpus.length + given.cpus.length === 0 ? this.#takeAhead() : null;
    const child = ahead ?? this.#spawn(argv, given);
    const { pid } = child;
    if (pid === undefined) {
      this.#devices.free([{ index, id: '', ...given }]);
      await new Promise((_, reject) => child.once('error', reject));
      throw new Error('it has no process id');
    }
    child.stdin?.end(ahead === null ? `${group.token}\n` : argumentsInput(argv, group.token));
    this.#devices.handOn(given, pid);
    return new LocalMember(index, child, pid, given);
  }

  #takeAhead(): ChildProcess | null {
    const child = this.#ahead;
    this.#ahead = null;
    const runs = child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
    return runs ? child : null;
  }

  #spawn(argv: readonly string[], { gpus, cpus }: Given = NOTHING_OF_ITS_OWN): ChildProcess {
    const { spawn, env } = this.#options;
    const more = gpus.length === 0 ? {} : { CUDA_VISIBLE_DEVICES: gpus.join(',') };
    const [command = '', ...before] = [...(cpus.length === 0 ? [] : [...TASKSET, cpus.join(',')]), process.execPath];
    const stdio: ('pipe' | 'ignore' | number)[] = ['pipe', 'ignore', 'pipe'];
    stdio[LIFELINE_FD] = lifelineStdio(env);
    const child = spawn(command, [...before, AGENT_ENTRY, ...argv], { stdio, env: { ...env, ...more } });
    // An agent that is gone before it has read its input ends, and that is told by its exit.
    child.stdin?.on('error', () => {});
    return child;
  }

  #own(handle: Handle, index: number): LocalMember | null {
    const attempt = this.#attempts.get(nameOf(handle.key));
    return attempt?.members.find((member) => member.index === index) ?? null;
  }

  #member(handle: Handle, member: HandleMember): Member {
    const { index } = member;
    const own = this.#own(handle, index);
    const exit = own === null ? goneOf(member) : own.exit;
    const gpus = member.gpus ?? [];
    return { index, node: hostname(), gpus, state: exit === null ? { kind: 'running' } : { kind: 'ended', exit } };
  }

  #anyRuns(handle: Handle): boolean {
    return handle.members.some((member) => this.#member(handle, member).state.kind !== 'ended');
  }

  #kill(handle: Handle, member: HandleMember, signal: NodeJS.Signals): void {
    const own = this.#own(handle, member.index);
    if (own !== null) own.kill(signal);
    else if (runs(member)) process.kill(parseIdentity(member.id)?.pid ?? Number.NaN, signal);
  }

  /** Resolves when no member is left, or after `mostMs`. */
  #allGone(handle: Handle, mostMs: number): Promise<void> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const unwatch = this.watch(handle, ({ kind }) => {
        if (kind !== 'ended') return;
        clearTimeout(timer);
        resolve();
      });
      if (mostMs === Number.POSITIVE_INFINITY) return;
      timer = setTimeout(() => {
        unwatch();
        resolve();
      }, mostMs);
    });
  }
}

const nameOf = ({ runId, attempt }: AttemptKey): string => `${runId}-${attempt}`;

const memberOf = ({ index, pid, gpus, cpus }: LocalMember): HandleMember => ({
  index,
  id: formatIdentity(identify(pid, readText)),
  ...(gpus.length === 0 ? {} : { gpus }),
  ...(cpus.length === 0 ? {} : { cpus }),
});

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const runs = ({ id }: HandleMember): boolean => {
  const identity = parseIdentity(id);
  return identity !== null && isRunning(identity, readText, processExists);
};

/** The end of a process that an earlier coordinator started: how it ended is not known. Null while it runs. */
const goneOf = (member: HandleMember): MemberExit | null =>
  runs(member) ? null : { index: member.index, exitCode: null, signal: null, lastLine: '' };
