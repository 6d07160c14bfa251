import { expect, test } from 'vitest';
import { driverComparison } from '../../../src/report/driver-comparison.ts';
import { k6Lines } from '../../../src/report/k6-lines.ts';
import type { Benchmarks, CellResult } from '../../../src/verdict/result.ts';
import type { TrialResult } from '../../../src/verdict/trial-result.ts';

const none = { value: null, reason: 'not-recorded' } as const;
const ms = (value: number) => ({ value, low: null, high: null, method: 'observed' }) as const;

function trial(service: number, wait: number | null, shed = 0): TrialResult {
  const summary = (value: number | null) => ({
    p50: value === null ? none : ms(value),
    p95: none,
    p99: value === null ? none : ms(value),
  });
  return {
    accounting: { scheduled: 100, ok: 100 - shed, failed: { timeout: 0 }, shed, unfinished: 0 },
    latency: { service: summary(service), response: summary(service + (wait ?? 0)), wait: summary(wait) },
  } as unknown as TrialResult;
}

const cell = (target: string, trials: readonly TrialResult[]): CellResult =>
  ({
    id: `${target}/load`,
    target,
    scenario: 'load',
    values: {},
    verdict: { kind: 'pass' },
    peak: null,
    trials,
  }) as unknown as CellResult;

const both = (byK6: readonly TrialResult[], builtIn: readonly TrialResult[]): Benchmarks =>
  ({
    targets: { script: { kind: 'k6' }, endpoint: { kind: 'http' } },
    cells: [cell('script', byK6), cell('endpoint', builtIn)],
  }) as unknown as Benchmarks;

test('both drivers are shown side by side, with what k6 did not send and did not charge', () => {
  const text = driverComparison(both([trial(2, null, 30)], [trial(2, 950)])).join('\n');
  expect(text).toContain('load: one schedule, by k6 (script) and by the built-in driver (endpoint)');
  expect(text).toMatch(/sent +70 +100\n/);
  expect(text).toMatch(/dropped +30 +0\n/);
  expect(text).toContain('k6 did not send 30 of 100 requests');
  expect(text).toContain('the built-in driver found up to 950.0 ms of it at P99');
  expect(text).toContain('Service times agree at P50');
});

test('service times that lie apart are said to, and by how much', () => {
  const text = driverComparison(both([trial(4, null), trial(5, null)], [trial(2, 0), trial(2.5, 0)])).join('\n');
  expect(text).toContain('k6 sent the whole schedule.');
  expect(text).toContain("k6's are 2.000 times the built-in driver's");
  expect(text).not.toContain('charges no wait');
});

test('of one trial nobody says that service times differ', () => {
  const text = driverComparison(both([trial(4, null)], [trial(2, 0)])).join('\n');
  expect(text).toContain("k6's are 2.000 times the built-in driver's, of one trial");
  expect(text).not.toContain('differ at P50');
});

test('without a pair there is nothing to compare', () => {
  const { targets, cells } = both([trial(2, null)], []);
  expect(driverComparison({ targets, cells: cells.slice(0, 1) } as unknown as Benchmarks)).toEqual([]);
});

test('a trial by k6 says what its latency is and shows its parts; names of a script command no terminal', () => {
  const part = {
    scenario: 'buy',
    group: '',
    name: 'log\u001b[31min',
    metric: 'http_req_duration',
    type: 'trend',
    unit: 'ms',
    count: 61,
  };
  const quantiles = { p50: 1, p90: 2, p95: 3, p99: 4, 'p99.9': 5 };
  const made = {
    k6: { latency: 'service time, own scenarios' },
    parts: [
      { ...part, quantiles },
      { ...part, unit: null, metric: 'checks', quantiles: null },
    ],
  } as unknown as TrialResult;
  const [label, ...parts] = k6Lines(made);
  expect(label).toContain("service time of the script's own scenarios");
  expect(parts).toEqual(['http_req_duration of buy log\\x1b[31min: 61, P50 / P95 / P99 1.000 / 3.000 / 4.000 ms']);
  expect(k6Lines({} as TrialResult)).toEqual([]);
});
