import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { GrpcSpec, MethodCall } from '../../src/campaign/endpoint-spec.ts';
import { TORCHSERVE_SERVICE } from '../../src/oip/grpc-methods.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { milliseconds, seconds } from '../../src/time/ns.ts';
import { type CannedGrpc, cannedEcho, cannedOip } from '../support/canned-grpc.ts';
import { cannedHttp } from '../support/canned-http.ts';
import { oipGrpc } from '../support/endpoint-spec.ts';
import { responseMs, type ServedTrial, type ServeOptions, serve } from '../support/served-trial.ts';
import { openLoad, phase, trialSpec } from '../support/trial-spec.ts';

async function finished(server: Promise<CannedGrpc>): Promise<CannedGrpc> {
  const canned = await server;
  onTestFinished(() => canned.close());
  return canned;
}

const load = (target: GrpcSpec, options: ServeOptions = {}): Promise<ServedTrial> =>
  serve(trialSpec({ phases: [phase('load', 0, 1, openLoad(100, 1))], target, timeoutNs: seconds(2) }), options);

const outcomes = ({ phases: [served] }: ServedTrial): readonly number[] => Array.from(served?.tally.outcomes ?? []);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const codes = ({ intervals }: ServedTrial): readonly string[] => [
  ...new Set(intervals.flatMap(({ failures }) => failures.map((failure) => `${failure.class} ${failure.code}`))),
];

/** A call of a method whose `.proto` file is there as long as the test. */
function greeting(): MethodCall {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-proto-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'greet.proto');
  writeFileSync(
    path,
    'syntax = "proto3";\npackage greet;\nmessage Hello { string name = 1; int32 times = 2; }\n' +
      'service Greeter { rpc SayHello (Hello) returns (Hello); rpc Watch (Hello) returns (stream Hello); }\n',
  );
  return {
    kind: 'method',
    proto: { path, sha256: '', bytes: 0, cache: folder },
    method: 'greet.Greeter/SayHello',
    message: { name: 'anna', times: 3 },
    batch: 1,
  };
}

/**
 * What is charged too little would show as less than 0.99 of it. A busy machine's server works a queue of 600 requests off
 * late; that nothing is charged too much is held on a virtual clock.
 */
const SLACK_MS = 1500;

test.concurrent.each([
  [1, 8],
  [64, 1],
])(
  'a stall of 3 s is charged for every request it delayed, over %d connections with %d streams',
  async (connections, streams) => {
    const state = { zero: Number.POSITIVE_INFINITY };
    const server = await cannedOip(async () => {
      const since = performance.now() - state.zero;
      if (since >= 8000 && since < 11_000) await sleep(11_000 - since);
      return null;
    });
    const spec = trialSpec({
      phases: [phase('load', 0, 20, openLoad(200, 20))],
      target: oipGrpc(server.address, { connections, streams }),
    });
    const served = await serve(spec, {
      meanwhile: () => {
        state.zero = performance.now() + 20;
      },
    });
    server.close();
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

test('statuses are classed by what they are', async () => {
  const statuses = [
    null,
    { code: 8, details: 'queue full' },
    { code: 13, details: 'broke' },
    null,
    { code: 14, details: 'away' },
  ];
  const server = await finished(cannedOip((index) => (index === 0 ? null : (statuses[index % 5] ?? null))));
  const served = await load(oipGrpc(server.address));
  const counts = [Outcome.ok, Outcome.rejected, Outcome.targetError].map((outcome) => outcomes(served)[outcome]);
  expect(counts).toEqual([40, 20, 40]);
  expect([...codes(served)].sort()).toEqual([
    'rejected RESOURCE_EXHAUSTED',
    'target-error INTERNAL',
    'target-error UNAVAILABLE',
  ]);
});

test('a deadline below the service time is the call’s timeout, whoever notices it', async () => {
  const server = await finished(
    cannedOip(async (index) => {
      if (index > 0) await sleep(60);
      return null;
    }),
  );
  const served = await load(oipGrpc(server.address, { deadlineNs: milliseconds(20) }));
  expect(outcomes(served)[Outcome.timeout]).toBe(100);
  expect(codes(served)).toEqual(['timeout DEADLINE_EXCEEDED']);
});

/** A gRPC server that does with each stream as a test says, told which one it is. */
async function streaming(onStream: (stream: ServerHttp2Stream, index: number) => void): Promise<string> {
  const server = createServer();
  let calls = 0;
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {});
    onStream(stream, calls++);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const EMPTY_MESSAGE = Buffer.alloc(5);

/** Answers OK, with these bytes after `afterMs`. */
function answerOk(stream: ServerHttp2Stream, bytes: Buffer, afterMs = 0): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  setTimeout(() => stream.end(bytes), afterMs);
}

test.each([
  [
    'an answer whose head came in time and whose end did not is late',
    (stream: ServerHttp2Stream) => answerOk(stream, EMPTY_MESSAGE, 300),
  ],
  [
    'a server that resets a call when its deadline is over has let its time run out',
    (stream: ServerHttp2Stream) => void setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), 250),
  ],
])('%s', async (_, late) => {
  const address = await streaming((stream, index) => (index === 0 ? answerOk(stream, EMPTY_MESSAGE) : late(stream)));
  const served = await load(oipGrpc(address, { call: greeting(), deadlineNs: milliseconds(200), streams: 64 }));
  expect(outcomes(served)[Outcome.timeout]).toBe(100);
  expect(codes(served)).toEqual(['timeout DEADLINE_EXCEEDED']);
});

