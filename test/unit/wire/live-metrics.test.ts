import { expect, test } from 'vitest';
import { METRICS, type MetricName } from '../../../src/gpu/metric.ts';
import { missing, numberReading } from '../../../src/gpu/reading.ts';
import { Histogram } from '../../../src/stats/histogram.ts';
import { IntervalSchema } from '../../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { encodeHistogram } from '../../../src/wire/interval-codec.ts';
import { gpuMetricName } from '../../../src/wire/metrics/gpu-metrics.ts';
import { LiveMetrics } from '../../../src/wire/metrics/live-metrics.ts';
import { create } from '../../../src/wire/protobuf.ts';
import { GPU } from '../../support/observed.ts';

const linesOf = async (live: LiveMetrics, name: string): Promise<readonly string[]> =>
  (await live.registry.metrics()).split('\n').filter((line) => line.startsWith(name));

test('durations that were counted already come out as cumulative buckets with sum and count', async () => {
  const response = new Histogram();
  for (const ms of [0.05, 4, 4, 40, 90_000]) response.record(ms * 1e6);
  const slot = { outcomes: [5], response: encodeHistogram(response) };
  const interval = create(IntervalSchema, { slots: [slot], phases: [{ offered: 6, started: 5 }], inFlight: 1n });
  const live = new LiveMetrics();
  live.interval('a/b', interval);
  live.interval('a/b', interval);
  const lines = await linesOf(live, 'loadcell_response_seconds');
  expect(lines).toContain('loadcell_response_seconds_bucket{cell="a/b",le="0.0001"} 2');
  expect(lines).toContain('loadcell_response_seconds_bucket{cell="a/b",le="0.005"} 6');
  expect(lines).toContain('loadcell_response_seconds_bucket{cell="a/b",le="60"} 8');
  expect(lines).toContain('loadcell_response_seconds_bucket{cell="a/b",le="+Inf"} 10');
  expect(lines).toContain('loadcell_response_seconds_count{cell="a/b"} 10');
  expect(await linesOf(live, 'loadcell_offered_requests_total')).toEqual([
    'loadcell_offered_requests_total{cell="a/b"} 12',
  ]);
  expect(await linesOf(live, 'loadcell_requests_total')).toEqual([
    'loadcell_requests_total{cell="a/b",outcome="ok"} 10',
  ]);
});

test('names end in base units, and counters in _total', () => {
  const names = (Object.keys(METRICS) as MetricName[]).map(gpuMetricName);
  expect(names).toContain('loadcell_gpu_power_draw_watts');
  expect(names).toContain('loadcell_gpu_energy_joules_total');
  expect(names).toContain('loadcell_gpu_clock_sm_hertz');
  expect(names).toContain('loadcell_gpu_throttled_thermal_hardware_seconds_total');
  expect(names).toContain('loadcell_gpu_memory_used_bytes');
  expect(new Set(names).size).toBe(names.length);
});

test('a reading that is missing is absent and no 0; a counter goes on when it was begun anew', async () => {
  const live = new LiveMetrics();
  const block = (readings: Parameters<typeof sample>[0]) => ({
    fromNs: 0,
    toNs: 1,
    samples: [sample(readings)],
    processes: null,
    cost: null,
    inventoryJson: '',
    pages: [],
    exporters: [],
  });
  const sample = (readings: object) => ({ source: 'nvml', device: GPU, atNs: 0, readings }) as const;
  live.block(
    'n',
    block({ 'power.draw': numberReading(70), energy: numberReading(100), 'clock.sm': numberReading(1410) }),
  );
  expect((await linesOf(live, 'loadcell_gpu_clock_sm_hertz'))[0]).toMatch(/gpu="0".* 1410000000$/);
  live.block('n', block({ 'power.draw': missing('gpu_lost'), energy: numberReading(130) }));
  live.block('n', block({ energy: numberReading(5) }));
  expect(await linesOf(live, 'loadcell_gpu_power_draw_watts')).toEqual([]);
  expect((await linesOf(live, 'loadcell_gpu_energy_joules_total'))[0]).toMatch(/ 130$/);
});

test('GPUs of which nothing is read any more are absent after three seconds, and come back with their sampler', async () => {
  const live = new LiveMetrics();
  const sample = { source: 'nvml', device: GPU, atNs: 0, readings: { 'power.draw': numberReading(70) } } as const;
  const cost = { cpuS: 0.01, wallS: 1, ticks: 5, lateP99Ns: 0, lateMaxNs: 0 };
  const block = {
    fromNs: 0,
    toNs: 1,
    samples: [sample],
    processes: null,
    cost,
    inventoryJson: '',
    pages: [],
    exporters: [],
  };
  const shown = async (name: string): Promise<number> => (await linesOf(live, name)).length;
  live.block('n', block);
  for (let second = 0; second < 2; second++) live.host('n', { cpu: 0.5 });
  expect(await shown('loadcell_gpu_power_draw_watts')).toBe(1);
  live.host('n', { cpu: 0.5 });
  expect(await shown('loadcell_gpu_power_draw_watts')).toBe(0);
  expect(await shown('loadcell_sampler_cpu_ratio')).toBe(0);
  expect(await shown('loadcell_host_cpu_ratio')).toBe(1);
  live.block('n', block);
  expect(await shown('loadcell_gpu_power_draw_watts')).toBe(1);
});
