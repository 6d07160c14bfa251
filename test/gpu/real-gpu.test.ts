import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { METRICS, type MetricName } from '../../src/gpu/metric.ts';
import { openNvml } from '../../src/gpu/nvml/nvml-source.ts';
import { numberOf } from '../../src/gpu/reading.ts';
import { readQueryCsv } from '../../src/gpu/recorded/query-csv.ts';
import type { Source } from '../../src/gpu/source.ts';
import { QUERY } from '../../src/gpu/sources/smi-loop.ts';
import { benchmarksOf, freshFolder, loadcell } from '../support/loadcell.ts';
import { testWith } from '../support/tools.ts';

/** The same on a real GPU as elsewhere on the stub: skipped, with the reason printed, where there is none. */

const EVERYTHING: ReadonlySet<MetricName> = new Set(Object.keys(METRICS) as MetricName[]);

function opened(): Source {
  const found = openNvml({ nowNs: () => Number(process.hrtime.bigint()), env: process.env });
  if (found.kind !== 'open') throw new Error(found.why);
  return found.source;
}

testWith('a GPU', 'NVML and nvidia-smi tell the same of every GPU, within what moves between two looks', () => {
  const source = opened();
  try {
    const samples = source.take(EVERYTHING);
    const args = [`--query-gpu=${QUERY.join(',')}`, '--format=csv,nounits'];
    const { stdout } = spawnSync('nvidia-smi', args, { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
    const told = readQueryCsv(stdout).samples;
    expect(told.length).toBeGreaterThan(0);
    for (const { device, readings } of told) {
      const own = samples.find((sample) => sample.device.uuid === device.uuid)?.readings ?? {};
      const both = (metric: MetricName) => [numberOf(own[metric]), numberOf(readings[metric])] as const;
      for (const metric of ['memory.total', 'power.limit', 'clock.smLimit', 'ecc.uncorrected'] as const) {
        const [ours, theirs] = both(metric);
        // nvidia-smi rounds memory to MiB.
        if (theirs !== null) expect(Math.abs((ours ?? 0) - theirs), metric).toBeLessThanOrEqual(2 ** 20);
      }
      const [degrees, theirs] = both('temperature.gpu');
      expect(Math.abs((degrees ?? 0) - (theirs ?? 0))).toBeLessThanOrEqual(3);
      const [watts, others] = both('power.draw');
      expect(Math.abs((watts ?? 0) - (others ?? 0))).toBeLessThanOrEqual(Math.max(15, 0.2 * (others ?? 0)));
    }
  } finally {
    source.close();
  }
});

testWith('a GPU', 'every metric is a number or missing for a reason, and none is 0 for unknown', () => {
  const source = opened();
  try {
    for (const { readings } of source.take(EVERYTHING)) {
      expect(numberOf(readings['memory.total'])).toBeGreaterThan(1e9);
      expect(numberOf(readings['power.draw']) ?? 1).toBeGreaterThan(0);
      expect(numberOf(readings['clock.sm']) ?? 1).toBeGreaterThan(0);
    }
  } finally {
    source.close();
  }
});

const campaign = (provider: string): string => `
name: on-a-gpu
targets: { classifier: { onnx: { model: resnet-50, providers: [${provider}, cpu], batch: 8 } } }
scenarios: { closed: { closed: { inFlight: 1, for: 20s }, objectives: [] } }
fleet: { agents: 1, workers: 1 }
warmup: 5s
timeout: 60s
seed: 5
`;

testWith(
  'a GPU',
  'under a real load the energy counter and the integral of power agree, and the sampler costs next to nothing',
  async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'campaign.yaml'), campaign('cuda'));
    const ended = await loadcell(['run', 'campaign.yaml'], folder).ended;
    const [trial] = benchmarksOf(folder).cells[0]?.trials ?? [];
    expect(trial?.gpu?.gpus.length, ended.stderr).toBeGreaterThan(0);
    for (const { by, disagreement } of trial?.energy?.gpus ?? []) {
      if (by === 'counter' && disagreement !== null) expect(disagreement).toBeLessThan(0.05);
    }
    for (const { cpu, lateP99Ms } of trial?.gpu?.sampler ?? []) {
      expect(cpu).toBeLessThan(0.05);
      expect(lateP99Ms).toBeLessThan(20);
    }
    const foreign = benchmarksOf(folder).verdict.reasons.filter(({ code }) => code === 'gpu-foreign');
    expect(foreign, 'the run’s own processes are never foreign').toEqual([]);
  },
  300_000,
);
