import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A server that a bench started, pinned to a core. */
export interface Server {
  readonly name: string;
  readonly process: ChildProcess;
  readonly port: number;
}

/** Generator and server have a core each. */
const SERVER_CORE = '1';
const OWN_CORE = '0';

/** Starts a Node program on the server's core; its first line of output says the port. */
export async function startServer(
  name: string,
  args: readonly string[],
  portIn: (line: string) => number = Number,
): Promise<Server> {
  const command = ['-c', SERVER_CORE, process.execPath, ...args];
  const child = spawn('taskset', command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { name, process: child, port: portIn(line) };
}

/** `loadcell serve <model>` under the name `m`, HTTP alone. */
export const startLoadcell = (name: string, model: string, flags: readonly string[] = []): Promise<Server> =>
  startServer(name, ['bin/loadcell.js', 'serve', model, '--name', 'm', ...QUIET, ...flags], (line) =>
    Number((JSON.parse(line) as Announced).http.split(':').at(-1)),
  );

const QUIET = ['--http', '127.0.0.1:0', '--grpc', 'none', '--log-level', 'error', '--json'];

interface Announced {
  readonly http: string;
}

/** Clock ticks of /proc, a second: what every Linux of today has. */
const TICKS = 100;

/** CPU time of a server so far, all its threads, seconds. */
export function cpuSecondsOf({ process: { pid } }: Server): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Keeps this process, the generator, on its own core. */
export async function pinGenerator(): Promise<void> {
  await once(spawn('taskset', ['-a', '-c', '-p', OWN_CORE, String(process.pid)], { stdio: 'ignore' }), 'exit');
}

export async function endServers(servers: readonly Server[]): Promise<void> {
  for (const { process: child } of servers) {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}
