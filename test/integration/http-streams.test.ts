import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { HttpSpec, StreamCheck } from '../../src/campaign/endpoint-spec.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import type { StreamTally } from '../../src/stats/stream-tally.ts';
import { milliseconds, seconds } from '../../src/time/ns.ts';
import { type Canned, cannedBytes, cannedHttp, cannedHttp2 } from '../support/canned-http.ts';
import { plainHttp } from '../support/endpoint-spec.ts';
import { type ServedTrial, serve } from '../support/served-trial.ts';
import { openLoad, phase, trialSpec } from '../support/trial-spec.ts';

const REQUESTS = 40;
const EVENTS = 5;
const FIRST_MS = 30;
const GAP_MS = 20;
const STREAM: StreamCheck = { done: '[DONE]', type: null, holding: null, atLeast: 1 };

async function finished(server: Promise<Canned>): Promise<Canned> {
  const found = await server;
  onTestFinished(() => found.close());
  return found;
}

const target = (url: string, stream: StreamCheck = STREAM, changes: Partial<HttpSpec> = {}): HttpSpec =>
  plainHttp(url, { connections: 16, ...changes }, { stream });

const load = (spec: HttpSpec, timeoutMs = 5000): Promise<ServedTrial> =>
  serve(
    trialSpec({
      phases: [phase('load', 0, 1, openLoad(REQUESTS, 1))],
      target: spec,
      timeoutNs: milliseconds(timeoutMs),
      drainNs: seconds(5),
    }),
  );

const outcome = ({ phases: [served] }: ServedTrial, of: Outcome): number => served?.tally.outcomes[of] ?? 0;
const codes = ({ intervals }: ServedTrial): readonly string[] => [
  ...new Set(intervals.flatMap(({ failures }) => failures.map(({ class: kind, code }) => `${kind} ${code}`))),
];

function streamOf({ phases: [served] }: ServedTrial): StreamTally {
  const stream = served?.tally.stream;
  if (stream === null || stream === undefined) throw new Error('no event was counted');
  return stream;
}

/** Writes the events of one answer at their times; notes when they were written. */
class Writer {
  readonly firstMs: number[] = [];
  readonly gapsMs: number[] = [];

