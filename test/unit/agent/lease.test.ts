import { expect, test } from 'vitest';
import { askRenewal, forgetQuestions, grantLease, hasExpired, renewLease } from '../../../src/agent/lease.ts';

const MS = 1_000_000n;
const lease = grantLease({ session: 's', epoch: 3n, ttlMs: 100, heartbeatMs: 10 }, 50n * MS);

test('a lease counts from the instant at which it was asked for', () => {
  expect(hasExpired(lease, 150n * MS - 1n)).toBe(false);
  expect(hasExpired(lease, 150n * MS)).toBe(true);
});

test('each answer renews from the heartbeat it answers, the oldest first', () => {
  const asked = askRenewal(askRenewal(lease, 60n * MS), 70n * MS);
  const once = renewLease(asked, 3n);
  expect(once.expiresAt).toBe(160n * MS);
  expect(renewLease(once, 3n).expiresAt).toBe(170n * MS);
});

test('an answer of another epoch, or to no question, renews nothing', () => {
  expect(renewLease(askRenewal(lease, 60n * MS), 2n).expiresAt).toBe(150n * MS);
  expect(renewLease(lease, 3n)).toBe(lease);
});

test('what was asked on a broken stream is never answered', () => {
  const after = askRenewal(forgetQuestions(askRenewal(lease, 60n * MS)), 90n * MS);
  expect(renewLease(after, 3n).expiresAt).toBe(190n * MS);
});
