import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CalibrationCache } from '../../../src/agent/calibration-cache.ts';
import type { Calibration, CalibrationSpec } from '../../../src/wire/calibration.ts';

const TAKEN = Date.UTC(2026, 0, 1);
const SPEC: CalibrationSpec = { driver: 'in-process', size: null, pacing: 'precise', workers: 2 };
const CALIBRATION: Calibration = {
  ...SPEC,
  takenAt: new Date(TAKEN).toISOString(),
  ceilingPerSecond: 250_000,
  lagMs: { p50: 0.01, p99: 0.05, 'p99.9': 0.2 },
  timer: { resolutionUs: 1, sleepLateP50Us: 60, sleepLateP99Us: 110 },
  recordNs: 5,
  checks: [],
};

let folder: string;
const cacheAt = (nowMs: number, nodeKey = 'sha256:a'): CalibrationCache =>
  new CalibrationCache(folder, nodeKey, () => nowMs);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadcell-calibration-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('a calibration is found until it is older than asked for', async () => {
  await cacheAt(TAKEN).keep(CALIBRATION);
  expect(await cacheAt(TAKEN + 3_600_000).find(SPEC, 3600)).toEqual(CALIBRATION);
  expect(await cacheAt(TAKEN + 3_600_001).find(SPEC, 3600)).toBeNull();
});

test('an age of zero always asks for a fresh one', async () => {
  await cacheAt(TAKEN).keep(CALIBRATION);
  expect(await cacheAt(TAKEN).find(SPEC, 0)).toBeNull();
});

test('a calibration stands for no other node, pacing or number of workers', async () => {
  await cacheAt(TAKEN).keep(CALIBRATION);
  expect(await cacheAt(TAKEN, 'sha256:b').find(SPEC, 60)).toBeNull();
  expect(await cacheAt(TAKEN).find({ ...SPEC, pacing: 'lowCpu' }, 60)).toBeNull();
  expect(await cacheAt(TAKEN).find({ ...SPEC, workers: 3 }, 60)).toBeNull();
});

test('a calibration that missed a known answer serves its own process and no later one', async () => {
  const check = { name: 'service-p50', expectedMs: 2, observedMs: 3, error: 0.5, ok: false } as const;
  const missed = { ...CALIBRATION, checks: [{ ...check, ok: true }, check] };
  const own = cacheAt(TAKEN);
  await own.keep(missed);
  expect(await own.find(SPEC, 60)).toEqual(missed);
  expect(await cacheAt(TAKEN).find(SPEC, 60)).toBeNull();
  await own.keep({ ...CALIBRATION, checks: [{ ...check, ok: true }] });
  expect(await cacheAt(TAKEN).find(SPEC, 60)).not.toBeNull();
});

test('a calibration from the future is not believed', async () => {
  await cacheAt(TAKEN).keep(CALIBRATION);
  expect(await cacheAt(TAKEN - 1).find(SPEC, 60)).toBeNull();
});

test('a damaged file counts as none', async () => {
  await cacheAt(TAKEN).keep(CALIBRATION);
  const [file = ''] = readdirSync(folder);
  writeFileSync(join(folder, file), '{"takenAt": "2026');
  expect(await cacheAt(TAKEN).find(SPEC, 60)).toBeNull();
});

test('a folder that cannot be written costs a sentence, and the calibration still serves this process', async () => {
  writeFileSync(join(folder, 'file'), '');
  const cache = new CalibrationCache(join(folder, 'file', 'below'), 'sha256:a', () => TAKEN);
  expect(await cache.keep(CALIBRATION)).toMatch(/^calibration: cannot be kept in .*: ENOTDIR/);
  expect(await cache.find(SPEC, 60)).toEqual(CALIBRATION);
});

test('a calibration of k6 stands for the program that it was taken with', async () => {
  const spec: CalibrationSpec = { ...SPEC, driver: 'k6', size: { connections: 8, streams: 1, bodyBytes: 0 } };
  const by = (program: string) =>
    new CalibrationCache(
      folder,
      'sha256:a',
      () => TAKEN,
      async () => program,
    );
  await by('/a/k6 2.2.0 loadcell').keep({ ...CALIBRATION, ...spec, lagMs: null });
  expect(await by('/a/k6 2.2.0 loadcell').find(spec, 60)).not.toBeNull();
  expect(await by('/a/k6 2.2.0 stock').find(spec, 60)).toBeNull();
});
