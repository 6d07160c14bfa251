import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as net from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { NodeFacts } from '../../../../src/agent/node-facts.ts';
import { limitFacts, parseOpenFiles } from '../../../../src/cli/doctor/limits.ts';
import { commandRunner } from '../../../../src/cli/doctor/machine.ts';
import { loopbackProblem, networkFacts, parsePortRange } from '../../../../src/cli/doctor/network.ts';
import { spun } from '../../../../src/cli/doctor/noise.ts';
import { processorFacts } from '../../../../src/cli/doctor/processor.ts';
import { folderFacts } from '../../../../src/cli/doctor/storage.ts';
import { toolFacts } from '../../../../src/cli/doctor/tools.ts';
import { ns } from '../../../../src/time/ns.ts';
import { freshFolder } from '../../../support/loadcell.ts';
import { gpusSeen, SOUND_MACHINE } from '../../../support/machine-facts.ts';

const files = (texts: Readonly<Record<string, string>>) => ({ readText: (path: string) => texts[path] ?? null });

const node: NodeFacts = {
  id: 'bench-1',
  key: 'sha256:0',
  cpu: { ...SOUND_MACHINE.processor.cpu, logical: 2 },
  memoryBytes: 2 ** 34,
  os: { platform: 'linux', name: null, kernel: '6.18' },
  cgroup: { cpus: 1.5, memoryBytes: 2 ** 31 },
  machine: { virtual: true, hypervisor: 'kvm' },
  clockSource: 'tsc',
  node: '26.10.0',
  onnxruntime: null,
  loadcell: '0.1.0',
};

const CPUS = '/sys/devices/system/cpu';

test.each([
  [{ [`${CPUS}/intel_pstate/no_turbo`]: '0\n' }, 'on'],
  [{ [`${CPUS}/intel_pstate/no_turbo`]: '1\n', [`${CPUS}/cpufreq/boost`]: '1\n' }, 'off'],
  [{ [`${CPUS}/cpufreq/boost`]: '1\n' }, 'on'],
  [{ [`${CPUS}/cpufreq/boost`]: '0\n' }, 'off'],
  [{}, null],
])('turbo as the kernel tells it: %j is %s', (texts, turbo) => {
  expect(processorFacts(node, files(texts)).turbo).toBe(turbo);
});

test('every CPU tells its governor', () => {
  const texts = {
    [`${CPUS}/cpu0/cpufreq/scaling_governor`]: 'performance\n',
    [`${CPUS}/cpu1/cpufreq/scaling_governor`]: 'powersave\n',
  };
  expect(processorFacts(node, files(texts)).governors).toEqual(['performance', 'powersave']);
});

test('limits come from the cgroup, whichever version it is', () => {
  const meminfo = 'MemTotal: 16000 kB\nMemAvailable:    8000 kB\n';
  const limits =
    'Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 1048576   files\n';
  const texts = { '/proc/meminfo': meminfo, '/proc/self/limits': limits };
  const version2 = files({
    ...texts,
    '/proc/self/cgroup': '0::/pod\n',
    '/sys/fs/cgroup/pod/cpu.stat': 'nr_throttled 3\nthrottled_usec 2500\n',
    '/sys/fs/cgroup/pod/memory.current': '4096\n',
  });
  const version1 = files({
    ...texts,
    '/proc/self/cgroup': '4:memory:/pod\n1:cpu,cpuacct:/pod\n',
    '/sys/fs/cgroup/cpu,cpuacct/pod/cpu.stat': 'nr_throttled 3\nthrottled_time 2500000\n',
    '/sys/fs/cgroup/memory/pod/memory.usage_in_bytes': '4096\n',
  });
  for (const machine of [version1, version2]) {
    expect(limitFacts(node, machine)).toEqual({
      cpus: 1.5,
      availableCpus: 8,
      throttledUs: 2500,
      memoryBytes: 2 ** 34,
      memoryAvailableBytes: 8_192_000,
      memoryLimitBytes: 2 ** 31,
      memoryUsedBytes: 4096,
      openFiles: 1024,
    });
  }
});

