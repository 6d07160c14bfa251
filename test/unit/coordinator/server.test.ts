import { expect, test } from 'vitest';
import { authority } from '../../../src/campaign/dial-address.ts';
import { isLoopback } from '../../../src/wire/loopback.ts';

test.each(['localhost', '::1', '127.0.0.1', '127.8.0.1'])('%s is reached from this machine alone', (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each(['0.0.0.0', '::', '10.0.0.5', '127.example.org', 'node-1'])('%s may be reached from others', (host) => {
  expect(isLoopback(host)).toBe(false);
});

test('an IPv6 address stands in brackets before its port', () => {
  expect(authority('::1', 7070)).toBe('[::1]:7070');
  expect(authority('127.0.0.1', 0)).toBe('127.0.0.1:0');
});
