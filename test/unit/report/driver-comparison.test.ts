import { expect, test } from 'vitest';
import { driverComparison } from '../../../src/report/driver-comparison.ts';
import type { Accounting, Benchmarks } from '../../../src/verdict/result.ts';

const none = { value: null, reason: 'too-few-samples' };
const summary = { p50: none, p95: none, p99: none };

function cell(target: string, told: Partial<Accounting>) {
  const failed = { timeout: 0, rejected: 0, 'target-error': 0, 'wrong-output': 0 };
  const accounting = { scheduled: 100, ok: 100, failed, shed: 0, unfinished: 0, cancelled: 0, ...told };
  const latency = { response: summary, service: summary, wait: summary };
  return { target, scenario: 'load', verdict: { kind: 'pass' }, trials: [{ accounting, latency }] };
}

const textOf = (byK6: Partial<Accounting>, builtIn: Partial<Accounting>): string => {
  const cells = [cell('script', byK6), cell('endpoint', builtIn)];
  const targets = { script: { kind: 'k6' }, endpoint: { kind: 'http' } };
  return driverComparison({ cells, targets } as unknown as Benchmarks).join('\n');
};

test('what k6 dropped is told apart from what it told no end of', () => {
  const text = textOf({ ok: 70, shed: 20, unfinished: 10 }, {});
  expect(text).toContain('k6 did not send 20 of 100 requests, for which no virtual user was free.');
  expect(text).toContain('k6 told no end of 10 of 100 requests: never fired, or cut off at the end.');
  expect(text).toContain('The built-in driver sent them as they came due and charged what they waited.');
});

test('the built-in driver is not said to have sent what it left', () => {
  const text = textOf({ ok: 90, shed: 10 }, { ok: 95, unfinished: 5 });
  expect(text).not.toContain('told no end');
  expect(text).toContain('The built-in driver left 5, and charged the others what they waited.');
});

test('a schedule that k6 sent whole is said to be', () => {
  expect(textOf({}, { ok: 95, unfinished: 5 })).toContain('k6 sent the whole schedule.');
});
