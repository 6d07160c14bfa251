import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect } from 'vitest';
import { benchmarksOf, freshFolder, loadcell } from '../support/loadcell.ts';
import { NvmlStub } from '../support/nvml-stub.ts';
import { testWith } from '../support/tools.ts';

const CONFIGURATION = fileURLToPath(new URL('../../monitoring/prometheus.yml', import.meta.url));

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

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Starts a run with GPUs that shows itself, and waits until it does. */
function followedRun(port: number) {
  const stub = new NvmlStub('a100', 1);
  cleanups.push(() => stub.remove());
  const folder = freshFolder();
  writeFileSync(join(folder, 'campaign.yaml'), campaign);
  return loadcell(['run', 'campaign.yaml', '--metrics', `127.0.0.1:${port}`], folder, stub.env);
}

/** Asks until the answer holds; the run or Prometheus may not be there yet. */
async function until<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  const endMs = performance.now() + 60_000;
  for (;;) {
    const answer = await ask().catch(() => null);
    if (answer !== null && holds(answer)) return answer;
    if (performance.now() > endMs) throw new Error(`no answer that holds: ${JSON.stringify(answer)?.slice(0, 500)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const textOf = async (url: string): Promise<string> => (await fetch(url)).text();

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
      const checked = spawnSync('promtool', ['check', 'metrics'], { input: page, encoding: 'utf8' });
      expect(checked.status, `${checked.stdout}${checked.stderr}`).toBe(0);
      const answered = await asked('loadcell_response_seconds_count{cell="sleeper/load"}');
      expect(Number(answered)).toBeGreaterThan(0);
      const ended = await run.ended;
      expect(benchmarksOf(run.folder).cells[0]?.trials[0]?.accounting.ok, ended.stderr).toBe(1200);
    },
    120_000,
  );
});

/** Starts a real Prometheus, configured as committed but for the target; what it says of an expression, once it does. */
async function prometheusFor(port: number): Promise<(expression: string) => Promise<string>> {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-prometheus-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const configuration = readFileSync(CONFIGURATION, 'utf8').replaceAll('127.0.0.1:9464', `127.0.0.1:${port}`);
  writeFileSync(join(folder, 'prometheus.yml'), configuration);
  const own = await freePort();
  const server = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${own}`,
    ],
    { stdio: 'ignore' },
  );
  cleanups.push(() => server.kill('SIGKILL'));
  type Answer = { data: { result: { value: [number, string] }[] } };
  await until(
    () => textOf(`http://127.0.0.1:${own}/-/ready`),
    (text) => text.includes('Ready'),
  );
  return async (expression) => {
    const url = `http://127.0.0.1:${own}/api/v1/query?query=${encodeURIComponent(expression)}`;
    const found = await until(
      async () => (await (await fetch(url)).json()) as Answer,
      ({ data }) => data.result.length > 0,
    );
    return found.data.result[0]?.value[1] ?? '';
  };
}