  async write(out: { write(text: string): unknown }, since = performance.now()): Promise<void> {
    await sleep(FIRST_MS);
    let before = Number.NaN;
    for (let i = 0; i < EVENTS; i++) {
      if (i > 0) await sleep(GAP_MS);
      out.write(`: beat\r\n\r\ndata: ${i}\r\ndata: more\r\n\r\n`);
      const now = performance.now();
      if (i === 0) this.firstMs.push(now - since);
      else this.gapsMs.push(now - before);
      before = now;
    }
    out.write('data: [DONE]\n\n');
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const SSE = { 'content-type': 'text/event-stream' };

const answering: Readonly<Record<string, (writer: Writer) => Promise<Canned>>> = {
  'HTTP/1.1 in chunks': (writer) =>
    cannedHttp(async (_, response) => {
      response.writeHead(200, SSE);
      response.flushHeaders();
      await writer.write(response);
      response.end();
    }),
  'HTTP/1.1 until the connection closes': (writer) =>
    cannedBytes(
      (socket) =>
        void socket.on('data', async () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
          await writer.write(socket);
          socket.end();
        }),
    ),
  'HTTP/2': (writer) =>
    cannedHttp2(async (_, response) => {
      response.writeHead(200, SSE);
      await writer.write(response);
      response.end();
    }),
};

/** A loop that is woken late reads late: what is found too short would be a fault, what is too long the machine's. */
const EARLY_MS = 1;
const LATE_MS = 25;
/** A first event that is read late makes the gaps behind it shorter, and a last one longer. */
const UNEVEN_MS = 8;

test.each(Object.keys(answering))(
  'events are charged when they come, over %s',
  async (how) => {
    const writer = new Writer();
    const server = await finished((answering[how] as (writer: Writer) => Promise<Canned>)(writer));
    const version = how === 'HTTP/2' ? ({ version: '2', streams: 8, connections: 2 } as const) : {};
    const served = await load(target(server.url, STREAM, version));
    expect(codes(served)).toEqual([]);
    expect(outcome(served, Outcome.ok)).toBe(REQUESTS);
    const stream = streamOf(served);
    expect(stream.events).toBe(REQUESTS * EVENTS);
    expect([stream.firstEvent.total, stream.firstEventService.total]).toEqual([REQUESTS, REQUESTS]);
    expect(stream.betweenEvents.total).toBe(REQUESTS * (EVENTS - 1));
    // The first answer was the probe's, before the load.
    const gapMs = mean(writer.gapsMs.slice(EVENTS - 1));
    const foundMs = stream.betweenEvents.sumNs / stream.betweenEvents.total / 1e6;
    expect(foundMs).toBeGreaterThan(gapMs - UNEVEN_MS);
    expect(foundMs).toBeLessThan(gapMs + LATE_MS);
    const firstMs = mean(writer.firstMs.slice(1));
    const firstFoundMs = stream.firstEventService.sumNs / REQUESTS / 1e6;
    expect(firstFoundMs).toBeGreaterThan(firstMs - EARLY_MS);
    expect(firstFoundMs).toBeLessThan(firstMs + LATE_MS);
    // From the intended start it is longer by what the request waited and was late.
    const { wait, lag } = served.phases[0]?.tally ?? {};
    const beforeNs = (wait?.sumNs ?? 0) + (lag?.sumNs ?? 0);
    expect(stream.firstEvent.sumNs - stream.firstEventService.sumNs).toBeCloseTo(beforeNs, -2);
  },
  30_000,
);

test('events that come byte by byte, and many in one piece, are the same events', async () => {
  const body = 'event: token\r\ndata: {"t":"a"}\r\n\r\nid: 4\rdata: {"t":"b"}\r\rdata: [DONE]\n\n';
  let count = 0;
  const server = await finished(
    cannedHttp(async (_, response) => {
      response.writeHead(200, SSE);
      if (count++ % 2 === 0) response.end(body);
      else {
        for (const byte of Buffer.from(body)) {
          response.write(Buffer.of(byte));
          await sleep(0);
        }
        response.end();
      }
    }),
  );
  const served = await load(target(server.url, { ...STREAM, holding: 't', atLeast: 2 }));
  expect(outcome(served, Outcome.ok)).toBe(REQUESTS);
  expect([streamOf(served).events, streamOf(served).betweenEvents.total]).toEqual([2 * REQUESTS, REQUESTS]);
}, 30_000);

/** The probe's answer is right, the others are as `then` says. */
function afterProbe(then: (response: ServerResponse) => void): Promise<Canned> {
  let count = 0;
  return cannedHttp((_, response) => {
    response.writeHead(200, SSE);
    if (count++ === 0) response.end('data: a\n\ndata: [DONE]\n\n');
    else then(response);
  });
}

const TWO = 'data: a\n\ndata: b\n\n';

test.each<[string, (response: ServerResponse) => void, string, number]>([
  ['breaks off', (response) => void response.write(TWO, () => response.socket?.destroy()), 'target-error closed', 2],
  [
    'is reset',
    (response) => void response.write(TWO, () => response.socket?.resetAndDestroy()),
    'target-error reset',
    2,
  ],
  ['ends without its last event', (response) => void response.end(TWO), 'target-error stream-broken', 2],
  ['holds no event', (response) => void response.end('{"error":"busy"}'), 'wrong-output events', 0],
  ['falls silent', (response) => void response.write(TWO), 'timeout timeout', 2],
])(
  'a stream that %s fails its request, whose events still count',
  async (_, misbehave, code, events) => {
    const server = await finished(afterProbe(misbehave));
    const served = await load(target(server.url, STREAM, { connections: REQUESTS }), 700);
    expect(outcome(served, Outcome.ok)).toBe(0);
    const { started = 0 } = served.phases[0] ?? {};
    expect(started).toBe(REQUESTS);
    const { stream } = served.phases[0]?.tally ?? {};
    const [most, gaps] = [stream?.events ?? 0, stream?.betweenEvents.total ?? 0];
    // A reset may overtake what was sent before it.
    if (code === 'target-error reset') expect(most).toBeLessThanOrEqual(events * REQUESTS);
    else expect([most, gaps]).toEqual([events * REQUESTS, (events / 2) * REQUESTS]);
    expect(stream?.firstEvent.total ?? 0).toBe(0);
    if (code.startsWith('timeout')) expect(outcome(served, Outcome.timeout)).toBe(REQUESTS);
    else expect(codes(served)).toEqual([code]);
  },
  30_000,
);

test('a stream of HTTP/2 that the server gives up fails its request', async () => {
  let count = 0;
  const server = await finished(
    cannedHttp2((_, response) => {
      response.writeHead(200, SSE);
      if (count++ === 0) response.end('data: a\n\ndata: [DONE]\n\n');
      else response.write(TWO, () => response.stream.close(8));
    }),
  );
  const served = await load(
    target(server.url, { ...STREAM, done: null }, { version: '2', streams: 20, connections: 2 }),
  );
  expect(outcome(served, Outcome.targetError)).toBe(REQUESTS);
  expect(codes(served)).toEqual(['target-error closed']);
}, 30_000);

test('a body that is no stream refuses the trial before any load, and says what it is', async () => {
  const server = await finished(
    cannedHttp((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{"answer":42}');
    }),
  );
  await expect(load(target(server.url))).rejects.toThrow(
    'found 0 events that count, expected at least 1 in a body of the type application/json, expected text/event-stream',
  );
});