test('an answer that is OK and not one whole message is a fault of the server', async () => {
  const bodies = [
    EMPTY_MESSAGE,
    Buffer.alloc(0),
    Buffer.of(0, 0, 0, 0, 3, 10, 1),
    Buffer.concat([EMPTY_MESSAGE, EMPTY_MESSAGE]),
    Buffer.of(0, 0, 0, 0, 3, 10, 1, 97),
  ];
  const address = await streaming((stream, index) =>
    answerOk(stream, index === 0 ? EMPTY_MESSAGE : (bodies[index % bodies.length] as Buffer)),
  );
  const served = await load(oipGrpc(address, { call: greeting() }));
  expect([Outcome.ok, Outcome.targetError].map((outcome) => outcomes(served)[outcome])).toEqual([40, 60]);
  expect([...codes(served)].sort()).toEqual(['target-error no-message', 'target-error protocol']);
});

test('a server that is killed and restarted fails what met it dead, refuses meanwhile, and is used again', async () => {
  const first = await cannedOip(() => null);
  const state = { second: first };
  const spec = trialSpec({
    phases: [phase('load', 0, 3, openLoad(100, 3))],
    target: oipGrpc(first.address),
    timeoutNs: seconds(2),
  });
  const served = await serve(spec, {
    meanwhile: async () => {
      await sleep(1000);
      first.close();
      await sleep(800);
      state.second = await cannedOip(() => null, first.port);
    },
  });
  state.second.close();
  const [ok = 0, timeout, rejected = 0] = [Outcome.ok, Outcome.timeout, Outcome.rejected].map(
    (outcome) => outcomes(served)[outcome],
  );
  expect(sum(outcomes(served))).toBe(300);
  expect(timeout).toBe(0);
  expect(rejected).toBeGreaterThan(30);
  expect(ok).toBeGreaterThan(150);
});

test('a model that is exchanged while it is measured is told after the load, all of which is recorded', async () => {
  let asked = 0;
  const server = await finished(
    cannedOip(
      () => null,
      0,
      undefined,
      () => [asked++ === 0 ? '1' : '2'],
    ),
  );
  const served = await load(oipGrpc(server.address));
  expect(outcomes(served)[Outcome.ok]).toBe(100);
  expect(served.end.change?.message).toMatch(
    /what it says of the model changed while it was measured, from .*"versions":\["1"\].* to .*"versions":\["2"\]/u,
  );
});

test('TorchServe’s name of the service is one that can be asked for', async () => {
  const server = await finished(cannedOip(() => null, 0, TORCHSERVE_SERVICE));
  expect(outcomes(await load(oipGrpc(server.address, { service: TORCHSERVE_SERVICE })))[Outcome.ok]).toBe(100);
  await expect(load(oipGrpc(server.address))).rejects.toThrow(/answered UNIMPLEMENTED.*; expected a server that has/);
});

test('any unary method of a .proto file is called with a message that the campaign gives', async () => {
  const seen: string[] = [];
  const server = await finished(
    cannedEcho('/greet.Greeter/SayHello', (_, call) => {
      seen.push(call.request.toString('latin1'));
      return call.metadata.get('x-team')[0] === 'vision' ? null : { code: 16, details: 'who are you' };
    }),
  );
  const call = greeting();
  const headers = { 'x-team': 'vision' };
  expect(outcomes(await load(oipGrpc(server.address, { call, headers })))[Outcome.ok]).toBe(100);
  expect(new Set(seen)).toEqual(new Set(['\n\u0004anna\u0010\u0003']));
  const wrong = (changes: object) => load(oipGrpc(server.address, { call: { ...call, ...changes }, headers }));
  await expect(wrong({ method: 'greet.Greeter/SayBye' })).rejects.toThrow(
    'method: found greet.Greeter/SayBye, expected one of SayHello, Watch',
  );
  await expect(wrong({ method: 'greet.Greeter/Watch' })).rejects.toThrow('which streams; expected a unary method');
  await expect(wrong({ message: { nme: 'anna' } })).rejects.toThrow(
    'message.nme: found a field that Hello does not have, expected name, times',
  );
  await expect(load(oipGrpc(server.address, { call }))).rejects.toThrow(
    /answered UNAUTHENTICATED \(who are you\); expected a call that is let in/,
  );
});

test('what speaks no gRPC, and a model that is not there, refuse the trial before any load', async () => {
  const plain = await cannedHttp((_, response) => response.end('ok'));
  onTestFinished(() => plain.close());
  await expect(load(oipGrpc(`127.0.0.1:${plain.port}`))).rejects.toThrow(/127\.0\.0\.1:\d+/);
  await expect(load(oipGrpc('127.0.0.1:1'))).rejects.toThrow(
    '127.0.0.1:1: the connection was refused; expected a server that listens there',
  );
  const server = await finished(cannedOip(() => null));
  const other = { ...oipGrpc(server.address).call, model: 'other' } as GrpcSpec['call'];
  await expect(load(oipGrpc(server.address, { call: other }))).rejects.toThrow(/the model other is not ready/);
});
