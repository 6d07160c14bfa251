import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect } from 'vitest';
import { DEFAULT_TELEMETRY } from '../../src/campaign/telemetry.ts';
import { FakeCoordinator } from '../support/fake-coordinator.ts';
import { NvmlStub } from '../support/nvml-stub.ts';
import { freePort, promtoolCheck, startPrometheus, textOf, until } from '../support/prometheus.ts';
import { testWith } from '../support/tools.ts';
import { openLoad, phase, trialSpec } from '../support/trial-spec.ts';

const AGENT = fileURLToPath(new URL('../../src/agent/main.ts', import.meta.url));
const SECONDS = 8;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** A real agent on a node with a GPU, which shows itself on this port. */
function startAgent(coordinator: FakeCoordinator, metrics: number): void {
  const stub = new NvmlStub('a100', 1);
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-agent-metrics-'));
  const places = ['--spool', join(folder, 'spool'), '--cache', join(folder, 'cache')];
  const args = ['--coordinator', `127.0.0.1:${coordinator.port}`, '--run', 'r', '--attempt', '1', '--index', '0'];
  const child = spawn(process.execPath, [AGENT, ...args, ...places, '--metrics', `127.0.0.1:${metrics}`], {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { ...process.env, ...stub.env },
  });
  child.stdin?.end('secret\n');
  cleanups.push(() => {
    child.kill('SIGKILL');
    void once(child, 'close').then(() => {
      stub.remove();
      rmSync(folder, { recursive: true, force: true });
    });
  });
}

async function coordinating(): Promise<FakeCoordinator> {
  const coordinator = new FakeCoordinator();
  await coordinator.listen();
  cleanups.push(() => coordinator.close());
  return coordinator;
}

/** The value of the one series of a page that begins so; null: there is none. */
const seriesValue = (page: string, series: string): number | null => {
  const line = page.split('\n').find((each) => each.startsWith(series));
  return line === undefined ? null : Number(line.slice(line.lastIndexOf(' ') + 1));
};

describe('an agent with --metrics', () => {
  testWith(
    'prometheus',
    'shows its rates, latency, GPU, host and runner while a trial lasts, and Prometheus scrapes it, histograms native',
    async () => {
      const coordinator = await coordinating();
      const port = await freePort();
      const prometheus = await startPrometheus(port, ['--enable-feature=native-histograms']);
      cleanups.push(() => prometheus.close());
      startAgent(coordinator, port);
      await coordinator.heard('register');
      coordinator.prepareSpec(
        trialSpec({
          cell: 3,
          phases: [phase('load', 0, SECONDS, openLoad(100, SECONDS))],
          telemetry: DEFAULT_TELEMETRY,
        }),
      );
      await coordinator.heard('ready');
      coordinator.start(500);
      const wanted = ['loadcell_gpu_power_draw_watts{', 'loadcell_host_cpu_ratio{', 'loadcell_requests_total{cell="3"'];
      const page = await until(
        () => textOf(`http://127.0.0.1:${port}/metrics`),
        (text) => wanted.every((series) => text.includes(series)),
      );
      const checked = promtoolCheck(page);
      expect(checked.status, `${checked.stdout}${checked.stderr}`).toBe(0);
      expect(seriesValue(page, 'loadcell_gpu_power_draw_watts{')).toBeGreaterThan(150);
      expect(seriesValue(page, 'loadcell_gpu_clock_sm_hertz{')).toBeGreaterThan(1e9);
      expect(seriesValue(page, 'loadcell_host_cpu_ratio{')).toBeGreaterThan(0);
      expect(seriesValue(page, 'loadcell_runner_event_loop_delay_seconds{')).not.toBeNull();
      expect(seriesValue(page, 'loadcell_response_seconds_count{cell="3"}')).toBeGreaterThan(0);
      expect(await prometheus.ask('histogram_count(loadcell_response_seconds{cell="3"})')).toBeGreaterThan(0);
      expect(await prometheus.ask('loadcell_started_requests_total{cell="3"}')).toBeGreaterThan(0);
      await coordinator.heard('trialDone');
      const last = await until(
        () => textOf(`http://127.0.0.1:${port}/metrics`),
        (text) => seriesValue(text, 'loadcell_requests_total{cell="3",outcome="ok"}') === 100 * SECONDS,
      );
      expect(seriesValue(last, 'loadcell_offered_requests_total{cell="3"}')).toBe(100 * SECONDS);
      expect(seriesValue(last, 'loadcell_response_seconds_bucket{cell="3",le="+Inf"}')).toBe(100 * SECONDS);
    },
    90_000,
  );
});
