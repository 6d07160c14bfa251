import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { niceInBackground, SHORT_SLICE_NS } from '../../src/agent/sampler/background.ts';
import type { InventoryReport } from '../../src/agent/sampler/sampler.ts';
import type { Loss } from '../../src/agent/sampler/watch.ts';
import type { SamplerOrders } from '../../src/agent/sampler/words.ts';
import { NodeSampler } from '../../src/agent/sampler-process.ts';
import type { DeviceSample } from '../../src/gpu/sample.ts';
import type { Block } from '../../src/wire/telemetry-codec.ts';
import { fakeNvidiaSmiOf, gpusOf } from '../support/fake-gpus.ts';
import { fakeNvidiaSmi, fakeTools } from '../support/fake-tool.ts';
import { freshFolder } from '../support/loadcell.ts';
import { NvmlStub } from '../support/nvml-stub.ts';
import { isAlive } from '../support/process-alive.ts';
import { descendants } from '../support/process-tree.ts';
import { freePort } from '../support/prometheus.ts';
import { testWith } from '../support/tools.ts';

const ENTRY = fileURLToPath(new URL('../../src/agent/sampler/main.ts', import.meta.url));
const TROUBLE = fileURLToPath(new URL('../support/trouble-sampler.ts', import.meta.url));
const ORDERS: SamplerOrders = {
  sources: ['nvml', 'nvidia-smi'],
  fastMs: 200,
  dcgm: [],
  pages: [],
  processes: [],
};

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** A sampler of the real program with everything that it says, and ways to wait for it. */
class Observed {
  readonly blocks: Block[] = [];
  readonly gaps: { fromNs: number; toNs: number; loss: Loss }[] = [];
  readonly children: ChildProcess[] = [];
  readonly sampler: NodeSampler;
  #waiting: (() => void)[] = [];

  /** `by`: a command that starts the sampler, with its own arguments. */
  constructor(
    env: Readonly<Record<string, string>>,
    orders: Partial<SamplerOrders> = {},
    entry = ENTRY,
    by: readonly string[] = [],
  ) {
    const source = {
      spawn: (node: string, args: readonly string[], options: SpawnOptions): ChildProcess => {
        const [command = node, ...before] = [...by, node];
        const child = spawn(command, [...before, ...args], options);
        this.children.push(child);
        return child;
      },
      entry,
      env: { ...process.env, ...env },
      nowNs: () => Number(process.hrtime.bigint()),
    };
    this.sampler = new NodeSampler(
      source as ConstructorParameters<typeof NodeSampler>[0],
      { ...ORDERS, ...orders },
      {
        onBlock: (block) => {
          this.blocks.push(block);
          this.#wake();
        },
        onGap: (fromNs, toNs, loss) => {
          this.gaps.push({ fromNs, toNs, loss });
          this.#wake();
        },
      },
    );
    cleanups.push(() => this.sampler.close());
  }

