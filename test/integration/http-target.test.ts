import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { HttpSpec } from '../../src/campaign/endpoint-spec.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { milliseconds, seconds } from '../../src/time/ns.ts';
import { type Canned, cannedBytes, cannedHttp, stalling } from '../support/canned-http.ts';
import { plainHttp } from '../support/endpoint-spec.ts';
import { responseMs, type ServedTrial, type ServeOptions, serve } from '../support/served-trial.ts';
import { closedLoad, openLoad, phase, trialSpec } from '../support/trial-spec.ts';

const finished = async (server: Promise<Canned>): Promise<Canned> => {
  const canned = await server;
  onTestFinished(() => canned.close());
  return canned;
};

/** 100 requests a second for a second. */
const load = (target: HttpSpec, options: ServeOptions = {}, rate = 100): Promise<ServedTrial> =>
  serve(trialSpec({ phases: [phase('load', 0, 1, openLoad(rate, 1))], target, timeoutNs: seconds(2) }), options);

const outcomes = ({ phases: [served] }: ServedTrial): readonly number[] => Array.from(served?.tally.outcomes ?? []);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const codes = ({ intervals }: ServedTrial): readonly string[] => [
  ...new Set(intervals.flatMap(({ failures }) => failures.map((failure) => `${failure.class} ${failure.code}`))),
];

/**
 * What is charged too little would show as less than 0.99 of it. A busy machine's server works a queue of 600 requests off
 * late; that nothing is charged too much is held on a virtual clock.
 */
const SLACK_MS = 1500;

test.concurrent.each([1, 64])(
  'a stall of 3 s is charged for every request it delayed, over %d connections',
  async (connections) => {
    const listener = stalling(8000, 3000);
    const server = await cannedHttp(listener);
    const spec = trialSpec({
      phases: [phase('load', 0, 20, openLoad(200, 20))],
      target: plainHttp(server.url, { connections }),
    });
    const served = await serve(spec, { meanwhile: () => void setTimeout(listener.begin, 20) });
    await server.close();
    expect(outcomes(served)[Outcome.ok]).toBe(4000);
    for (const [quantile, analytic] of [
      [0.9, 1000],
      [0.95, 2000],
      [0.99, 2800],
    ] as const) {
      expect(responseMs(served, quantile)).toBeGreaterThan(0.99 * analytic);
      expect(responseMs(served, quantile)).toBeLessThan(analytic + SLACK_MS);
    }
  },
  60_000,
);

test('connections are opened before the load, kept, and no more of them than there are', async () => {
  const server = await finished(
    cannedHttp((request, response) => void request.resume().on('end', () => response.end('ok'))),
  );
  const served = await load(plainHttp(server.url, { connections: 5 }));
  expect(outcomes(served)[Outcome.ok]).toBe(100);
  expect(server.connections()).toBe(5);
});

test('a connection for each request is opened within its service time', async () => {
  const server = await finished(cannedHttp((_, response) => response.end('ok')));
  const served = await load(plainHttp(server.url, { reuse: 'never' }));
  expect(outcomes(served)[Outcome.ok]).toBe(100);
  expect(server.connections()).toBe(101);
  expect(served.phases[0]?.tally.parts?.connect.quantileNs(0.01)).toBeGreaterThan(0);
});

test('a service time is told in parts: connecting, first byte, receiving, and what the server says of its own', async () => {
  const server = await finished(
    cannedHttp((_, response) => {
      response.setHeader('server-timing', 'cache;desc="hit", total;dur=12.5');
      setTimeout(() => response.write('o'), 20);
      setTimeout(() => response.end('k'), 50);
    }),
  );
  const { tally } = (await load(plainHttp(server.url, { connections: 16 }))).phases[0] ?? {};
  const parts = tally?.parts;
  expect(parts?.server.quantileNs(0.5)).toBeCloseTo(12.5e6, -5);
  expect(parts?.connect.maxNs).toBe(0);
  expect(parts?.firstByte.quantileNs(0.5)).toBeGreaterThan(18e6);
  expect(parts?.receive.quantileNs(0.5)).toBeGreaterThan(20e6);
  const sum = (parts?.connect.sumNs ?? 0) + (parts?.firstByte.sumNs ?? 0) + (parts?.receive.sumNs ?? 0);
  expect(sum / (tally?.service.sumNs ?? 1)).toBeCloseTo(1, 3);
});

