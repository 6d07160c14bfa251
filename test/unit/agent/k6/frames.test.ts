import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entryScript, hooksOf, ownEntryScript } from '../../../../src/agent/k6/entry-script.ts';
import { k6End } from '../../../../src/agent/k6/exit-code.ts';
import { FrameReader, type K6Frame } from '../../../../src/agent/k6/frames.ts';
import { lastErrorOf } from '../../../../src/agent/k6/process.ts';
import { goDurationNs, ownScenarios } from '../../../../src/cli/k6-inspection.ts';

function frame(kind: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32LE(1 + payload.length, 0);
  head[4] = kind;
  return Buffer.concat([head, payload]);
}

function iteration(): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt16LE(3, 0);
  bytes[2] = 1;
  bytes.writeUInt16LE(7, 4);
  bytes.writeBigInt64LE(1_700_000_000_123_456_789n, 8);
  bytes.writeBigInt64LE(5_000_000n, 16);
  return bytes;
}

const stream = Buffer.concat([
  frame(1, Buffer.from('{"protocol":1,"thresholds":{}}')),
  frame(99, Buffer.from('of a later version')),
  frame(2, Buffer.concat([iteration(), iteration()])),
  frame(8, Buffer.from('{"vus":0,"vusMax":5,"lost":0,"orphans":0}')),
]);

test('a stream is cut into the same frames wherever its chunks end', () => {
  const whole = [...new FrameReader().read(stream)];
  expect(whole.map(({ kind }) => kind)).toEqual(['hello', 'iterations', 'bye']);
  expect(whole[1]).toMatchObject({
    iterations: [
      { scenario: 3, outcome: 1, failure: 7, startNs: 1_700_000_000_123_456_789n, durationNs: 5e6 },
      { scenario: 3 },
    ],
  });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: stream.length })), (cuts) => {
      const reader = new FrameReader();
      const edges = [0, ...cuts.sort((a, b) => a - b), stream.length];
      const found: K6Frame[] = edges.slice(1).flatMap((end, i) => [...reader.read(stream.subarray(edges[i], end))]);
      expect(found).toEqual(whole);
    }),
  );
});

test('what is no stream of frames is refused', () => {
  expect(() => [...new FrameReader().read(Buffer.alloc(16))]).toThrow('k6 stream: found a frame of 0 bytes');
});

test('every exit code of k6 has a meaning here, and its own stop is none of a fault', () => {
  expect(k6End(0, null, 'on-its-own')).toEqual({ kind: 'done' });
  expect([103, 105].map((code) => k6End(code, null, 'told-to-stop').kind)).toEqual(['done', 'done']);
  expect([103, 105].map((code) => k6End(code, null, 'on-its-own').kind)).toEqual(['died', 'died']);
  expect(k6End(110, null, 'on-its-own')).toEqual({ kind: 'marked-failed' });
  expect(k6End(null, 'SIGKILL', 'on-its-own')).toEqual({ kind: 'died', why: 'was ended by SIGKILL' });
  for (const code of [2, 99, 100, 101, 102, 104, 106, 107, 108, 109, 1])
    expect(['refused', 'died']).toContain(k6End(code, null, 'on-its-own').kind);
});

test('the last error that k6 logged is one line without its marks', () => {
  const log =
    'time="x" level=info msg="fine"\ntime="x" level=error msg="TypeError: \\"a\\" is\\n\\tat f (x.ts:1:2)\\n" hint=y\n';
  expect(lastErrorOf(log)).toBe('TypeError: "a" is at f (x.ts:1:2)');
  expect(lastErrorOf(`${log}panic: no\n\ngoroutine 1 [running]:\n\tx.go:549 +0xef\n`)).toBe('panic: no');
});

