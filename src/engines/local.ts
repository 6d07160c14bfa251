import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ARGUMENTS_FROM_INPUT, argumentsInput } from '../agent/arguments.ts';
import type { Ns } from '../time/ns.ts';
import { LIFELINE_FD, lifelineStdio } from '../wire/lifeline.ts';
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
import { LocalMember } from './local-member.ts';
import { formatIdentity, identify, isRunning, parseIdentity } from './process-identity.ts';
import { processExists, readText } from './process-witness.ts';

export type Spawn = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

export interface LocalEngineOptions {
  /** `spawn` of node:child_process. */
  readonly spawn: Spawn;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where handles are written down, so that they are found after a restart of the coordinator; made when it is not there. */
  readonly stateFolder: string;
}

/** The agent's entry in the folder beside this one: `.ts` in a checkout, `.js` in a package. */
const AGENT_ENTRY = fileURLToPath(
  new URL(`../agent/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** End of the name of a run's folder of spools. */
const SPOOLS = '.spool';

/** How often processes that are no children of this one are looked at. */
const LOOK_EVERY_MS = 200;

/** Places agents as child processes on this machine, in the process group of this one and on its lifeline. */
export class LocalEngine implements Engine {
  readonly name = 'local';
  readonly #options: LocalEngineOptions;
  /** An agent that loads without a place, to be given the next one that is asked for. */
  #ahead: ChildProcess | null = null;
  /** Attempts that this process submitted. */
  readonly #attempts = new Map<string, { readonly handle: Handle; readonly members: readonly LocalMember[] }>();
  readonly #cancelled = new Set<string>();

  constructor(options: LocalEngineOptions) {
    this.#options = options;
  }

  /** Starts an agent before there is a place for it; without one it ends with this process. */
  startAhead(): void {
    this.#ahead ??= this.#spawn([ARGUMENTS_FROM_INPUT]);
    // What cannot be started now is told when there is a place for it.
    this.#ahead.on('error', () => {});
  }

  async probe(_group: AgentGroup): Promise<Probe> {
    const { stateFolder } = this.#options;
    try {
      mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
    } catch (error) {
      const message = `local engine: ${stateFolder} cannot be made: ${messageOf(error)}`;
      return {
        kind: 'infeasible',
        problems: [{ code: 'no-permission', message, hint: 'set TMPDIR to a folder that may be written' }],
      };
    }
    return { kind: 'feasible', places: availableParallelism() };
  }

  async submit(group: AgentGroup, key: AttemptKey): Promise<Handle> {
    const earlier = this.#attempts.get(nameOf(key))?.handle ?? this.#written(nameOf(key));
    if (earlier !== null && this.#anyRuns(earlier)) return earlier;
    mkdirSync(this.#options.stateFolder, { recursive: true, mode: 0o700 });
    this.#forgetTheDead(group.runId);
    const members: LocalMember[] = [];
    try {
      for (const index of group.indices) members.push(await this.#place(group, key, index));
    } catch (error) {
      for (const member of members) member.kill('SIGKILL');
      throw new Error(`local engine: an agent could not be started: ${messageOf(error)}`);
    }
    const handle: Handle = { engine: this.name, key, members: members.map(({ index, pid }) => memberOf(index, pid)) };
    this.#attempts.set(nameOf(key), { handle, members });
    this.#write(handle);
    return handle;
  }

  async status(handle: Handle): Promise<GroupStatus> {
    const members = handle.members.map((member) => this.#member(handle, member));
    if (members.some(({ state }) => state.kind !== 'ended')) return { kind: 'running', members };
    if (this.#cancelled.has(nameOf(handle.key))) return { kind: 'ended', outcome: 'cancelled', members };
    const failed = members.some(({ state }) => state.kind === 'ended' && state.exit.exitCode !== 0);
    return { kind: 'ended', outcome: failed ? 'failed' : 'completed', members };
  }

  watch(handle: Handle, onExit: (exit: MemberExit) => void): () => void {
    let watching = true;
    const tell = (exit: MemberExit): void => {
      if (watching) onExit(exit);
    };
    const timers = handle.members.map((member) => {
      const own = this.#own(handle, member.index);
      if (own === null) return whenGone(member, tell);
      void own.ended.then(tell);
      return null;
    });
    return () => {
      watching = false;
      for (const timer of timers) if (timer !== null) clearInterval(timer);
    };
  }

  async cancel(handle: Handle, graceNs: Ns): Promise<void> {
    this.#cancelled.add(nameOf(handle.key));
    for (const member of handle.members) this.#kill(handle, member, 'SIGTERM');
    await this.#allGone(handle, graceNs / 1e6);
    for (const member of handle.members) this.#kill(handle, member, 'SIGKILL');
    await this.#allGone(handle, Number.POSITIVE_INFINITY);
    rmSync(this.#path(nameOf(handle.key)), { force: true });
    removeEmptySpools(this.#spoolFolder(handle.key.runId));
  }

  async *logs(handle: Handle, index: number): AsyncGenerator<Uint8Array> {
    const bytes = this.#own(handle, index)?.stderr;
    if (bytes !== undefined && bytes.length > 0) yield bytes;
  }

  async list(owner: Owner): Promise<readonly Handle[]> {
    return this.#allWritten().filter((handle) => handle.key.runId === owner.runId && this.#anyRuns(handle));
  }

  #allWritten(): readonly Handle[] {
    const { stateFolder } = this.#options;
    const files = existsSync(stateFolder) ? readdirSync(stateFolder) : [];
    const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
    return names.map((name) => this.#written(name)).filter((handle) => handle !== null);
  }

  /**
   * What runs left behind of which no member runs any more, `runId` aside: handles that nobody will ask for, and spools
   * that nobody reads.
   */
  #forgetTheDead(runId: string): void {
    const handles = this.#allWritten();
    for (const handle of handles.filter((written) => !this.#anyRuns(written))) {
      rmSync(this.#path(nameOf(handle.key)), { force: true });
    }
    const living = handles.filter((handle) => this.#anyRuns(handle)).map(({ key }) => key.runId);
    const own = [...this.#attempts.values()].map(({ handle }) => handle.key.runId);
    const kept = new Set([runId, ...living, ...own].map((id) => this.#spoolFolder(id)));
    for (const name of readdirSync(this.#options.stateFolder).filter((file) => file.endsWith(SPOOLS))) {
      const folder = join(this.#options.stateFolder, name);
      if (!kept.has(folder)) rmSync(folder, { recursive: true, force: true });
    }
  }

  async #place(group: AgentGroup, key: AttemptKey, index: number): Promise<LocalMember> {
    const args = ['--coordinator', group.coordinator, '--run', group.runId, '--attempt', `${key.attempt}`];
    const places = ['--index', `${index}`, '--spool', this.#spoolFolder(group.runId)];
    const argv = [...args, ...places];
    const ahead = this.#takeAhead();
    const child = ahead ?? this.#spawn(argv);
    const { pid } = child;
    if (pid === undefined) {
      await new Promise((_, reject) => child.once('error', reject));
      throw new Error('it has no process id');
    }
    child.stdin?.end(ahead === null ? `${group.token}\n` : argumentsInput(argv, group.token));
    return new LocalMember(index, child, pid);
  }

  #takeAhead(): ChildProcess | null {
    const child = this.#ahead;
    this.#ahead = null;
    const runs = child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
    return runs ? child : null;
  }

  #spawn(argv: readonly string[]): ChildProcess {
    const { spawn, env } = this.#options;
    const stdio: ('pipe' | 'ignore' | number)[] = ['pipe', 'ignore', 'pipe'];
    stdio[LIFELINE_FD] = lifelineStdio(env);
    const child = spawn(process.execPath, [AGENT_ENTRY, ...argv], { stdio, env: { ...env } });
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
    return { index, node: hostname(), gpus: [], state: exit === null ? { kind: 'running' } : { kind: 'ended', exit } };
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
  async #allGone(handle: Handle, mostMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let unwatch = (): void => {};
    const gone = new Promise<void>((resolve) => {
      const left = new Set(handle.members.map(({ index }) => index));
      if (left.size === 0) resolve();
      unwatch = this.watch(handle, ({ index }) => {
        left.delete(index);
        if (left.size === 0) resolve();
      });
      if (mostMs < Number.POSITIVE_INFINITY) timer = setTimeout(resolve, mostMs);
    });
    await gone;
    clearTimeout(timer);
    unwatch();
  }

  #path(name: string): string {
    return join(this.#options.stateFolder, `${name}.json`);
  }

  #spoolFolder(runId: string): string {
    return join(this.#options.stateFolder, `${runId}${SPOOLS}`);
  }

  #write(handle: Handle): void {
    const path = this.#path(nameOf(handle.key));
    writeFileSync(`${path}.tmp`, JSON.stringify(handle), { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  }

  #written(name: string): Handle | null {
    const text = readText(this.#path(name));
    if (text === null) return null;
    try {
      const handle = JSON.parse(text) as Partial<Handle> | null;
      const whole = handle?.engine === 'local' && handle.key !== undefined && Array.isArray(handle.members);
      return whole ? (handle as Handle) : null;
    } catch {
      return null;
    }
  }
}

/** A spool that holds what was never acknowledged is kept until the next run, and its folder with it. */
function removeEmptySpools(folder: string): void {
  const files = existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : [];
  for (const file of files) if (statSync(file, { throwIfNoEntry: false })?.size === 0) rmSync(file, { force: true });
  try {
    rmdirSync(folder);
  } catch {
    return;
  }
}

const nameOf = ({ runId, attempt }: AttemptKey): string => `${runId}-${attempt}`;

const memberOf = (index: number, pid: number): HandleMember => ({ index, id: formatIdentity(identify(pid, readText)) });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const runs = ({ id }: HandleMember): boolean => {
  const identity = parseIdentity(id);
  return identity !== null && isRunning(identity, readText, processExists);
};

/** The end of a process that an earlier coordinator started: how it ended is not known. Null while it runs. */
const goneOf = (member: HandleMember): MemberExit | null =>
  runs(member) ? null : { index: member.index, exitCode: null, signal: null, lastLine: '' };

function whenGone(member: HandleMember, tell: (exit: MemberExit) => void): NodeJS.Timeout {
  const timer = setInterval(() => {
    const exit = goneOf(member);
    if (exit === null) return;
    clearInterval(timer);
    tell(exit);
  }, LOOK_EVERY_MS);
  return timer;
}
