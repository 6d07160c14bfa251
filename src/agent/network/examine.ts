import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Remote } from '../../campaign/endpoint-spec.ts';
import type { ViaSpec } from '../../campaign/via-spec.ts';
import { nearestRank } from '../../stats/histogram.ts';
import type { DirectionFacts, NetworkFacts } from '../../targets/network-facts.ts';
import type { Clock } from '../../time/clock.ts';
import { NS_PER_MS, NS_PER_S, toMilliseconds } from '../../time/ns.ts';

const HOST = '127.0.0.1';
/** Each has one message under way at a time, so that none waits for another. */
const CONNECTIONS = 32;
/** Round trips of each connection: as many as fit, within bounds. */
const ROUNDS = { least: 2, most: 8, withinNs: NS_PER_S } as const;
/** How long a bulk transfer takes at the bandwidth asked for, and its size within bounds. */
const BULK = { s: 0.25, least: 4096, most: 32 * 2 ** 20, unbounded: 8 * 2 ** 20 } as const;
/** Every message begins with what it wants. */
const ECHO = 'e';
const SINK = 'u';
const SOURCE = 'd';

/** Both ends of a network in one process, so that each direction can be timed by one clock. */
export class Examiner {
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #sunk: ((bitsPerSecond: number) => void)[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  /** Where the far end of the network is to be. */
  async listen(): Promise<Remote> {
    this.#server.listen(0, HOST);
    await once(this.#server, 'listening');
    return { host: HOST, port: (this.#server.address() as AddressInfo).port };
  }

  /** What the network whose near end is `port` does. Takes about a second, with long delays five round trips. */
  async examine(port: number, via: ViaSpec): Promise<NetworkFacts> {
    const roundTripNs = 2 * (via.delayNs + NS_PER_MS);
    const rounds = Math.max(ROUNDS.least, Math.min(ROUNDS.most, Math.floor(ROUNDS.withinNs / roundTripNs)));
    const up: number[] = [];
    const down: number[] = [];
    const pinged = Array.from({ length: CONNECTIONS }, async (_, index) => {
      await new Promise((resolve) => setTimeout(resolve, (index * roundTripNs) / CONNECTIONS / NS_PER_MS));
      await this.#ping(port, rounds, up, down);
    });
    await Promise.all(pinged);
    const bytes = bulkBytes(via);
    return {
      delayMs: toMilliseconds(via.delayNs),
      jitterMs: toMilliseconds(via.jitterNs),
      bandwidth: via.bandwidth,
      samples: up.length,
      up: directionFacts(up, await this.#bulkUp(port, bytes)),
      down: directionFacts(down, await this.#bulkDown(port, bytes)),
    };
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The first round trip pays for the handshake and does not count. */
  async #ping(port: number, rounds: number, up: number[], down: number[]): Promise<void> {
    const socket = await this.#dial(port);
    for (let round = -1; round < rounds; round++) {
      const sentNs = this.#clock.now();
      socket.write(ECHO);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      const cameNs = answer.readDoubleLE(0);
      if (round < 0) continue;
      up.push(cameNs - sentNs);
      down.push(this.#clock.now() - cameNs);
    }
    socket.destroy();
  }

  async #bulkUp(port: number, bytes: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#sunk.push(resolve);
    const socket = await this.#dial(port);
    socket.write(Buffer.concat([order(SINK, bytes), Buffer.alloc(bytes)]));
    const rate = await promise;
    socket.destroy();
    return rate;
  }

  async #bulkDown(port: number, bytes: number): Promise<number> {
    const socket = await this.#dial(port);
    const rate = this.#received(socket, bytes);
    socket.write(order(SOURCE, bytes));
    const found = await rate;
    socket.destroy();
    return found;
  }

  /** Bits per second, from the first read to the last; the bytes of the first had come before. */
  #received(socket: Socket, bytes: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    let [came, first, fromNs] = [0, 0, 0];
    socket.on('close', () => reject(new Error('via: the network closed a connection while it was examined')));
    socket.on('data', (chunk: Buffer) => {
      const now = this.#clock.now();
      if (came === 0) [first, fromNs] = [chunk.length, now];
      came += chunk.length;
      if (came >= bytes) resolve((8 * (came - first) * NS_PER_S) / Math.max(1, now - fromNs));
    });
    return promise;
  }

  async #dial(port: number): Promise<Socket> {
    const socket = connect({ host: HOST, port, noDelay: true });
    this.#sockets.add(socket);
    await once(socket, 'connect');
    return socket;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (head: Buffer) => {
      const kind = head.toString('latin1', 0, 1);
      if (kind === ECHO) {
        this.#echo(socket);
        socket.emit('data', head);
        return;
      }
      const bytes = head.readUInt32LE(1);
      if (kind === SOURCE) {
        socket.write(Buffer.alloc(bytes));
        return;
      }
      this.#received(socket, bytes + ORDER_BYTES).then(this.#sunk.shift(), () => {});
      socket.emit('data', head);
    });
  }

  #echo(socket: Socket): void {
    const answer = Buffer.alloc(8);
    socket.on('data', () => {
      answer.writeDoubleLE(this.#clock.now());
      socket.write(answer);
    });
  }
}

const ORDER_BYTES = 5;

function order(kind: string, bytes: number): Buffer {
  const head = Buffer.alloc(ORDER_BYTES);
  head.write(kind, 'latin1');
  head.writeUInt32LE(bytes, 1);
  return head;
}

function bulkBytes({ bandwidth }: ViaSpec): number {
  if (bandwidth === null) return BULK.unbounded;
  return Math.round(Math.min(BULK.most, Math.max(BULK.least, (bandwidth / 8) * BULK.s)));
}

function directionFacts(ns: readonly number[], bitsPerSecond: number): DirectionFacts {
  const sorted = ns.toSorted((a, b) => a - b);
  const quantile = (p: number): number => (sorted[nearestRank(p, sorted.length) - 1] ?? Number.NaN) / NS_PER_MS;
  return { p50Ms: quantile(0.5), p99Ms: quantile(0.99), bitsPerSecond };
}
