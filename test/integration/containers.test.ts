import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { parse } from 'yaml';
import type { Benchmarks } from '../../src/verdict/result.ts';
import { ContainerBench } from '../support/containers.ts';
import { HADOLINT, PODMAN_COMPOSE, testWith, toolIsThere } from '../support/tools.ts';

const COMPOSE_FILE = 'docker/compose.yaml';
const NODE = /^ARG NODE_IMAGE=(\S+)/m.exec(readFileSync('docker/Dockerfile', 'utf8'))?.[1] ?? '';
const CUDA = readFileSync('docker/cuda.Dockerfile', 'utf8');
const PROMETHEUS = (parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true }) as Compose).services.prometheus.image;
const COORDINATOR = 'localhost/loadcell-coordinator';
const AGENT = 'localhost/loadcell-agent';
const PORT = 19090;
const PROJECT = 'loadcell-test';

interface Compose {
  readonly services: { readonly prometheus: { readonly image: string } };
}

testWith('hadolint', 'the Dockerfiles hold to what hadolint asks of them', async () => {
  const bench = new ContainerBench();
  try {
    expect(await bench.must(HADOLINT, ['docker/Dockerfile', 'docker/cuda.Dockerfile'])).toBe('');
  } finally {
    await bench.close();
  }
});