test('the entry exports what the script may export around its test, and nothing that k6 would refuse', () => {
  expect(hooksOf('export function setup() {}\nexport { teardown };')).toEqual({ setup: true, teardown: true });
  expect(hooksOf("const accept = '*/*'; export const { setup } = lib; const any = '*/*';")).toMatchObject({
    setup: true,
  });
  expect(hooksOf("export * from './lib.ts';")).toEqual({ setup: true, teardown: true });
  expect(hooksOf("module.exports = require('./lib.js');")).toEqual({ setup: true, teardown: true });
  expect(hooksOf('export default function () { /* set up nothing */ }')).toEqual({ setup: false, teardown: false });
  const entry = entryScript('file:///a%20b.ts', { setup: false, teardown: true });
  expect(entry).not.toContain('script.setup');
  expect(entry).toContain("export const teardown = typeof script.teardown === 'function' ?");
  const own = ownEntryScript('file:///b.ts', { setup: true, teardown: false, run: ['default', 'buy'] });
  expect(own).toContain("export const setup = typeof script.setup === 'function' ?");
  expect([...own.matchAll(/export \{ \w+ as (\w+) \}/gu)].map(([, name]) => name)).toEqual(['default', 'buy']);
});

test('durations are read as Go prints them', () => {
  expect(['1h2m3.5s', '250ms', '5s', '10µs', '1500'].map(goDurationNs)).toEqual([3723.5e9, 250e6, 5e9, 1e4, 1500e6]);
});

test("a script's own scenarios last until the last of them ends by its clock", () => {
  const printed = (scenarios: object): string =>
    JSON.stringify({ scenarios, maxVUs: 9, thresholds: { checks: ['rate>0.9'] } });
  const open = {
    executor: 'constant-arrival-rate',
    startTime: '2s',
    duration: '3s',
    exec: 'buy',
    rate: 50,
    timeUnit: '2s',
  };
  const ramping = { executor: 'ramping-vus', stages: [{ duration: '4s' }, { duration: '3s' }] };
  const iterations = { executor: 'shared-iterations', iterations: 5 };
  expect(ownScenarios(printed({ open }), 'x.ts')).toMatchObject({
    value: { mostVus: 9, durationNs: 5e9, executors: 'open', thresholds: { checks: ['rate>0.9'] }, functions: ['buy'] },
  });
  const rising = {
    executor: 'ramping-arrival-rate',
    startRate: 60,
    timeUnit: '1m0s',
    stages: [{ duration: '4s', target: 300 }],
  };
  expect(ownScenarios(printed({ open, rising, ramping }), 'x.ts')).toMatchObject({ value: { highestRate: 30 } });
  expect(ownScenarios(printed({ ramping }), 'x.ts')).toMatchObject({ value: { highestRate: 0 } });
  expect(ownScenarios(printed({ open, ramping }), 'x.ts')).toMatchObject({
    value: { durationNs: 7e9, executors: 'closed', functions: ['buy', 'default'] },
  });
  expect(ownScenarios(printed({ open, iterations }), 'x.ts')).toMatchObject({ value: { durationNs: null } });
  const lasting = { scenarios: { open }, maxVUs: 9, teardownTimeout: '1m30s' };
  expect(ownScenarios(JSON.stringify(lasting), 'x.ts')).toMatchObject({ value: { teardownNs: 90e9 } });
  const secret = { ...open, env: { KEY: 'secret' }, tags: { key: 'secret' }, gracefulStop: null };
  expect(ownScenarios(printed({ secret }), 'x.ts')).toMatchObject({ value: { scenarios: { secret: open } } });
  expect(JSON.stringify(ownScenarios(printed({ secret }), 'x.ts'))).not.toMatch(/KEY|"secret":"|graceful/);
  expect(ownScenarios('no', 'x.ts')).toMatchObject({ ok: false });
});

test('thresholds that abort are told from those that are judged at the end alone', () => {
  const aborting = { threshold: 'p(95)<500', abortOnFail: true, delayAbortEval: '10s' };
  const at = (delayAbortEval: string | null) => ({ threshold: 'avg<1', abortOnFail: true, delayAbortEval });
  const printed = JSON.stringify({
    maxVUs: 1,
    thresholds: { http_req_duration: ['avg<9', aborting], took: [at(null), { ...at('1s'), abortOnFail: false }] },
  });
  expect(ownScenarios(printed, 'x.ts')).toMatchObject({
    value: {
      thresholds: { http_req_duration: ['avg<9', 'p(95)<500'], took: ['avg<1', 'avg<1'] },
      aborts: [
        { metric: 'http_req_duration', threshold: 'p(95)<500', afterNs: 10e9 },
        { metric: 'took', threshold: 'avg<1', afterNs: 0 },
      ],
    },
  });
});
