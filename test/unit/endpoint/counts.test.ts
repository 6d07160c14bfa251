import { expect, test } from 'vitest';
import { codingFor } from '../../../src/endpoint/http/body.ts';
import { LatencyCounts } from '../../../src/endpoint/latency-counts.ts';
import { RateLimit } from '../../../src/endpoint/rate-limit.ts';
import { requestIdOf, traceIdOf } from '../../../src/endpoint/trace-context.ts';
import { ns, seconds } from '../../../src/time/ns.ts';

test('a value at a bound lies in its bucket, one above the last only in the total', () => {
  const counts = new LatencyCounts([0.1, 0.05, 0.1]);
  for (const value of [0.05, 0.0500001, 0.1, 0.2]) counts.count(value);
  expect(counts.cumulative()).toEqual([
    { bound: 0.05, count: 1 },
    { bound: 0.1, count: 3 },
  ]);
  expect(counts.total.count).toBe(4);
  expect(counts.total.sum).toBeCloseTo(0.4000001, 9);
});

test('a rate limit lets through what it says, and as much at once after a quiet second', () => {
  const limit = new RateLimit(10, ns(0));
  const admitted = (at: number): number =>
    Array.from({ length: 30 }, () => limit.admits(seconds(at))).filter(Boolean).length;
  expect([admitted(0), admitted(0.55), admitted(100)]).toEqual([10, 5, 10]);
  expect(limit.retryAfterS).toBeCloseTo(0.1, 9);
});

test('only a well-formed trace parent is logged, and only a plain request id is taken over', () => {
  const id = '0af7651916cd43dd8448eb211c80319c';
  expect(traceIdOf(`00-${id}-b7ad6b7169203331-01`)).toBe(id);
  for (const odd of [
    undefined,
    '',
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-${id.toUpperCase()}-b7ad6b7169203331-01`,
  ])
    expect(traceIdOf(odd)).toBeNull();
  expect([requestIdOf('a-1'), requestIdOf('a b'), requestIdOf('x'.repeat(129)), requestIdOf(['a'])]).toEqual([
    'a-1',
    null,
    null,
    null,
  ]);
});

test('an answer is packed only when the client wants it and it is large enough', () => {
  expect(codingFor('gzip', 5000)).toBe('gzip');
  expect(codingFor('br, deflate;q=0.5', 5000)).toBe('deflate');
  expect([
    codingFor('gzip;q=0', 5000),
    codingFor(undefined, 5000),
    codingFor('gzip', 100),
    codingFor('br', 5000),
  ]).toEqual([null, null, null, null]);
});
