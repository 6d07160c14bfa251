import type { Server } from 'node:net';
import { countText } from '../../report/figures.ts';
import { type Finding, ok, stopping, warning } from './finding.ts';
import type { Machine } from './machine.ts';

export interface NetworkFacts {
  /** First and last port for outgoing connections; null: the system does not tell. */
  readonly ports: { readonly first: number; readonly last: number } | null;
  /** What keeps a process from listening on 127.0.0.1 and being dialled there; null: nothing. */
  readonly loopbackProblem: string | null;
}

/** Connections that end linger for a minute on their port: a network target dialled anew per request uses many. */
const LEAST_PORTS = 10_000;
const DIAL_MS = 2_000;

type Net = Pick<typeof import('node:net'), 'connect' | 'createServer'>;

export async function networkFacts({ readText }: Pick<Machine, 'readText'>, net: Net): Promise<NetworkFacts> {
  return {
    ports: parsePortRange(readText('/proc/sys/net/ipv4/ip_local_port_range') ?? ''),
    loopbackProblem: await loopbackProblem(net),
  };
}

/** `ip_local_port_range` (ip(7)). */
export function parsePortRange(text: string): NetworkFacts['ports'] {
  const [, first, last] = /^(\d+)\s+(\d+)\s*$/.exec(text) ?? [];
  return first === undefined || last === undefined ? null : { first: Number(first), last: Number(last) };
}

/** Listens on a free port of 127.0.0.1 and dials it, as coordinator and agents do. */
export async function loopbackProblem(net: Net): Promise<string | null> {
  const server = net.createServer((socket) => socket.on('error', () => {}).end());
  try {
    const port = await listening(server);
    await dialled(net, port);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    server.close();
  }
}

function listening(server: Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen({ host: '127.0.0.1', port: 0 }, () => {
    const address = server.address();
    if (address !== null && typeof address === 'object') resolve(address.port);
    else reject(new Error('no port was given'));
  });
  return promise;
}

function dialled(net: Net, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = net.connect({ host: '127.0.0.1', port });
  socket.setTimeout(DIAL_MS, () => reject(new Error(`port ${port} gave no answer within ${DIAL_MS / 1000} s`)));
  socket.once('error', reject).once('connect', resolve);
  return promise.finally(() => socket.destroy());
}

export const judgeNetwork = (facts: NetworkFacts): readonly Finding[] => [ports(facts), loopback(facts)];

function ports({ ports: range }: NetworkFacts): Finding {
  if (range === null) return ok('ports', 'not shown by this system');
  const count = range.last - range.first + 1;
  const found = `${countText(count)} for outgoing connections (${range.first} to ${range.last})`;
  if (count >= LEAST_PORTS) return ok('ports', found);
  return warning('ports', found, 'sudo sysctl net.ipv4.ip_local_port_range="10240 65535"');
}

function loopback({ loopbackProblem: problem }: NetworkFacts): Finding {
  if (problem === null) return ok('loopback', 'listening on 127.0.0.1 works');
  return stopping('loopback', problem, 'agents dial their coordinator there: bring up `lo` and let the program listen');
}
