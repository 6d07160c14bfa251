import { expect, test } from 'vitest';
import { grpcTimeout } from '../../../../src/targets/endpoint/grpc-deadline.ts';
import { milliseconds, ns, seconds } from '../../../../src/time/ns.ts';

test.each([
  [ns(1), '1u'],
  [milliseconds(200), '200000u'],
  [seconds(99.999_999), '99999999u'],
  [seconds(120), '120000m'],
  [seconds(100_000), '100000S'],
  [seconds(1e12), '99999999H'],
])('a deadline of %d ns is told in at most eight digits, %s', (deadline, told) => {
  expect(grpcTimeout(deadline)).toBe(told);
  expect(told).toMatch(/^\d{1,8}[umSH]$/u);
});
