import { expect, test } from 'vitest';
import { createHostSampler } from '../../src/agent/proc-stat.ts';
import { calibrate } from '../../src/agent/runner/calibrate.ts';
import { systemWallClock } from '../../src/time/monotonic.ts';
import { readText } from '../../src/wire/read-text.ts';
import { workerFile } from '../support/served-trial.ts';
import { testWith } from '../support/tools.ts';

test('a calibration finds the ceiling, the lag and the known answers', async () => {
  const steps: string[] = [];
  const result = await calibrate(
    { driver: 'in-process', size: null, pacing: 'lowCpu', workers: 2 },
    {
      workerFile,
      wall: systemWallClock,
      hostFacts: createHostSampler(readText),
      env: process.env,
      onStep: (step) => void steps.push(step),
    },
  );
  expect(steps).toEqual(['timers', 'highest rate', 'known stall', 'known service time']);
  expect(result).toMatchObject({ driver: 'in-process', size: null, pacing: 'lowCpu', workers: 2 });
  expect(Date.parse(result.takenAt)).toBeGreaterThan(Date.now() - 60_000);
  expect(result.ceilingPerSecond).toBeGreaterThan(10_000);
  expect(result.lagMs?.p99).toBeGreaterThanOrEqual(result.lagMs?.p50 ?? Number.NaN);
  expect(result.timer.resolutionUs).toBeGreaterThan(0);
  expect(result.timer.sleepLateP99Us).toBeGreaterThanOrEqual(result.timer.sleepLateP50Us);
  expect(result.recordNs).toBeGreaterThan(0);
  expect(result.recordNs).toBeLessThan(10_000);
  expect(result.steal ?? 0).toBeGreaterThanOrEqual(0);
  expect(result.steal ?? 0).toBeLessThan(1);
  // 300 requests of which a stall of 0.6 s meets 120: the 31st slowest waits 450 ms, the 4th 585 ms.
  expect(result.checks.map(({ name, expectedMs }) => [name, expectedMs])).toEqual([
    ['stall-p90', 450],
    ['stall-p99', 585],
    ['service-p50', 2],
  ]);
  for (const { name, observedMs, expectedMs, error } of result.checks) {
    expect(error, name).toBeCloseTo(observedMs / expectedMs - 1, 12);
    expect(observedMs, name).toBeGreaterThanOrEqual(expectedMs * 0.999);
  }
});

test.each([
  ['http/1.1', 'plain'],
  ['http/2', 'plain'],
  ['grpc', 'plain'],
  ['http/1.1', 'tls'],
  ['http/2', 'tls'],
] as const)(
  'a client of %s, %s, is calibrated against a canned responder that speaks the same',
  async (driver, security) => {
    const size = { connections: 4, streams: driver === 'http/1.1' ? 1 : 4, bodyBytes: 256, security };
    const result = await calibrate(
      { driver, size, pacing: 'lowCpu', workers: 1 },
      { workerFile, wall: systemWallClock, hostFacts: createHostSampler(readText), env: process.env, onStep: () => {} },
    );
    expect(result).toMatchObject({ driver, size, workers: 1 });
    expect(result.ceilingPerSecond).toBeGreaterThan(100);
    expect(result.checks.map(({ name, expectedMs }) => [name, expectedMs])).toEqual([
      ['stall-p90', 450],
      ['stall-p99', 585],
      ['service-p50', 20],
    ]);
    for (const { name, observedMs, expectedMs } of result.checks) {
      expect(observedMs, name).toBeGreaterThanOrEqual(expectedMs * 0.99);
    }
  },
);

testWith('k6', 'k6 is calibrated against a canned responder too, and tells what it takes itself', async () => {
  const size = { connections: 16, streams: 1, bodyBytes: 0 };
  const result = await calibrate(
    { driver: 'k6', size, pacing: 'precise', workers: 1 },
    { workerFile, wall: systemWallClock, hostFacts: createHostSampler(readText), env: process.env, onStep: () => {} },
  );
  expect(result).toMatchObject({ driver: 'k6', size, lagMs: null, k6: { output: 'loadcell' } });
  expect(result.ceilingPerSecond).toBeGreaterThan(100);
  expect(result.floorMs?.p50).toBeGreaterThan(0.01);
  expect(result.floorMs?.p99).toBeGreaterThanOrEqual(result.floorMs?.p50 ?? Number.NaN);
  expect(result.checks.map(({ name, expectedMs }) => [name, expectedMs])).toEqual([
    ['stall-p90', 450],
    ['stall-p99', 585],
    ['service-p50', 20],
  ]);
  for (const { name, observedMs, expectedMs } of result.checks) {
    expect(observedMs, name).toBeGreaterThanOrEqual(expectedMs * 0.97);
  }
});

testWith('k6', 'k6 that is not there is refused with how to get it', async () => {
  const env = { ...process.env, LOADCELL_K6: '/nowhere/k6' };
  const asked = calibrate(
    { driver: 'k6', size: { connections: 4, streams: 1, bodyBytes: 0 }, pacing: 'precise', workers: 1 },
    { workerFile, wall: systemWallClock, hostFacts: createHostSampler(readText), env, onStep: () => {} },
  );
  await expect(asked).rejects.toThrow(/LOADCELL_K6: found \/nowhere\/k6, which does not start .*npm run setup:k6/);
});