describe('the images', () => {
  let bench: ContainerBench;

  beforeAll(async () => {
    if (!toolIsThere('containers')) return;
    bench = new ContainerBench({ LOADCELL_PROMETHEUS_PORT: String(PORT) });
    await bench.makeBases({ node: NODE, prometheus: PROMETHEUS });
    await bench.build(AGENT, 'docker/Dockerfile', ['--target', 'agent']);
    await bench.build(COORDINATOR, 'docker/Dockerfile', ['--target', 'coordinator']);
  }, 1_200_000);

  afterAll(() => bench?.close(), 120_000);

  const run = (image: string, ...args: string[]) => bench.podman('run', ...LOCKED, image, ...args);

  const compose = (...args: string[]): Promise<string> =>
    bench.must(PODMAN_COMPOSE, ['--podman-run-args=--no-healthcheck', '-p', PROJECT, '-f', COMPOSE_FILE, ...args]);

  testWith(
    'containers',
    'are small, for nobody in particular, and hold no npm',
    async () => {
      for (const image of [AGENT, COORDINATOR]) {
        const { whole, added } = await bench.sizes(image, NODE);
        process.stdout.write(`${image}: ${mb(added)} MB on top of a base of ${mb(whole - added)} MB\n`);
        expect(added).toBeLessThan(image === AGENT ? 110e6 : 90e6);
        const facts = JSON.parse(
          await bench.podman('image', 'inspect', '--format', '{{json .Config}}', image),
        ) as Config;
        expect(facts).toMatchObject({ User: '1000:1000', StopSignal: 'SIGTERM', Entrypoint: ['loadcell'] });
        expect(facts.Labels['org.opencontainers.image.version']).toBe(version());
        expect(await run(image, '--version')).toBe(version());
        expect(await bench.podman('run', ...LOCKED, '--entrypoint', 'ls', image, '/usr/local/bin')).not.toContain(
          'npm',
        );
      }
    },
    300_000,
  );

  testWith('containers', 'the coordinator plans what it has no runtime for, and any user may run either', async () => {
    expect(await run(COORDINATOR, 'plan', '/opt/loadcell/campaigns/smoke.yaml')).toContain('classifier/load');
    const stranger = ['--user', '4321:4321', '--entrypoint', 'loadcell'];
    expect(
      await bench.podman('run', ...LOCKED, ...stranger, AGENT, 'model', 'make', 'tiny-mlp', '--out', '/tmp/m.onnx'),
    ).toContain('tiny-mlp');
  });

  testWith(
    'containers',
    'a coordinator, two agents and an endpoint, read-only and without capabilities, complete a campaign',
    async () => {
      try {
        await compose('up', '-d', '--no-build');
        const [coordinator = ''] = await bench.containersOf(PROJECT, 'coordinator');
        const [endpoint = ''] = await bench.containersOf(PROJECT, 'endpoint');
        const agents = await bench.containersOf(PROJECT, 'agent');
        expect(agents).toHaveLength(2);
        for (const container of [coordinator, endpoint, ...agents]) {
          await healthy(container);
          const status = await bench.podman('exec', container, 'cat', '/proc/1/status');
          expect(status).toMatch(/^CapEff:\t0+$/m);
          expect(status).toMatch(/^NoNewPrivs:\t1$/m);
          expect(status).toMatch(/^Uid:\t1000\t/m);
          expect((await bench.call('podman', ['exec', container, 'touch', '/opt/loadcell/x'])).stderr).toContain(
            'Read-only file system',
          );
        }
        const code = Number(await bench.podman('wait', coordinator));
        const benchmarks = await resultOf(coordinator);
        expect(benchmarks.run.state).toBe('complete');
        expect(code).toBe(benchmarks.verdict.exitCode);
        const trial = benchmarks.cells[0]?.trials[0];
        expect(trial?.accounting).toMatchObject({ scheduled: 600, shed: 0 });
        expect(benchmarks.nodes.map(({ id }) => id)).toEqual(['agents']);
        expect(trial?.perAgent.map(({ accounting }) => accounting.ok > 0)).toEqual([true, true]);
        for (const agent of agents) expect(await bench.podman('wait', agent)).toBe('0');
        expect(await scraped('max_over_time(loadcell_requests_total[5m])')).toBeGreaterThan(0);
        expect(await scraped('max_over_time(inference_requests_total[5m])')).toBeGreaterThanOrEqual(600);
        await bench.podman('stop', '--time', '30', endpoint);
        expect(await bench.podman('inspect', '--format', '{{.State.ExitCode}}', endpoint)).toBe('0');
      } finally {
        await compose('down', '--volumes', '--timeout', '0');
      }
    },
    300_000,
  );

  testWith(
    'containers',
    "the CUDA image is whole but for CUDA and onnxruntime's GPU libraries",
    async () => {
      for (const name of ['CUDA_IMAGE', 'GO_IMAGE']) {
        await bench.standIn(new RegExp(`^ARG ${name}=(\\S+)`, 'm').exec(CUDA)?.[1] ?? '', GO_OR_CUDA);
      }
      await bench.build('localhost/loadcell-agent-cuda', 'docker/cuda.Dockerfile', [
        ...['--build-arg', 'ONNXRUNTIME_NODE_INSTALL=skip'],
        ...(await goFolders()),
      ]);
      expect(await run('localhost/loadcell-agent-cuda', '--version')).toBe(version());
      const k6 = [...LOCKED, '--entrypoint', 'k6', 'localhost/loadcell-agent-cuda', 'version'];
      expect(await bench.podman('run', ...k6)).toContain('k6');
    },
    400_000,
  );

  /** Go, and what it has fetched and compiled before: the stand-in of its image has none. */
  async function goFolders(): Promise<readonly string[]> {
    const [root, modules, cache] = (await bench.must('go', ['env', 'GOROOT', 'GOMODCACHE', 'GOCACHE'], 'k6')).split(
      '\n',
    );
    const mounts = [`${root}:/usr/local/go:ro`, `${modules}:/root/go/pkg/mod`, `${cache}:/root/.cache/go-build`];
    return mounts.flatMap((at) => ['--volume', at]);
  }

  async function healthy(container: string): Promise<void> {
    const isHealthy = async (): Promise<number> => (await bench.call('podman', ['exec', container, 'healthy'])).code;
    await expect.poll(isHealthy, { timeout: 60_000, interval: 500 }).toBe(0);
  }

  /** What the coordinator left on its volume. */
  async function resultOf(coordinator: string): Promise<Benchmarks> {
    const volume = await bench.podman(
      ...['inspect', '--format', '{{range .Mounts}}{{if eq .Destination "/work/results"}}{{.Source}}{{end}}{{end}}'],
      coordinator,
    );
    const [only = ''] = (await bench.must('ls', [volume])).split('\n');
    return JSON.parse(readFileSync(`${volume}/${only}/benchmarks.json`, 'utf8')) as Benchmarks;
  }

  /** The sum of a query's series, once there are any. */
  async function scraped(query: string): Promise<number> {
    const deadline = AbortSignal.timeout(30_000);
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${PORT}/api/v1/query?query=sum(${encodeURIComponent(query)})`, {
        signal: deadline,
      });
      const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
      const [first] = data.result;
      if (first !== undefined) return Number(first.value[1]);
      await delay(500, undefined, { signal: deadline });
    }
  }
});

interface Config {
  readonly User: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/** Stands in for Go's image, which has its program there, and for CUDA's, of which nothing is used. */
const GO_OR_CUDA = `
FROM ${NODE}
ENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
`;

/** As a careful user would run them; their health checks would need systemd. */
const LOCKED = [
  ...['--rm', '--no-healthcheck', '--network', 'none', '--read-only', '--tmpfs', '/tmp:mode=1777'],
  ...['--tmpfs', '/var/cache/loadcell:mode=1777', '--cap-drop', 'all', '--security-opt', 'no-new-privileges'],
];

const mb = (bytes: number): string => (bytes / 1e6).toFixed(0);

const version = (): string => (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
