// A server that costs as little as can be: HTTP/1.1 over plain sockets, or gRPC over HTTP/2 as plain. Prints its port.
// `held`: over HTTP, each answer takes the whole thread for the delay, to a few microseconds.
// Usage: node canned-server.ts http|held|grpc [delay in ms, default 0]
import { type AddressInfo, createServer } from 'node:net';
import { servePlainHttp2, unaryAnswer } from '../../src/agent/runner/plain-http2.ts';
import { GREETING } from './plain-targets.ts';

const kind = process.argv[2];
const delayMs = Number(process.argv[3] ?? 0);
const cell = new Int32Array(new SharedArrayBuffer(4));
const SPUN_MS = 0.3;

function hold(): void {
  const until = performance.now() + delayMs;
  Atomics.wait(cell, 0, 0, Math.max(0, delayMs - SPUN_MS));
  while (performance.now() < until);
}

const later = (run: () => void): void => {
  if (kind === 'held') {
    hold();
    run();
  } else if (delayMs === 0) run();
  else setTimeout(run, delayMs);
};

const body = '{"hello":"world"}';
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: keep-alive\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
);

const http = () =>
  createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (chunk.includes('\r\n\r\n')) later(() => socket.write(ANSWER));
    });
  });

const grpc = () => {
  const answer = unaryAnswer(GREETING);
  return createServer({ noDelay: true }, (socket) => servePlainHttp2(socket, answer, later));
};

const server = kind === 'grpc' ? grpc() : http();
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