test('answers are classed by what they are: refused, faulty, wrong', async () => {
  let count = 0;
  const statuses = [200, 429, 500, 404, 200];
  const server = await finished(
    cannedHttp((_, response) => {
      response.statusCode = statuses[count++ % statuses.length] ?? 200;
      response.end('ok');
    }),
  );
  const served = await load(plainHttp(server.url));
  // The probe took the first 200.
  const counts = [Outcome.ok, Outcome.rejected, Outcome.targetError, Outcome.wrongOutput].map(
    (outcome) => outcomes(served)[outcome],
  );
  expect(counts).toEqual([40, 20, 20, 20]);
  expect([...codes(served)].sort()).toEqual(['rejected 429', 'target-error 500', 'wrong-output 404']);
});

test('bodies are checked for a text and for a value of their JSON', async () => {
  let count = 0;
  const server = await finished(
    cannedHttp((_, response) =>
      response.end(JSON.stringify({ outputs: [{ label: count++ % 4 === 3 ? 'dog' : 'cat' }] })),
    ),
  );
  const expected = { status: [200], contains: 'label', json: { path: 'outputs[0].label', equals: 'cat' } };
  const served = await load(plainHttp(server.url, {}, { expect: expected }));
  expect(outcomes(served)[Outcome.wrongOutput]).toBe(25);
  expect(codes(served)).toEqual(['wrong-output json']);
});

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Answers the first request of the trial rightly, the others as `then` does. */
function afterProbe(then: (socket: Socket) => void): (socket: Socket) => void {
  let count = 0;
  return (socket) => void socket.on('data', () => (count++ === 0 ? void socket.write(OK) : then(socket)));
}

