import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import type { Remote } from '../../campaign/endpoint-spec.ts';
import type { ViaSpec } from '../../campaign/via-spec.ts';
import { stream } from '../../scenarios/rng.ts';
import { lateAfterMs, type NetworkReleases } from '../../targets/network-facts.ts';
import { NS_PER_MS, toMilliseconds } from '../../time/ns.ts';
import type { Alarm } from '../runner/alarm.ts';
import { handshakeNs, Lane, Line, windowBytes } from './link.ts';
import { OneWay } from './one-way.ts';
import { Turns } from './turns.ts';

const HOST = '127.0.0.1';

export interface ProxyParts {
  readonly via: ViaSpec;
  readonly seed: string;
  /** Names the random streams: each direction of each connection has one of its own. */
  readonly name: string;
  readonly now: () => number;
  readonly alarm: Alarm;
  /** A connection to the far end could not be made. */
  readonly unreachable: (error: Error) => void;
}

/**
 * Passes bytes through a network that is not there; TLS, HTTP/2 and gRPC pass as they are. A connection is accepted at
 * once, and its first bytes pay for the handshake. What happens to it at one end happens at the other one way later.
 */
export class NetworkProxy {
  readonly #parts: ProxyParts;
  readonly #up: Line;
  readonly #down: Line;
  readonly #turns: Turns;
  readonly #lateNs: number;
  #accepted = 0;
  #released = 0;
  #late = 0;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
    this.#up = new Line(parts.via);
    this.#down = new Line(parts.via);
    this.#turns = new Turns(parts.now, parts.alarm);
    this.#lateNs = lateAfterMs(toMilliseconds(parts.via.delayNs)) * NS_PER_MS;
  }

  /** Since the last call. */
  releases(): NetworkReleases {
    const found = { released: this.#released, late: this.#late };
    this.#released = 0;
    this.#late = 0;
    return found;
  }

  /** Accepts connections that go on to `remote`. */
  async listen(remote: Remote): Promise<{ readonly port: number; readonly server: Server }> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (near) =>
      this.#join(near, remote),
    );
    server.listen(0, HOST);
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, server };
  }

  #join(near: Socket, remote: Remote): void {
    const { via, now, unreachable } = this.#parts;
    const far = new Socket({ allowHalfOpen: true });
    far.setNoDelay(true);
    far.on('error', (error) => {
      if (far.connecting || far.bytesRead + far.bytesWritten === 0) unreachable(error);
    });
    const acceptedNs = now();
    const { open, arrived } = handshakeNs(via);
    const number = this.#accepted++;
    const up = { from: near, to: far, line: this.#up, name: `${number}/up` };
    this.#direct(up, { atNs: acceptedNs + arrived, act: () => far.connect(remote) });
    const down = { from: far, to: near, line: this.#down, name: `${number}/down` };
    this.#direct(down, { atNs: acceptedNs + open, act: () => near.resume() });
  }

  #direct({ from, to, line, name }: Direction, opening: { readonly atNs: number; readonly act: () => void }): void {
    const { via, now, seed, name: all } = this.#parts;
    const turn = this.#turns.join(() => way.release());
    const lane = new Lane(line, via, opening.atNs, stream(seed, `${all}/${name}`));
    const shared = { from, to, lane, stretch: line.stretch, window: windowBytes(via), now, released: this.#count };
    const way = new OneWay({ ...shared, due: (atNs) => turn.due(atNs) }, opening);
    to.once('close', () => turn.leave());
  }

  readonly #count = (lateNs: number): void => {
    this.#released++;
    if (lateNs > this.#lateNs) this.#late++;
  };
}

interface Direction {
  readonly from: Socket;
  readonly to: Socket;
  readonly line: Line;
  readonly name: string;
}
