// A server that costs as little as can be and stands still once, as a whole process does: told over IPC from when to when on
// the node's monotonic clock. Tells its port, and on `report` the instant of every answer.
// Usage: node stalling-server.ts http|grpc
import { type AddressInfo, createServer } from 'node:net';
import { servePlainHttp2, unaryAnswer } from '../../src/agent/runner/plain-http2.ts';
import { threadClock } from '../../src/time/monotonic.ts';
import { GREETING } from './plain-targets.ts';

export type ToStalling =
  | { readonly kind: 'stall'; readonly fromNs: number; readonly untilNs: number }
  | { readonly kind: 'report' };
export type FromStalling =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'answered'; readonly atNs: readonly number[] };

const MOST_ANSWERS = 1_000_000;
const SPUN_NS = 200_000;

const clock = threadClock(0n);
const cell = new Int32Array(new SharedArrayBuffer(4));
const answered = new Float64Array(MOST_ANSWERS);
let answers = 0;
let stall = { fromNs: Number.POSITIVE_INFINITY, untilNs: Number.POSITIVE_INFINITY };

/** Holds the whole thread where it stands still now, then notes the instant. */
function take(): void {
  const { fromNs, untilNs } = stall;
  let now = clock.now() as number;
  if (now >= fromNs && now < untilNs) {
    Atomics.wait(cell, 0, 0, (untilNs - SPUN_NS - now) / 1e6);
    do now = clock.now();
    while (now < untilNs);
  }
  answered[answers++] = now;
}

const body = '{"hello":"world"}';
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
);

const http = () =>
  createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (!chunk.includes('\r\n\r\n')) return;
      take();
      socket.write(ANSWER);
    });
  });

const grpc = () => {
  const answer = unaryAnswer(GREETING);
  return createServer({ noDelay: true }, (socket) =>
    servePlainHttp2(socket, answer, (respond) => {
      take();
      respond();
    }),
  );
};

const tell = (message: FromStalling): void => void process.send?.(message);

process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToStalling) => {
  if (message.kind === 'stall') stall = message;
  else tell({ kind: 'answered', atNs: [...answered.subarray(0, answers)] });
});
const server = process.argv[2] === 'grpc' ? grpc() : http();
server.listen(0, '127.0.0.1', () => tell({ kind: 'listening', port: (server.address() as AddressInfo).port }));
