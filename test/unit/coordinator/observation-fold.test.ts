import { expect, test } from 'vitest';
import { ObservationFold } from '../../../src/coordinator/observation-fold.ts';
import { missing, numberReading } from '../../../src/gpu/reading.ts';
import type { DeviceSample } from '../../../src/gpu/sample.ts';
import {
  type StoredTelemetry,
  StoredTelemetrySchema,
  TelemetryReportSchema,
} from '../../../src/wire/gen/loadcell/v1/telemetry_pb.ts';
import { create, toBinary } from '../../../src/wire/protobuf.ts';
import { type Block, encodeBlock } from '../../../src/wire/telemetry-codec.ts';
import { GPU } from '../../support/observed.ts';

const ZERO = 1_000_000_000_000n;
const REF = { cell: 0, trial: 1, attempt: 1 };

const power = (second: number, watts: number): DeviceSample => ({
  source: 'nvml',
  device: GPU,
  atNs: Number(ZERO) + second * 1e9,
  readings: { 'power.draw': numberReading(watts), 'activity.sm': missing('not_supported') },
});

function block(second: number, samples: readonly DeviceSample[], more: Partial<Block> = {}): Block {
  const toNs = Number(ZERO) + second * 1e9;
  return {
    fromNs: toNs - 1e9,
    toNs,
    samples,
    processes: null,
    cost: null,
    inventoryJson: '',
    pages: [],
    exporters: [],
    ...more,
  };
}

let seq = 0n;
function stored(of: Block, during: 'trial' | 'before'): StoredTelemetry {
  const trial = during === 'trial' ? { trial: { ...REF, zeroNs: ZERO } } : {};
  const report = create(TelemetryReportSchema, { block: encodeBlock(of), ...trial });
  return create(StoredTelemetrySchema, {
    agent: 0,
    epoch: 1n,
    seq: ++seq,
    report: toBinary(TelemetryReportSchema, report),
  });
}

test('readings come to lie on the time line of their trial, with what brackets its beginning', () => {
  const fold = new ObservationFold();
  for (const second of [-30, -20, -10, -1]) fold.add(stored(block(second, [power(second, 60)]), 'before'));
  fold.add(stored(block(1, [power(0.5, 200), power(0.7, 210)]), 'trial'));
  const [node] = fold.of(REF);
  const [device] = node?.devices ?? [];
  expect(device?.series['power.draw']).toEqual({
    source: 'nvml',
    atNs: [-1e9, 0.5e9, 0.7e9],
    values: [60, 200, 210],
  });
  expect(device?.before['power.draw']?.values).toEqual([60, 60, 60, 60]);
  expect(device?.lacks['activity.sm']?.map(({ atNs }) => atNs / 1e9)).toEqual([0.5, 0.7]);
});

test('what is reported twice counts once, and another trial is another observation', () => {
  const fold = new ObservationFold();
  const once = stored(block(1, [power(0.5, 200)]), 'trial');
  fold.add(once);
  fold.add(once);
  expect(fold.of(REF)[0]?.devices[0]?.series['power.draw']?.values).toEqual([200]);
  expect(fold.of({ ...REF, trial: 2 })).toEqual([]);
});

test('a process is one span from when it was seen first to when it was seen last, with the most that it held', () => {
  const fold = new ObservationFold();
  const row = { device: GPU.uuid, pid: 7, name: 'python', standing: 'foreign' } as const;
  for (const [second, usedBytes] of [
    [1, 10],
    [2, 30],
    [3, 20],
  ] as const) {
    const processes = { atNs: Number(ZERO) + second * 1e9, rows: [{ ...row, usedBytes }] };
    fold.add(stored(block(second, [power(second, 1)], { processes }), 'trial'));
  }
  expect(fold.of(REF)[0]?.processes).toEqual([{ ...row, firstNs: 1e9, lastNs: 3e9, usedBytes: 30 }]);
});

test('what the sampler cost adds up; how late it was does not', () => {
  const fold = new ObservationFold();
  const cost = { cpuS: 0.01, wallS: 1, ticks: 5, lateP99Ns: 1, lateMaxNs: 2 };
  fold.add(stored(block(1, [], { cost }), 'trial'));
  fold.add(stored(block(2, [], { cost: { ...cost, lateP99Ns: 7 } }), 'trial'));
  expect(fold.of(REF)[0]?.cost).toEqual({ cpuS: 0.02, wallS: 2, ticks: 10, lateP99Ns: 7, lateMaxNs: 2 });
});

test('answers of a page’s server add up over its blocks; its clock and its fault are the newest', () => {
  const fold = new ObservationFold();
  const told = (second: number, answers: number, failures: number, fault: string | null, leastMs: number) => {
    const clock = { leastMs, mostMs: leastMs + 500 };
    return stored(
      block(second, [], { exporters: [{ url: 'http://n/metrics', answers, failures, fault, clock }] }),
      'trial',
    );
  };
  for (const one of [told(1, 2, 0, null, 10), told(2, 1, 1, 'found status 500', 20), told(3, 2, 0, null, 30)])
    fold.add(one);
  expect(fold.of(REF)[0]?.exporters).toEqual([
    {
      url: 'http://n/metrics',
      answers: 5,
      failures: 1,
      fault: 'found status 500',
      clock: { leastMs: 30, mostMs: 530 },
    },
  ]);
});