  get samples(): readonly DeviceSample[] {
    return this.blocks.flatMap(({ samples }) => samples);
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function stubbed(...kind: ConstructorParameters<typeof NvmlStub>): NvmlStub {
  const stub = new NvmlStub(...kind);
  cleanups.push(() => stub.remove());
  return stub;
}

const inventoryOf = ({ blocks }: Observed): InventoryReport =>
  JSON.parse(blocks.find(({ inventoryJson }) => inventoryJson !== '')?.inventoryJson ?? '{}') as InventoryReport;

const powers = (observed: Observed): readonly number[] =>
  observed.samples.flatMap(({ device, atNs, readings }) =>
    device.index === 0 && readings['power.draw'] !== undefined ? [atNs ?? 0] : [],
  );

/** Of sched(7). */
const SCHED_BATCH = 3;
const SCHED_IDLE = 5;

/** Of each thread of a process: fields 19 and 41 of proc_pid_stat(5). One that has ended has none. */
function threadsOf(pid: number): readonly { nice: number; policy: number }[] {
  const folder = `/proc/${pid}/task`;
  try {
    return readdirSync(folder).map((thread) => {
      const stat = readFileSync(`${folder}/${thread}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return { nice: Number(fields[16]), policy: Number(fields[38]) };
    });
  } catch {
    return [];
  }
}

/** Of a process's main thread, ns; null: this kernel grants no slices of one's own (before Linux 6.12), or does not tell. */
function sliceNs(pid: number): number | null {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const path = `/proc/${pid}/sched`;
  if (major < 6 || (major === 6 && minor < 12) || !existsSync(path)) return null;
  return Number(/^se\.slice +: +(\d+)$/m.exec(readFileSync(path, 'utf8'))?.[1]);
}

describe('a sampler', () => {
  testWith('cc', 'says what it reads, how often it read it, and what it cost', async () => {
    const observed = new Observed(stubbed('a100', 2).env);
    await observed.until(() => observed.blocks.length >= 4);
    expect(inventoryOf(observed)).toMatchObject({ driver: '550.54.15', sources: [{ name: 'nvml', fault: null }] });
    const at = powers(observed);
    const distances = at.slice(1).map((later, place) => (later - (at[place] ?? 0)) / 1e6);
    const mean = distances.reduce((sum, one) => sum + one, 0) / distances.length;
    expect(mean).toBeGreaterThan(150);
    expect(mean).toBeLessThan(320);
    const cost = observed.blocks.at(-1)?.cost;
    expect(cost?.ticks).toBeGreaterThan(2);
    expect(cost?.cpuS).toBeGreaterThan(0);
    expect(observed.samples.every(({ source }) => source === 'nvml')).toBe(true);
  });

  test.runIf(process.platform === 'linux')(
    'stands behind everybody else, with all its threads and its tools',
    async () => {
      const tools = fakeNvidiaSmiOf(gpusOf(1));
      cleanups.push(() => tools.remove());
      const observed = new Observed(tools.env, { sources: ['nvidia-smi'] });
      await observed.until(() => observed.samples.length >= 1);
      const [sampler] = observed.children;
      const own = threadsOf(sampler?.pid ?? 0);
      const ofTools = descendants(sampler?.pid ?? 0).flatMap(({ pid }) => threadsOf(pid));
      const threads = [...own, ...ofTools];
      expect(own.length).toBeGreaterThan(1);
      expect(ofTools.length).toBeGreaterThan(0);
      expect(new Set(threads.map(({ policy }) => policy))).toEqual(new Set([SCHED_BATCH]));
      expect(Math.min(...threads.map(({ nice }) => nice))).toBeGreaterThanOrEqual(10);
      const baseNs = sliceNs(process.pid);
      if (baseNs !== null) {
        expect(sliceNs(sampler?.pid ?? 0)).toBe(SHORT_SLICE_NS);
        expect(own[0]?.nice).toBe(niceInBackground(baseNs));
      }
      // Its reader of blocks, this process, is not among them.
      expect(threadsOf(process.pid).every(({ policy }) => policy === 0)).toBe(true);
    },
  );

  test.runIf(process.platform === 'linux').each([
    ['a nice value of its own', ['nice', '-n', '19'], { policy: SCHED_BATCH, nice: 19 }],
    ['SCHED_IDLE', ['chrt', '--idle', '0'], { policy: SCHED_IDLE, nice: 10 }],
  ] as const)('is not moved forward where it was started with %s', async (_, by, expected) => {
    const observed = new Observed({}, { sources: [] }, ENTRY, by);
    await observed.until(() => observed.blocks.length >= 1);
    expect(threadsOf(observed.children[0]?.pid ?? 0)[0]).toEqual(expected);
  });

  testWith('cc', 'reads the energy counter, and power beside it, exactly at phase boundaries', async () => {
    const observed = new Observed(stubbed('a100', 1).env);
    await observed.until(() => observed.blocks.length >= 1);
    const now = Number(process.hrtime.bigint());
    const boundaries = [400, 550, 700, 850, 1000].map((ms) => now + ms * 1e6);
    observed.sampler.boundaries(boundaries);
    const after = (boundary: number) =>
      observed.samples.find(({ atNs, readings }) => (atNs ?? 0) >= boundary && readings.energy !== undefined);
    await observed.until(() => boundaries.every((boundary) => after(boundary) !== undefined));
    const readings = boundaries.map(after);
    expect(readings.every((sample) => sample?.readings['power.draw'] !== undefined)).toBe(true);
    // Between boundaries it is read once a second. A machine that is busy may be late for two of the five.
    const lateMs = readings.map((sample, place) => ((sample?.atNs ?? 0) - (boundaries[place] ?? 0)) / 1e6);
    expect(lateMs.toSorted((a, b) => a - b)[2], `${lateMs}`).toBeLessThan(50);
  });

  testWith('cc', 'tells the run’s own processes from foreign ones, and those that the campaign names', async () => {
    const stub = stubbed('a100', 1);
    stub.behave('foreign=1');
    const observed = new Observed(stub.env);
    await observed.until(() => observed.blocks.length >= 2);
    const rows = observed.blocks.at(-1)?.processes?.rows;
    expect(rows?.find((row) => row.pid === 1)?.standing).toBe('foreign');
    expect(rows?.find((row) => row.pid !== 1)?.standing).toBe('own');
  });

  test('lists the GPUs of all exporters, those that two of them tell once', async () => {
    const text = readFileSync(new URL('../gpu-fixtures/dcgm-new.prom', import.meta.url), 'utf8');
    const pages = [text, text, text.replaceAll('GPU-', 'GPU-other-')];
    const servers = pages.map((page) => createServer((_request, response) => response.end(page)));
    const dcgm = await Promise.all(
      servers.map(async (server) => {
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        cleanups.push(() => server.close());
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
      }),
    );
    const observed = new Observed({}, { sources: ['dcgm'], dcgm });
    await observed.until(() => observed.blocks.length >= 1);
    const { devices, perNode } = inventoryOf(observed);
    const uuids = devices.map(({ device }) => device.uuid);
    expect(new Set(uuids).size).toBe(uuids.length);
    const others = uuids.filter((uuid) => uuid.includes('GPU-other-'));
    expect(others).toHaveLength(uuids.length / 2);
    expect(perNode).toHaveLength(2);
    expect(perNode[0]).toBe(perNode[1]);
  });

  test('lists no GPU any more that its exporter has ceased to tell of, and still all while it tells of none', async () => {
    const line = (gpu: number, watts: number): string =>
      `DCGM_FI_DEV_POWER_USAGE{gpu="${gpu}",UUID="GPU-0000000${gpu}-0000"} ${watts}\n`;
    let page = line(0, 70) + line(1, 71);
    const server = createServer((_request, response) => response.end(page));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    const dcgm = [`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`];
    const observed = new Observed({}, { sources: ['dcgm'], dcgm });
    const listed = async (): Promise<readonly string[]> => {
      await observed.sampler.flush(5_000);
      const told = observed.blocks.findLast(({ inventoryJson }) => inventoryJson !== '')?.inventoryJson ?? '{}';
      return (JSON.parse(told) as InventoryReport).devices.map(({ device }) => device.uuid);
    };
    await observed.until(() => observed.blocks.length >= 1);
    expect(await listed()).toHaveLength(2);
    page = '# nothing yet\n';
    await observed.until(() => (observed.blocks.at(-1)?.exporters[0]?.answers ?? 0) > 0);
    expect(await listed()).toHaveLength(2);
    page = line(0, 72);
    await expect.poll(listed, { timeout: 10_000 }).toEqual(['GPU-00000000-0000']);
  }, 20_000);

  test('of two exporters of which one goes away says so once', async () => {
    const text = readFileSync(new URL('../gpu-fixtures/dcgm-new.prom', import.meta.url), 'utf8');
    const servers = [1, 2].map(() => createServer((_request, response) => response.end(text)));
    const dcgm = await Promise.all(
      servers.map(async (server) => {
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
      }),
    );
    cleanups.push(() => servers[1]?.close());
    const observed = new Observed({}, { sources: ['dcgm'], dcgm });
    await observed.until(() => observed.blocks.length >= 1);
    servers[0]?.close();
    servers[0]?.closeAllConnections();
    const told = () => observed.blocks.filter(({ inventoryJson }) => inventoryJson !== '');
    await observed.until(() => told().length >= 2);
    const since = observed.blocks.length;
    await observed.until(() => observed.blocks.length >= since + 3);
    expect(told()).toHaveLength(2);
    expect(told().at(-1)?.inventoryJson).toContain('ECONNREFUSED');
  });

  testWith('cc', 'that is killed leaves a gap with its reason, and another goes on', async () => {
    const observed = new Observed(stubbed('a100', 1).env);
    await observed.until(() => observed.blocks.length >= 2);
    observed.children[0]?.kill('SIGKILL');
    await observed.until(() => observed.gaps.length === 1);
    const before = observed.blocks.length;
    await observed.until(() => observed.blocks.length > before);
    expect(observed.gaps[0]?.loss.reason).toBe('killed');
    expect(observed.gaps[0]?.loss.message).toBe('the sampler was ended by SIGKILL');
  });

  testWith('cc', 'that is stopped, or hangs in a call of the driver, is killed after two beats', async () => {
    const stub = stubbed('a100', 1);
    const observed = new Observed(stub.env);
    await observed.until(() => observed.blocks.length >= 2);
    stub.behave('slow');
    await observed.until(() => observed.gaps.length === 1);
    expect(observed.gaps[0]?.loss.reason).toBe('hung');
    expect(observed.children).toHaveLength(2);
    expect(isAlive(observed.children[0]?.pid ?? 0)).toBe(false);
  });

  testWith('cc', 'that does not answer at the end of a trial leaves a gap before it is known to hang', async () => {
    const stub = stubbed('a100', 1);
    const observed = new Observed(stub.env);
    await observed.until(() => observed.blocks.length >= 2);
    const spoken = observed.blocks.at(-1)?.toNs ?? 0;
    observed.children[0]?.kill('SIGSTOP');
    await observed.sampler.flush(300);
    expect(observed.gaps).toHaveLength(1);
    const [gap] = observed.gaps;
    expect(gap?.loss).toEqual({ reason: 'hung', message: 'the sampler did not answer when the trial ended' });
    expect(gap?.fromNs).toBeGreaterThanOrEqual(spoken);
    expect(gap?.toNs).toBeGreaterThan(gap?.fromNs ?? Number.POSITIVE_INFINITY);
    expect(observed.children).toHaveLength(1);
  });

  testWith('cc', 'whose driver ends the process is a gap, and no harm to the agent', async () => {
    const stub = stubbed('a100', 1);
    const observed = new Observed(stub.env);
    await observed.until(() => observed.blocks.length >= 2);
    stub.behave('crash');
    await observed.until(() => observed.gaps.length === 1);
    expect(observed.gaps[0]?.loss.reason).toBe('killed');
    expect(observed.gaps[0]?.loss.message).toContain('SIGABRT');
  });

  for (const [trouble, reason] of [
    ['hang', 'hung'],
    ['flood', 'flooding'],
    ['rubbish', 'rubbish'],
    ['crash', 'killed'],
  ] as const) {
    test(`that does nothing but ${trouble} is a gap by that name`, async () => {
      const observed = new Observed({ TROUBLE: trouble }, {}, TROUBLE);
      await observed.until(() => observed.gaps.length === 1);
      expect(observed.gaps[0]?.loss.reason).toBe(reason);
      observed.sampler.close();
    }, 20_000);
  }

  test('ends when its agent’s pipe closes', async () => {
    const observed = new Observed({}, { sources: [] });
    await observed.until(() => observed.blocks.length >= 1);
    const [child] = observed.children;
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child?.stdin?.end();
    await ended;
    expect(inventoryOf(observed)).toMatchObject({ devices: [], sources: [{ name: 'none' }] });
  });

  test('without the library reads the loop of nvidia-smi', async () => {
    const tools = fakeTools({ 'nvidia-smi': fakeNvidiaSmi('the same') });
    cleanups.push(() => tools.remove());
    const observed = new Observed(tools.env);
    await observed.until(() => observed.samples.length >= 8);
    expect(inventoryOf(observed).sources).toEqual([{ name: 'nvidia-smi', fault: null }]);
    expect(
      inventoryOf(observed).devices.some(({ device }) => device.parent !== null),
      'MIG instances',
    ).toBe(true);
    expect(observed.samples[0]?.readings['power.draw']).toEqual({ kind: 'number', value: 68.2 });
    const rows = observed.blocks.at(-1)?.processes?.rows;
    expect(rows).toMatchObject([
      { pid: 4711, name: 'serve --a & --b', usedBytes: 1288 * 2 ** 20, standing: 'foreign' },
    ]);
    expect(inventoryOf(observed).devices.map(({ device }) => device.uuid)).toContain(rows?.[0]?.device);
  });

  test('without the library answers with a reading that was taken after it was asked', async () => {
    const tools = fakeTools({ 'nvidia-smi': fakeNvidiaSmi('the same') });
    cleanups.push(() => tools.remove());
    const observed = new Observed(tools.env);
    await observed.until(() => observed.samples.length >= 8);
    const asked = Number(process.hrtime.bigint());
    const before = observed.blocks.length;
    await observed.sampler.flush(5_000);
    const after = observed.blocks.slice(before).flatMap(({ samples }) => samples);
    const devices = after.flatMap(({ atNs, device }) => ((atNs ?? 0) >= asked ? [device.index] : []));
    expect(new Set(devices)).toEqual(new Set([0, 1]));
    expect(observed.blocks.at(-1)?.inventoryJson).not.toBe('');
  }, 20_000);

  test('without the library sees who comes while it watches, and that he left', async () => {
    const apps = join(freshFolder(), 'apps');
    const [gpu] = gpusOf(1);
    const tools = fakeNvidiaSmiOf(gpu === undefined ? [] : [gpu], apps);
    cleanups.push(() => tools.remove());
    const observed = new Observed(tools.env);
    const rows = () => observed.blocks.at(-1)?.processes?.rows;
    await observed.until(() => observed.samples.length >= 2);
    await observed.until(() => rows()?.length === 0);
    writeFileSync(apps, `${gpu?.uuid}, 1, /sbin/init, 1288 MiB\n`);
    await observed.until(() => rows()?.length === 1);
    expect(rows()).toMatchObject([
      { device: gpu?.uuid, pid: 1, name: '/sbin/init', usedBytes: 1288 * 2 ** 20, standing: 'foreign' },
    ]);
    rmSync(apps);
    await observed.until(() => rows()?.length === 0);
  }, 20_000);

  test('without the library leaves no tool running when it is ended, though nobody computes and nothing is printed', async () => {
    const tools = fakeNvidiaSmiOf(gpusOf(1));
    cleanups.push(() => tools.remove());
    const observed = new Observed(tools.env);
    await observed.until(() => observed.blocks.at(-1)?.processes?.rows.length === 0);
    const started = descendants(observed.children[0]?.pid ?? 0);
    expect(started.length).toBeGreaterThanOrEqual(2);
    observed.sampler.close();
    await expect.poll(() => started.filter(({ pid }) => isAlive(pid)), { timeout: 5_000 }).toEqual([]);
  }, 20_000);

  test('without the library says of a GPU that fell off the bus that it is lost', async () => {
    const header = 'timestamp, index, uuid, pci.bus_id, power.draw [W]';
    const tools = fakeTools({
      'nvidia-smi': `
case "$*" in
  *-q\\ -x*|*--query-compute-apps*) exit 0 ;;
  *) echo '${header}'
    for round in 1 2 3; do
      echo '2026/11/28 10:00:00.000, 0, GPU-00000000-0000, 00000000:07:00.0, 71.5'
      echo '2026/11/28 10:00:00.000, 1, GPU-00000001-0000, 00000000:0B:00.0, 72.5'
      sleep 0.2
    done
    echo 'Unable to determine the device handle for GPU 0000:0B:00.0: GPU is lost.  Reboot the system to recover this GPU' >&2
    exit 15 ;;
esac`,
    });
    cleanups.push(() => tools.remove());
    const observed = new Observed(tools.env);
    const lost = (): readonly DeviceSample[] =>
      observed.samples.filter(({ readings }) => {
        const power = readings['power.draw'];
        return power?.kind === 'missing' && power.reason === 'gpu_lost';
      });
    await observed.until(() => lost().length > 0);
    expect(lost().map(({ device }) => device.uuid)).toEqual(['GPU-00000001-0000']);
  }, 20_000);

  test('starts nvidia-smi anew for each row where its loop prints errors from the second row on', async () => {
    const tools = fakeTools({ 'nvidia-smi': fakeNvidiaSmi('unknown errors') });
    cleanups.push(() => tools.remove());
    const observed = new Observed(tools.env);
    await observed.until(() => observed.samples.filter(({ device }) => device.index === 0).length >= 3);
    const numbers = observed.samples.filter(({ readings }) => readings['power.draw']?.kind === 'number');
    expect(numbers.length).toBeGreaterThanOrEqual(observed.samples.length - 2);
  });

  testWith('cc', 'takes activity from dcgm-exporter and all else from NVML, each with its source', async () => {
    let sm = 0.5;
    const server = createServer((_, response) => {
      sm += 0.001;
      const labels = 'gpu="0",UUID="GPU-00000000-0000-4000-8000-000000000000",modelName="NVIDIA A100-SXM4-40GB"';
      response.end(
        `DCGM_FI_PROF_SM_ACTIVE{${labels}} ${sm.toFixed(4)}\nDCGM_FI_DEV_POWER_USAGE{${labels}} ${sm.toFixed(4)}\n`,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    const observed = new Observed(stubbed('a100', 1).env, { sources: ['nvml', 'dcgm'], dcgm: [url] });
    const active = () => observed.samples.filter(({ readings }) => readings['activity.sm'] !== undefined);
    await observed.until(() => active().length >= 2);
    expect(active().every(({ source }) => source === 'dcgm-exporter')).toBe(true);
    const late = observed.blocks.slice(1).flatMap(({ samples }) => samples);
    const power = late.filter(({ readings }) => readings['power.draw'] !== undefined);
    expect(power.every(({ source }) => source === 'nvml')).toBe(true);
  });

  testWith('cc', 'tells a MIG instance of NVML and its activity by dcgm-exporter as one device', async () => {
    let sm = 0.5;
    const server = createServer((_, response) => {
      sm += 0.001;
      const labels = 'gpu="0",UUID="GPU-00000000-0000-4000-8000-000000000000",GPU_I_PROFILE="3g.20gb",GPU_I_ID="1"';
      response.end(`DCGM_FI_PROF_SM_ACTIVE{${labels}} ${sm.toFixed(4)}\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    const observed = new Observed(stubbed('a100-mig', 1).env, { sources: ['nvml', 'dcgm'], dcgm: [url] });
    const told = (metric: 'activity.sm' | 'memory.used') =>
      observed.samples.find(({ device, readings }) => device.index === 0 && device.parent !== null && readings[metric]);
    await observed.until(() => told('activity.sm') !== undefined && told('memory.used') !== undefined);
    expect(told('activity.sm')).toMatchObject({ source: 'dcgm-exporter', device: told('memory.used')?.device });
    expect(inventoryOf(observed).devices).toHaveLength(3);
  });

  testWith(
    'cc',
    'takes activity from the stream of dcgmi where there is no exporter, for the GPUs of NVML',
    async () => {
      const rows = ['GPU 0     0.512        0.310', 'GPU 1     0.250        0.100'];
      const loop = `while sleep 0.1; do\n${rows.map((row) => `echo '${row}'`).join('\n')}\ndone`;
      const tools = fakeTools({ dcgmi: `echo '#Entity   SMACT        TENSO'\necho 'ID'\n${loop}` });
      cleanups.push(() => tools.remove());
      const observed = new Observed({ ...tools.env, ...stubbed('a100', 2).env }, { sources: ['nvml', 'dcgm'] });
      const active = () => observed.samples.filter(({ readings }) => readings['activity.sm']?.kind === 'number');
      await observed.until(() => active().length >= 4);
      expect(inventoryOf(observed).sources.map(({ name }) => name)).toEqual(['nvml', 'dcgmi']);
      expect(active().every(({ source }) => source === 'dcgmi')).toBe(true);
      expect(new Set(active().map(({ device }) => device.uuid))).toEqual(
        new Set([0, 1].map((index) => `GPU-00000000-0000-4000-8000-00000000000${index}`)),
      );
    },
  );

  test('reads the GPUs of another make by their own tool', async () => {
    const list = '[{"gpu": 0, "bdf": "0000:05:00.0", "uuid": "11ff74b5-0000-1000-8000-000000000001"}]';
    const metric = '[{"gpu": 0, "power": {"socket_power": {"value": 239, "unit": "W"}}}]';
    const tools = fakeTools({ 'amd-smi': `case "$1" in list) echo '${list}' ;; *) echo '${metric}' ;; esac` });
    cleanups.push(() => tools.remove());
    const observed = new Observed(tools.env, { sources: ['nvml', 'amd-smi'] });
    await observed.until(() => observed.samples.length >= 2);
    expect(observed.samples[0]).toMatchObject({
      source: 'amd-smi',
      device: { uuid: 'GPU-11ff74b5-0000-1000-8000-000000000001' },
      readings: { 'power.draw': { kind: 'number', value: 239 } },
    });
  });

  test('tells how the servers of pages answer, and how far their clocks are from the node’s', async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      response.statusCode = ++asked % 2 === 0 ? 500 : 200;
      response.setHeader('date', new Date(Date.now() - 90_000).toUTCString());
      response.end('requests_total 7\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    const observed = new Observed({}, { sources: [], pages: [{ url, metrics: [] }] });
    const news = () => observed.blocks.flatMap(({ exporters }) => exporters);
    const sum = (of: 'answers' | 'failures') => news().reduce((all, one) => all + one[of], 0);
    await observed.until(() => sum('answers') >= 2 && sum('failures') >= 1);
    expect(news().find(({ fault }) => fault !== null)).toMatchObject({ url, fault: 'found status 500, expected 200' });
    const clock = news().at(-1)?.clock;
    expect(clock?.leastMs).toBeLessThanOrEqual(-90_000);
    expect(clock?.mostMs).toBeGreaterThanOrEqual(-90_000);
    expect((clock?.mostMs ?? 0) - (clock?.leastMs ?? 0)).toBeLessThan(10_000);
  }, 20_000);

  test('says why a page does not come: what of the connection failed', async () => {
    const url = `http://127.0.0.1:${await freePort()}/metrics`;
    const observed = new Observed({}, { sources: ['dcgm'], dcgm: [url], pages: [{ url, metrics: [] }] });
    const faults = () => observed.blocks.flatMap(({ exporters }) => exporters.flatMap(({ fault }) => fault ?? []));
    await observed.until(() => faults().length >= 1);
    expect(faults()[0]).toMatch(/^connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
    expect(inventoryOf(observed).refused).toEqual([expect.stringMatching(`^${url}: connect ECONNREFUSED`)]);
  }, 20_000);
});