test('what the system does not tell is null', () => {
  expect(limitFacts(node, files({}))).toMatchObject({ throttledUs: null, memoryAvailableBytes: null, openFiles: null });
  expect(parseOpenFiles('Max open files            unlimited            unlimited   files\n')).toBe(
    Number.POSITIVE_INFINITY,
  );
  expect(parsePortRange('')).toBeNull();
});

test('ports and a loopback that works', async () => {
  const machine = files({ '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n' });
  expect(await networkFacts(machine, net)).toEqual({ ports: { first: 32_768, last: 60_999 }, loopbackProblem: null });
});

test('a port that cannot be had is a problem in words', async () => {
  const refusing = {
    ...net,
    createServer: () => {
      const server = net.createServer();
      server.listen = () => {
        queueMicrotask(() => server.emit('error', new Error('listen EACCES: permission denied 127.0.0.1')));
        return server;
      };
      return server;
    },
  } as typeof net;
  expect(await loopbackProblem(refusing)).toBe('listen EACCES: permission denied 127.0.0.1');
});

test('a folder is tried by making a file, which is gone afterwards', async () => {
  const folder = freshFolder();
  const found = await folderFacts(folder, '.probe', fs);
  expect(found).toMatchObject({ path: folder, problem: null });
  expect(found.freeBytes).toBeGreaterThan(0);
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that is not there yet is tried where it would be made, and not made', async () => {
  const folder = freshFolder();
  expect(await folderFacts(join(folder, 'a', 'b'), '.probe', fs)).toMatchObject({ problem: null });
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(join(folder, 'file'), '');
  expect((await folderFacts(join(folder, 'file', 'results'), '.probe', fs)).problem).toMatch(/ENOTDIR/);
});

const run = commandRunner(execFile, 500);

test.each([
  ['answers', ['-c', 'echo v1'], { kind: 'answered', stdout: 'v1\n' }],
  ['fails with words', ['-c', 'echo "no driver" >&2; exit 9'], { kind: 'failed', why: 'no driver' }],
  ['fails without a word', ['-c', 'exit 9'], { kind: 'failed', why: 'ended with exit 9' }],
  [
    'leaves something behind that holds its output',
    ['-c', 'sleep 5; true'],
    { kind: 'failed', why: 'gave no answer within 0.5 s' },
  ],
  ['hangs', ['-c', 'exec sleep 5'], { kind: 'failed', why: 'gave no answer within 0.5 s' }],
])('a command that %s', async (_, args, end) => {
  expect(await run('/bin/sh', args)).toEqual(end);
});

test('a command that is not there, and one that may not be run', async () => {
  const folder = freshFolder();
  expect(await run('loadcell-no-such-command', [])).toEqual({ kind: 'absent' });
  mkdirSync(join(folder, 'tool'));
  expect(await run(join(folder, 'tool'), [])).toMatchObject({ kind: 'failed' });
});

test('tools are asked for themselves, never for a server', async () => {
  const asked: string[] = [];
  const facts = await toolFacts({
    run: async (command, args) => {
      asked.push([command, ...args].join(' '));
      return { kind: 'absent' };
    },
    gpus: async (sources) => {
      asked.push(sources.join(' '));
      return gpusSeen('none');
    },
    exists: (path) => path === '/dev/nvidiactl',
    k6: async () => 'found no k6',
  });
  expect(asked.sort()).toEqual([
    'kubectl config current-context',
    'kubectl version --client',
    'nvidia-smi -L',
    'nvml dcgm amd-smi',
    'sinfo --version',
    'srun --version',
  ]);
  expect(facts).toMatchObject({ hasGpuDevice: true });
});

test('a spinning thread adds up the gaps in which it did not run', () => {
  // Steps of 1 us, and two gaps: of 50 us, an ordinary interrupt, and of 300 us.
  let now = 0;
  let reading = 0;
  const clock = {
    now: () => {
      reading++;
      now += reading === 10 ? 50_000 : reading === 20 ? 300_000 : 1_000;
      return ns(now);
    },
    sleepUntil: async () => {},
  };
  const { lost, longestNs } = spun(clock, 1_000_000);
  expect(longestNs).toBe(300_000);
  expect(lost).toBeCloseTo(0.3, 2);
});
