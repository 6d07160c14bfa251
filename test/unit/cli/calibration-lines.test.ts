import { expect, test } from 'vitest';
import { calibrationLines, calibrationText, knowsItsAnswers } from '../../../src/cli/calibration-lines.ts';
import { ansi, plain } from '../../../src/report/layout.ts';
import type { Calibration } from '../../../src/wire/calibration.ts';

const sound: Calibration = {
  driver: 'in-process',
  pacing: 'precise',
  workers: 2,
  takenAt: '2026-11-22T05:18:00.000Z',
  ceilingPerSecond: 200_000,
  lagMs: { p50: 0.004, p99: 0.2, 'p99.9': 1.5 },
  timer: { resolutionUs: 0.05, sleepLateP50Us: 60, sleepLateP99Us: 240 },
  recordNs: 25,
  steal: 0.004,
  checks: [
    { name: 'stall-p90', expectedMs: 450, observedMs: 450.3, error: 0.0006, ok: true },
    { name: 'stall-p99', expectedMs: 585, observedMs: 585.2, error: 0.0003, ok: true },
    { name: 'service-p50', expectedMs: 2, observedMs: 2.01, error: 0.005, ok: true },
  ],
};

const poor = (changed: Partial<Calibration>): string[] =>
  calibrationLines({ ...sound, ...changed }).flatMap(({ name, verdict }) => (verdict === 'poor' ? [name] : []));

test('a sound calibration is ok in every line', () => {
  expect(calibrationLines(sound).map(({ verdict }) => verdict)).toEqual(Array(9).fill('ok'));
  expect(knowsItsAnswers(sound)).toBe(true);
});

test.each<[string, Partial<Calibration>]>([
  ['highest rate', { ceilingPerSecond: 9_999 }],
  ['lag at 1,000/s', { lagMs: { p50: 0.1, p99: 1.01, 'p99.9': 2 } }],
  ['timer resolution', { timer: { ...sound.timer, resolutionUs: 1.1 } }],
  ['late after a sleep', { timer: { ...sound.timer, sleepLateP99Us: 1001 } }],
  ['cost of a record', { recordNs: 1001 }],
  ['stolen by the host', { steal: 0.021 }],
])('%s beyond its bound is poor, with what to do', (name, changed) => {
  expect(poor(changed)).toEqual([name]);
  expect(calibrationText({ ...sound, ...changed }, null, plain)).toMatch(/poor\n {6}-> [a-z]/);
});

test('bounds themselves still hold', () => {
  expect(
    poor({ ceilingPerSecond: 10_000, lagMs: { p50: 0, p99: 1, 'p99.9': 9 }, recordNs: 1000, steal: 0.02 }),
  ).toEqual([]);
});

test('a known answer that came out wrong is poor, and says that latencies are not to be trusted', () => {
  const wrong = { ...sound, checks: sound.checks.map((check) => ({ ...check, ok: check.name !== 'stall-p99' })) };
  expect(poor(wrong)).toEqual(['known stall, P99']);
  expect(knowsItsAnswers(wrong)).toBe(false);
  expect(calibrationText(wrong, null, plain)).toContain('do not trust');
  expect(knowsItsAnswers({ ...sound, checks: [] }), 'nothing was asked').toBe(false);
});

test('steal that the system does not tell is unknown, neither ok nor poor', () => {
  const { steal: _, ...silent } = sound;
  for (const calibration of [silent, { ...sound, steal: null }]) {
    expect(calibrationLines(calibration).at(-1)).toMatchObject({ found: 'unknown', verdict: 'unknown' });
  }
});

test('the table says what was expected, how old it is and what load it is good for', () => {
  const text = calibrationText(sound, 7200, plain);
  expect(text).toContain('precise pacing, 2 workers, taken 2 h 00 min ago (2026-11-22T05:18:00.000Z)');
  expect(text).toMatch(/known stall, P90 {2,}450\.3 ms {2,}450 ms within 5 % {2,}ok/);
  expect(text).toContain('Good for up to 140,000/s of each agent');
  expect(text).not.toContain('\u001b');
  expect(calibrationText(sound, 7200, ansi)).toContain('\u001b[32mok');
});

test('only a node that is paced otherwise is told of precise pacing', () => {
  const lag = { lagMs: { p50: 0.1, p99: 3, 'p99.9': 5 } };
  expect(calibrationText({ ...sound, ...lag }, null, plain)).not.toContain('use precise');
  expect(calibrationText({ ...sound, ...lag, pacing: 'lowCpu' }, null, plain)).toContain('use precise');
});

test('what k6 takes itself is shown, and that it records no lag', () => {
  const k6 = { version: '2.2.0', output: 'loadcell' } as const;
  const size = { connections: 64, streams: 1, bodyBytes: 0 };
  const floorMs = { p50: 0.21, p99: 0.6 };
  const calibration: Calibration = { ...sound, driver: 'k6', size, k6, lagMs: null, floorMs, ceilingPerSecond: 3000 };
  expect(poor(calibration)).toEqual([]);
  const shown = calibrationText(calibration, null, plain);
  expect(shown).toMatch(/^calibration {2}k6 2\.2\.0, 64 virtual users, taken now/);
  expect(shown).toMatch(/lag at 1,000\/s +unknown +k6 records none/);
  expect(shown).toMatch(/own service time +P50 0\.210 {2}P99 0\.600 ms/);
  expect(calibrationText({ ...calibration, k6: { ...k6, output: 'stock' } }, null, plain)).toContain('k6 2.2.0 as CSV');
});