test.each([
  ['no HTTP at all', (socket: Socket) => void socket.write('hello\r\n\r\n'), 'target-error protocol'],
  [
    'a length that is none',
    (socket: Socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n'),
    'target-error protocol',
  ],
  ['more than was promised', (socket: Socket) => void socket.write(`${OK}more`), 'target-error protocol'],
  [
    'a chunk without a size',
    (socket: Socket) => void socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
    'target-error protocol',
  ],
  [
    'a truncated body',
    (socket: Socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok'),
    'target-error closed',
  ],
  ['a closed connection', (socket: Socket) => void socket.end(), 'target-error closed'],
  ['a reset', (socket: Socket) => void socket.resetAndDestroy(), 'target-error reset'],
])('an endpoint that answers with %s fails every request and loses none', async (_, misbehave, code) => {
  const server = await finished(cannedBytes(afterProbe(misbehave)));
  const served = await load(plainHttp(server.url));
  expect(sum(outcomes(served))).toBe(100);
  expect(outcomes(served)[Outcome.targetError]).toBe(100);
  expect(codes(served)).toEqual([code]);
});

test('bodies in chunks, bodies until the connection closes, and answers in pieces are read', async () => {
  const texts = [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3;x=y\r\nyes\r\n0\r\nA: b\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 204 No Content\r\n\r\n',
  ];
  let count = 0;
  const server = await finished(
    cannedBytes((socket) => {
      socket.on('data', async () => {
        const text = texts[count++ % texts.length] ?? '';
        for (let at = 0; at < text.length; at += 17) {
          socket.write(text.slice(at, at + 17));
          await sleep(1);
        }
      });
    }),
  );
  const spec = plainHttp(server.url, {}, { expect: { status: [200, 204], contains: null, json: null } });
  expect(outcomes(await load(spec))[Outcome.ok]).toBe(100);
  const closing = await finished(
    cannedBytes((socket) => void socket.on('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\nok'))),
  );
  expect(outcomes(await load(plainHttp(closing.url)))[Outcome.ok]).toBe(100);
});

test('a request without an answer is given up when its time is over, and the schedule goes on', async () => {
  let count = 0;
  const server = await finished(
    cannedBytes((socket) => void socket.on('data', () => count++ % 10 !== 5 && socket.write(OK))),
  );
  const spec = trialSpec({
    phases: [phase('load', 0, 1, openLoad(100, 1))],
    target: plainHttp(server.url, { connections: 2 }),
    timeoutNs: milliseconds(200),
  });
  const served = await serve(spec);
  expect(sum(outcomes(served))).toBe(100);
  expect(outcomes(served)[Outcome.timeout]).toBeGreaterThanOrEqual(9);
  expect(outcomes(served)[Outcome.ok]).toBeGreaterThan(50);
  expect(served.end.inFlight).toBe(0);
});

test('an endpoint that is killed and restarted fails what met it dead, refuses meanwhile, and is used again', async () => {
  const first = await cannedHttp((_, response) => response.end('ok'));
  const state = { second: first };
  const spec = trialSpec({
    phases: [phase('load', 0, 3, openLoad(100, 3))],
    target: plainHttp(first.url),
    timeoutNs: seconds(2),
  });
  const served = await serve(spec, {
    meanwhile: async () => {
      await sleep(1000);
      await first.close();
      await sleep(800);
      state.second = await cannedHttp((_, response) => response.end('ok'), first.port);
    },
  });
  await state.second.close();
  const [ok = 0, timeout, rejected = 0] = [Outcome.ok, Outcome.timeout, Outcome.rejected].map(
    (outcome) => outcomes(served)[outcome],
  );
  expect(sum(outcomes(served))).toBe(300);
  expect(timeout).toBe(0);
  expect(rejected).toBeGreaterThan(40);
  expect(ok).toBeGreaterThan(150);
  expect(codes(served)).toContain('rejected refused');
});

test('a closed load keeps its requests in flight over connections', async () => {
  const server = await finished(cannedHttp((_, response) => void setTimeout(() => response.end('ok'), 10)));
  const spec = trialSpec({
    phases: [phase('closed', 0, 1, closedLoad(3, 0))],
    target: plainHttp(server.url, { connections: 8 }),
  });
  const served = await serve(spec);
  const { started = 0 } = served.phases[0] ?? {};
  expect(outcomes(served)[Outcome.ok]).toBe(started);
  expect(started).toBeGreaterThan(60);
  expect(Math.max(...served.intervals.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(3);
});

test.each([
  [
    'nobody listens',
    () => plainHttp('http://127.0.0.1:1/'),
    /http:\/\/127\.0\.0\.1:1: the connection was refused; expected a server that listens there/,
  ],
  [
    'no name is known',
    () => plainHttp('http://no-such-host.invalid/'),
    /no address is known for this name \(DNS\); expected a name that resolves|could not be looked up/,
  ],
])('where %s, the trial is refused with a sentence before any load', async (_, target, sentence) => {
  await expect(load(target())).rejects.toThrow(sentence);
});

test('an endpoint that does not let the request in refuses the trial before any load', async () => {
  const server = await finished(
    cannedHttp((request, response) => {
      response.statusCode = request.headers.authorization === 'Bearer right' ? 200 : 401;
      response.end();
    }),
  );
  process.env.HTTP_TARGET_TOKEN = 'Bearer wrong';
  const headers = { authorization: { secret: { kind: 'env', name: 'HTTP_TARGET_TOKEN' } } } as const;
  await expect(load(plainHttp(server.url, { headers }))).rejects.toThrow(/answered 401, expected 200/);
  process.env.HTTP_TARGET_TOKEN = 'Bearer right';
  expect(outcomes(await load(plainHttp(server.url, { headers })))[Outcome.ok]).toBe(100);
  delete process.env.HTTP_TARGET_TOKEN;
  await expect(load(plainHttp(server.url, { headers }))).rejects.toThrow(/no environment variable HTTP_TARGET_TOKEN/);
});

test('an endpoint that takes connections and says nothing is waited for no longer than the campaign says', async () => {
  const server = await finished(cannedHttp(() => {}));
  const began = performance.now();
  await expect(load(plainHttp(server.url, { readyWithinNs: milliseconds(600) }))).rejects.toThrow(
    /no answer within \d+ ms/,
  );
  // One attempt alone would wait for 30 s.
  expect(performance.now() - began).toBeLessThan(15_000);
});

test('answers to HEAD leave their connections open, though they tell no length', async () => {
  const server = await finished(
    cannedBytes((socket) => void socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nX: y\r\n\r\n'))),
  );
  const served = await load(plainHttp(server.url, { connections: 2 }, { method: 'HEAD' }), {}, 40);
  expect(outcomes(served)[Outcome.ok]).toBe(40);
  expect(server.connections()).toBe(2);
});

test('an endpoint that comes up late is waited for as long as the campaign says', async () => {
  const state: { server?: Canned } = {};
  const probe = await cannedHttp(() => {});
  await probe.close();
  setTimeout(async () => {
    state.server = await cannedHttp((_, response) => response.end('ok'), probe.port);
  }, 700);
  const served = await load(plainHttp(probe.url, { readyWithinNs: seconds(10) }));
  expect(outcomes(served)[Outcome.ok]).toBe(100);
  await state.server?.close();
});
