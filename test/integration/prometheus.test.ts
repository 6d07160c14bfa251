import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect } from 'vitest';
import { exponential } from '../../src/scenarios/exponential.ts';
import { stream } from '../../src/scenarios/rng.ts';
import { Histogram } from '../../src/stats/histogram.ts';
import { IntervalSchema } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { encodeHistogram } from '../../src/wire/interval-codec.ts';
import { LiveMetrics } from '../../src/wire/metrics/live-metrics.ts';
import { serveMetrics } from '../../src/wire/metrics/metrics-server.ts';
import { create } from '../../src/wire/protobuf.ts';
import { benchmarksOf, freshFolder, loadcell } from '../support/loadcell.ts';
import { NvmlStub } from '../support/nvml-stub.ts';
import { CONFIGURATION, freePort, promtoolCheck, startPrometheus, textOf, until } from '../support/prometheus.ts';
import { testWith } from '../support/tools.ts';

const campaign = `
name: followed
targets: { sleeper: { sleep: { constant: 2ms } } }
scenarios: { load: { load: { rate: 100/s, for: 12s } } }
objectives: []
fleet: { agents: 2, workers: 1, pacing: lowCpu }
warmup: 1s
seed: 5
`;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

async function prometheusFor(port: number, flags: readonly string[] = []): Promise<(of: string) => Promise<number>> {
  const prometheus = await startPrometheus(port, flags);
  cleanups.push(() => prometheus.close());
  return (expression) => prometheus.ask(expression);
}

/** Starts a run with GPUs that shows itself. */
function followedRun(port: number) {
  const stub = new NvmlStub('a100', 1);
  cleanups.push(() => stub.remove());
  const folder = freshFolder();
  writeFileSync(join(folder, 'campaign.yaml'), campaign);
  return loadcell(['run', 'campaign.yaml', '--metrics', `127.0.0.1:${port}`], folder, stub.env);
}

/** Response times of 1 µs to some seconds, as a run would show them. */
async function served(response: Histogram): Promise<number> {
  const live = new LiveMetrics();
  const slot = { outcomes: [response.total], response: encodeHistogram(response) };
  live.interval('a/b', create(IntervalSchema, { slots: [slot] }));
  const server = await serveMetrics(live.registry, { host: '127.0.0.1', port: 0 });
  cleanups.push(() => server.close());
  return server.port;
}

describe('Prometheus', () => {
  testWith('prometheus', 'the committed configuration is accepted by promtool', () => {
    const { status, stderr, stdout } = spawnSync('promtool', ['check', 'config', CONFIGURATION], { encoding: 'utf8' });
    expect(status, `${stdout}${stderr}`).toBe(0);
  });

  testWith(
    'prometheus',
    'a run shows rates, latency, GPUs and hosts, by the conventions that promtool checks, and Prometheus scrapes them',
    async () => {
      const port = await freePort();
      const asked = await prometheusFor(port);
      const run = followedRun(port);
      const page = await until(
        () => textOf(`http://127.0.0.1:${port}/metrics`),
        (text) =>
          text.includes('loadcell_requests_total{cell="sleeper/load"') &&
          text.includes('loadcell_gpu_power_draw_watts{') &&
          text.includes('loadcell_host_cpu_ratio{'),
      );
      const checked = promtoolCheck(page);
      expect(checked.status, `${checked.stdout}${checked.stderr}`).toBe(0);
      expect(await asked('loadcell_response_seconds_count{cell="sleeper/load"}')).toBeGreaterThan(0);
      const ended = await run.ended;
      expect(benchmarksOf(run.folder).cells[0]?.trials[0]?.accounting.ok, ended.stderr).toBe(1200);
    },
    120_000,
  );

  testWith(
    'prometheus',
    'that takes native histograms computes our percentiles of them within a bucket, from exact counts',
    async () => {
      const response = new Histogram();
      const rng = stream('11', 'durations');
      for (let i = 0; i < 20_000; i++) response.record(1_000 + 20e6 * exponential(rng) ** 3);
      response.record(100);
      const asked = await prometheusFor(await served(response), ['--enable-feature=native-histograms']);
      expect(await asked('histogram_count(loadcell_response_seconds)')).toBe(20_001);
      expect(await asked('histogram_sum(loadcell_response_seconds)')).toBeCloseTo(response.sumNs / 1e9, 6);
      for (const p of [0.05, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999]) {
        const theirs = await asked(`histogram_quantile(${p}, loadcell_response_seconds)`);
        const ratio = theirs / (response.quantileNs(p) / 1e9);
        // The same bucket holds both; its bounds lie a factor of 2^(1/32) apart.
        expect(Math.abs(Math.log2(ratio)), `P${100 * p}`).toBeLessThan(1 / 32);
      }
    },
    120_000,
  );
});
