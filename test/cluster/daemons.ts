import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How long a daemon may take to end when it is asked to. */
const GRACE_MS = 5_000;
/** What is shown of a daemon's log where something went wrong. */
const LOG_LINES = 12;

/** Services of a cluster that was brought up for tests: they end with the process that started them, however it ends. */
export class Daemons {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #running = new Map<string, ChildProcess>();

  /** `folder` is made; it holds a log for each of them. */
  constructor(folder: string, env: NodeJS.ProcessEnv) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    this.#env = env;
  }

  /** Starts one, again where one of this name has ended. */
  start(name: string, command: string, args: readonly string[]): void {
    const log = openSync(join(this.#folder, `${name}.err`), 'a');
    // Linux ends it when its parent has ended, whatever became of that.
    const argv = ['--pdeathsig', 'KILL', '--', command, ...args];
    this.#running.set(name, spawn('setpriv', argv, { stdio: ['ignore', log, log], env: this.#env }));
  }

  isRunning(name: string): boolean {
    const daemon = this.#running.get(name);
    return daemon !== undefined && !hasEnded(daemon);
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.#of(name).kill(signal);
  }

  /** Ends one at once. */
  async kill(name: string): Promise<void> {
    const daemon = this.#of(name);
    const gone = once(daemon, 'exit');
    daemon.kill('SIGKILL');
    await gone;
  }

  /** Ends all of them, in the reverse of the order in which they came. */
  async stop(): Promise<void> {
    for (const daemon of [...this.#running.values()].reverse()) await endedOrKilled(daemon);
  }

  /** The end of each log. */
  logs(): string {
    const tail = (file: string): string =>
      readFileSync(join(this.#folder, file), 'utf8').split('\n').slice(-LOG_LINES).join('\n');
    return readdirSync(this.#folder)
      .map((file) => `== ${file}\n${tail(file)}`)
      .join('\n');
  }

  #of(name: string): ChildProcess {
    const daemon = this.#running.get(name);
    if (daemon === undefined) throw new Error(`no daemon named ${name}`);
    return daemon;
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

async function endedOrKilled(daemon: ChildProcess): Promise<void> {
  if (hasEnded(daemon)) return;
  const gone = once(daemon, 'exit');
  daemon.kill('SIGTERM');
  const timer = setTimeout(() => daemon.kill('SIGKILL'), GRACE_MS);
  await gone;
  clearTimeout(timer);
}
