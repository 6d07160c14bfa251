import { expect, test } from 'vitest';
import { driverComparison } from '../../../src/report/driver-comparison.ts';
import type { Accounting } from '../../../src/verdict/request-figures.ts';
import type { Benchmarks } from '../../../src/verdict/result.ts';

const none = { value: null, reason: 'too-few-samples' };
const summary = { p50: none, p95: none, p99: none };

function cell(target: string, told: Partial<Accounting>) {
  const failed = { timeout: 0, rejected: 0, 'target-error': 0, 'wrong-output': 0 };
  const accounting = { scheduled: 100, ok: 100, failed, shed: 0, unfinished: 0, cancelled: 0, ...told };
  const latency = { response: summary, service: summary, wait: summary };
  const trials = [{ accounting, latency, scheduleDigest: 'sha256:a' }];
  return {
    id: `${target}/load`,
    target,
    scenario: 'load',
    values: { batch: 1 },
    verdict: { kind: 'pass' },
    peak: null,
    trials,
  };
}

const targets = { script: { kind: 'k6' }, endpoint: { kind: 'http' }, other: { kind: 'http' } };
const textOfCells = (cells: readonly object[]): string =>
  driverComparison({ cells, targets } as unknown as Benchmarks).join('\n');

const textOf = (byK6: Partial<Accounting>, builtIn: Partial<Accounting>): string =>
  textOfCells([cell('script', byK6), cell('endpoint', builtIn)]);

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

test('every built-in target, and every value that was varied for it, is held against k6', () => {
  const text = textOfCells([
    cell('script', {}),
    ...[1, 4].map((batch) => ({ ...cell('endpoint', {}), id: `endpoint/load[batch=${batch}]`, values: { batch } })),
    cell('other', {}),
  ]);
  expect(text.match(/^load: .*$/gm)).toEqual([
    'load: one schedule, by k6 (script) and by the built-in driver (endpoint[batch=1])',
    'load: one schedule, by k6 (script) and by the built-in driver (endpoint[batch=4])',
    'load: one schedule, by k6 (script) and by the built-in driver (other)',
  ]);
  const [k6, builtIn] = [cell('script', {}), cell('endpoint', {})].map((one) => ({ ...one, values: { agents: 1 } }));
  expect(textOfCells([k6 as object, { ...builtIn, values: { agents: 2 } }])).toBe('');
});

test('loops and rates of a peak of their own are not called one schedule', () => {
  const by = (target: string, scheduleDigest: string | null) => {
    const of = cell(target, {});
    return { ...of, trials: of.trials.map((trial) => ({ ...trial, scheduleDigest })) };
  };
  const loops = textOfCells([by('script', null), by('endpoint', null)]);
  expect(loops).toContain('load: as many loops, by k6');
  expect(loops).toContain('There is no schedule');
  expect(loops).not.toContain('sent the whole schedule');
  expect(textOfCells([by('script', 'sha256:a'), by('endpoint', 'sha256:b')])).toContain('The schedules differ');
});

test('of a search the rates that were found are shown', () => {
  const found = (target: string, value: number) => ({
    ...cell(target, {}),
    peak: {
      rate: { value, low: value, high: value, confidence: 0.95, method: 'fieller' },
      binding: 'errors < 5%',
      ending: 'found',
      highestHeld: null,
    },
  });
  const text = textOfCells([found('script', 120), found('endpoint', 480)]);
  expect(text).toMatch(/maximum rate, \/s +120\.0 +480\.0\n/);
  expect(text).toContain('k6: The maximum rate is 120.0/s');
  expect(text).not.toContain('one schedule');
});

test('of what one of them did not run it is said that it did not', () => {
  const why = 'no peak was found that it could be a share of';
  const missing = { ...cell('script', {}), trials: [], notRun: [{ trial: 1, cause: 'no-peak', why }] };
  const text = textOfCells([missing, cell('endpoint', {})]);
  expect(text).toContain(why);
  expect(text).not.toContain('sent the whole schedule');
});
