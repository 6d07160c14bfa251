// Thread entry of a calibration's canned responder: a server that costs as little as can be.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { parentPort, workerData } from 'node:worker_threads';
import { threadClock } from '../../time/monotonic.ts';
import { cannedMessage } from './canned-method.ts';
import type { ResponderTask } from './canned-responder.ts';
import { plainAnswer, servePlainHttp2, unaryAnswer } from './plain-http2.ts';

const { protocol, bodyBytes, secured, behaviour } = workerData as ResponderTask;
const identity = secured === null ? null : { cert: secured.certificate, key: secured.key };
const instants = new Float64Array(behaviour);
const clock = threadClock(0n);
const cell = new Int32Array(new SharedArrayBuffer(4));
const body = Buffer.alloc(bodyBytes, 'x');
const SPUN_NS = 200_000;

/** Holds the whole thread, as a server that stands still: sleeps, then spins to the instant. */
function holdUntil(atNs: number): void {
  const sleepMs = (atNs - SPUN_NS - clock.now()) / 1e6;
  if (sleepMs > 0) Atomics.wait(cell, 0, 0, sleepMs);
  while (clock.now() < atNs);
}

/** Whether it took any time. */
function take(): boolean {
  const now = clock.now();
  const [serviceNs = 0, fromNs = 0, untilNs = 0] = instants;
  if (now >= fromNs && now < untilNs) holdUntil(untilNs);
  if (serviceNs <= 0) return false;
  holdUntil(clock.now() + serviceNs);
  return true;
}

function http1(): Server {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${bodyBytes}\r\n\r\n`;
  const answer = Buffer.concat([Buffer.from(head, 'latin1'), body]);
  const serve = (socket: Socket): void => {
    let [part, left] = [Buffer.alloc(0), 0];
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      if (left > 0) {
        left -= chunk.length;
        if (left <= 0) respond();
        return;
      }
      part = Buffer.concat([part, chunk]);
      const end = part.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = /\r\ncontent-length: *(\d+)/iu.exec(part.toString('latin1', 0, end + 2));
      left = Number(length?.[1] ?? 0) - (part.length - end - 4);
      part = Buffer.alloc(0);
      if (left <= 0) respond();
    });
    const respond = (): void => {
      take();
      socket.write(answer);
    };
  };
  return listening(serve, 'http/1.1');
}

function http2(): Server {
  const answer = protocol === 'grpc' ? unaryAnswer(cannedMessage(bodyBytes)) : plainAnswer(body);
  return listening(
    (socket) =>
      servePlainHttp2(socket, answer, (respond, flush) => {
        const isSlow = take();
        respond();
        if (isSlow) flush();
      }),
    'h2',
  );
}

const listening = (serve: (socket: Socket) => void, protocol: string): Server =>
  identity === null
    ? createServer({ noDelay: true }, serve)
    : createTlsServer({ ...identity, noDelay: true, ALPNProtocols: [protocol] }, serve);

const server = protocol === 'http/1.1' ? http1() : http2();
server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));
