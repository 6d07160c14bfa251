import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ANY_INSTANCE, type Instance } from '../../src/campaign/instance.ts';
import type { Handle } from '../../src/engines/engine.ts';
import { LocalEngine, type Spawn } from '../../src/engines/local.ts';
import { parseIdentity } from '../../src/engines/process-identity.ts';
import { toolCaller } from '../../src/engines/tool.ts';
import type { NonEmpty } from '../../src/scenarios/phase.ts';
import { milliseconds, seconds } from '../../src/time/ns.ts';
import { describeEngine, type EngineBench, ended, placeOf } from '../support/engine-conformance.ts';
import { eventually } from '../support/eventually.ts';
import { FakeCoordinator } from '../support/fake-coordinator.ts';
import { type FakeGpu, fakeNvidiaSmiOf } from '../support/fake-gpus.ts';

const pidOf = (handle: Handle, index: number): number =>
  parseIdentity(handle.members.find((member) => member.index === index)?.id ?? '')?.pid ?? Number.NaN;

interface LocalBench extends EngineBench {
  readonly folder: string;
  readonly spawned: readonly ChildProcess[];
  engine(): LocalEngine;
}

async function openBench(more: Readonly<Record<string, string>> = {}): Promise<LocalBench> {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-engine-'));
  const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), ...more };
  const spawned: ChildProcess[] = [];
  const spawnAndKeep: Spawn = (...args) => {
    const child = spawn(...args);
    spawned.push(child);
    return child;
  };
  return {
    folder,
    spawned,
    engine: () =>
      new LocalEngine({
        spawn: spawnAndKeep,
        env,
        call: toolCaller(execFile, env, 10_000),
        stateFolder: join(folder, 'places'),
        freeWithinMs: 500,
      }),
    address: (port) => `127.0.0.1:${port}`,
    killMember: (handle, index) => process.kill(pidOf(handle, index), 'SIGKILL'),
    stopMember: (handle, index) => process.kill(pidOf(handle, index), 'SIGSTOP'),
    close: async () => rmSync(folder, { recursive: true }),
  };
}

describeEngine('local', () => openBench());

test.skipIf(process.platform !== 'linux')('the run’s token stands in no argument and no environment', async () => {
  const bench = await openBench();
  const coordinator = new FakeCoordinator();
  await coordinator.listen();
  const engine = bench.engine();
  const token = 'a secret to look for';
  const group = placeOf({ runId: 'quiet', indices: [0], coordinator: bench.address(coordinator.port), token });
  const handle = await engine.submit(group, { runId: 'quiet', attempt: 1 });
  const { pid, token: given } = await coordinator.heard('register');
  expect(given).toBe(token);
  for (const file of ['cmdline', 'environ']) {
    expect(readFileSync(`/proc/${pid}/${file}`, 'utf8')).not.toContain('secret');
  }
  await engine.cancel(handle, milliseconds(0));
  coordinator.close();
  await bench.close();
});

test('what earlier coordinators left behind is forgotten once none of their agents runs', async () => {
  const bench = await openBench();
  const engine = bench.engine();
  const handle = await engine.submit(
    placeOf({ runId: 'died', indices: [0], coordinator: bench.address(1), token: 't' }),
    { runId: 'died', attempt: 1 },
  );
  const gone = ended(engine, handle);
  bench.killMember(handle, 0);
  await gone;
  const files = (): string[] => readdirSync(join(bench.folder, 'places'));
  expect(files()).toEqual(['died-1.json']);
  const next = await bench
    .engine()
    .submit(placeOf({ runId: 'next', indices: [0], coordinator: bench.address(1), token: 't' }), {
      runId: 'next',
      attempt: 1,
    });
  expect(files()).toEqual(['next-1.json']);
  await bench.engine().cancel(next, milliseconds(0));
  expect(files()).toEqual([]);
  await bench.close();
});

test('what killed runs never delivered is removed by the next run, and what a living run keeps is not', async () => {
  const bench = await openBench();
  const place = (runId: string, engine: LocalEngine) =>
    engine.submit(placeOf({ runId, indices: [0], coordinator: bench.address(1), token: 't' }), { runId, attempt: 1 });
  const keep = (runId: string): void => {
    mkdirSync(join(bench.folder, 'places', `${runId}.spool`));
    writeFileSync(join(bench.folder, 'places', `${runId}.spool`, '0-1-ab.spool'), 'never acknowledged');
  };
  const engine = bench.engine();
  const dead = await place('dead', engine);
  const living = await place('living', bench.engine());
  for (const runId of ['dead', 'living', 'long-ago', 'next']) keep(runId);
  const gone = ended(engine, dead);
  bench.killMember(dead, 0);
  await gone;
  const next = await place('next', bench.engine());
  const files = readdirSync(join(bench.folder, 'places')).sort();
  expect(files).toEqual(['living-1.json', 'living.spool', 'next-1.json', 'next.spool']);
  for (const handle of [living, next]) await bench.engine().cancel(handle, milliseconds(0));
  await bench.close();
});

test('an agent whose coordinator is not there yet ends as soon as it is cancelled', async () => {
  const bench = await openBench();
  const engine = bench.engine();
  const group = placeOf({ runId: 'early', indices: [0], coordinator: bench.address(1), token: 't' });
  const handle = await engine.submit(group, { runId: 'early', attempt: 1 });
  const before = performance.now();
  await engine.cancel(handle, seconds(20));
  expect(performance.now() - before).toBeLessThan(3000);
  await bench.close();
});

test('an agent that was started ahead fills the first place, and one that has died meanwhile fills none', async () => {
  const bench = await openBench();
  const coordinator = new FakeCoordinator();
  await coordinator.listen();
  const engine = bench.engine();
  engine.startAhead();
  const address = bench.address(coordinator.port);
  const handle = await engine.submit(
    placeOf({ runId: 'ahead', indices: [1, 2], coordinator: address, token: 'secret' }),
    { runId: 'ahead', attempt: 1 },
  );
  expect(handle.members.map(({ index }) => pidOf(handle, index))).toEqual(bench.spawned.map(({ pid }) => pid));
  const registrations = [await coordinator.heard('register'), await coordinator.heard('register')];
  expect(registrations.map(({ index, token }) => `${index} ${token}`).toSorted()).toEqual(['1 secret', '2 secret']);
  await engine.cancel(handle, milliseconds(0));

  engine.startAhead();
  const dead = bench.spawned[2] as ChildProcess;
  dead.kill('SIGKILL');
  await once(dead, 'exit');
  const next = await engine.submit(placeOf({ runId: 'ahead', indices: [0], coordinator: address, token: 'secret' }), {
    runId: 'ahead',
    attempt: 2,
  });
  expect(pidOf(next, 0)).toBe(bench.spawned[3]?.pid);
  await engine.cancel(next, milliseconds(0));
  coordinator.close();
  await bench.close();
});

test('an agent that was started ahead ends by itself when there will be no place for it', async () => {
  const bench = await openBench();
  bench.engine().startAhead();
  const [agent] = bench.spawned as [ChildProcess];
  agent.stdin?.end();
  expect(await once(agent, 'exit')).toEqual([0, null]);
  await bench.close();
});

const A100 = 'NVIDIA A100-SXM4-40GB';
const GPUS: readonly FakeGpu[] = [
  { uuid: 'GPU-0000aaaa', name: A100 },
  { uuid: 'GPU-1111bbbb', name: A100 },
  { uuid: 'GPU-2222cccc', name: A100, instances: [{ uuid: 'MIG-3333dddd', profile: '3g.20gb' }] },
];

test.skipIf(process.platform !== 'linux')(
  'every agent sees its own GPUs by UUID, and nobody those of another run',
  async () => {
    const tools = fakeNvidiaSmiOf(GPUS);
    const bench = await openBench(tools.env);
    const coordinator = new FakeCoordinator();
    await coordinator.listen();
    const groupOf = (runId: string, indices: NonEmpty<number>, change: Partial<Instance> = {}) => ({
      ...placeOf({ runId, indices, coordinator: bench.address(coordinator.port), token: 't' }),
      instance: { ...ANY_INSTANCE, gpu: 'A100-SXM4-40GB', gpusPerAgent: 1, ...change },
    });
    const first = bench.engine();
    const handle = await first.submit(groupOf('first', [0, 1]), { runId: 'first', attempt: 1 });
    const seen = [await coordinator.heard('register'), await coordinator.heard('register')].map(({ pid, index }) => {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      return `${index} ${environment.find((line) => line.startsWith('CUDA_VISIBLE_DEVICES='))}`;
    });
    expect(seen.sort()).toEqual(['0 CUDA_VISIBLE_DEVICES=GPU-0000aaaa', '1 CUDA_VISIBLE_DEVICES=GPU-1111bbbb']);
    expect(await first.status(handle)).toMatchObject({
      members: [{ gpus: ['GPU-0000aaaa'] }, { gpus: ['GPU-1111bbbb'] }],
    });
    const second = bench.engine();
    const one = groupOf('second', [0]);
    await expect(second.submit(one, { runId: 'second', attempt: 1 })).rejects.toThrow('no GPU is free for agent 0');
    bench.killMember(handle, 1);
    await eventually('the lock of a dead agent to be nobody’s', async () => {
      const status = await first.status(handle);
      return 'members' in status && status.members[1]?.state.kind === 'ended';
    });
    const freed = await second.submit(one, { runId: 'second', attempt: 1 });
    expect(freed.members[0]?.gpus).toEqual(['GPU-1111bbbb']);
    const cut = await second.submit(groupOf('mig', [0], { gpu: 'MIG 3g.20gb' }), { runId: 'mig', attempt: 1 });
    expect(cut.members[0]?.gpus).toEqual(['MIG-3333dddd']);
    for (const one of [handle, freed, cut]) await second.cancel(one, milliseconds(0));
    coordinator.close();
    await bench.close();
    tools.remove();
  },
);

test.skipIf(process.platform !== 'linux')('agents that are pinned run on processors of their own', async () => {
  const bench = await openBench();
  const coordinator = new FakeCoordinator();
  await coordinator.listen();
  const engine = bench.engine();
  const group = (runId: string, indices: NonEmpty<number>, cpus: number) => ({
    ...placeOf({ runId, indices, coordinator: bench.address(coordinator.port), token: 't' }),
    instance: { ...ANY_INSTANCE, cpus, pin: 'cpus' as const },
  });
  const handle = await engine.submit(group('pinned', [0, 1], 1), { runId: 'pinned', attempt: 1 });
  const allowed = [await coordinator.heard('register'), await coordinator.heard('register')].map(
    ({ pid }) => /^Cpus_allowed_list:\s*(\d+)$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
  );
  expect(new Set(allowed).size).toBe(2);
  expect(handle.members.map(({ cpus }) => cpus?.[0]).sort()).toEqual(allowed.sort());
  const more = group('more', [0], availableParallelism() - 1);
  await expect(bench.engine().submit(more, { runId: 'more', attempt: 1 })).rejects.toThrow(
    /(fewer than \d+ processors to pin it to are|no processor to pin it to is) free for agent 0/,
  );
  await engine.cancel(handle, milliseconds(0));
  const freed = await bench.engine().submit(more, { runId: 'more', attempt: 2 });
  expect(freed.members[0]?.cpus).toHaveLength(availableParallelism() - 1);
  await bench.engine().cancel(freed, milliseconds(0));
  coordinator.close();
  await bench.close();
});

test('what this machine does not have is refused before anything starts', async () => {
  const tools = fakeNvidiaSmiOf(GPUS);
  const bench = await openBench(tools.env);
  const probe = (change: Partial<Instance>) =>
    bench.engine().probe({
      ...placeOf({ runId: 'r', indices: [0, 1], coordinator: bench.address(1), token: 't' }),
      instance: { ...ANY_INSTANCE, ...change },
    });
  expect(await probe({ gpu: 'A100-SXM4-40GB', gpusPerAgent: 1, cpus: 1, partition: 'a100' })).toMatchObject({
    kind: 'feasible',
    found: [
      expect.stringMatching(/^this machine: \d+ CPUs$/),
      'NVIDIA A100-SXM4-40GB (GPU-0000aaaa)',
      expect.any(String),
      expect.any(String),
    ],
  });
  for (const [change, message] of [
    [{ gpu: 'A100-SXM4-40GB', gpusPerAgent: 2 }, 'found 4 GPUs A100-SXM4-40GB, and this machine has 2 of them'],
    [{ gpu: 'H100', gpusPerAgent: 1 }, 'found 2 GPUs H100, and this machine has 0 of them'],
    [{ cpus: 4000 }, 'found 2 agents with 4000 CPUs each'],
    [{ memoryBytes: 2 ** 60 }, 'found 2 agents with 1073741824 GiB each'],
  ] as const)
    expect(await probe(change)).toMatchObject({
      kind: 'infeasible',
      problems: [{ code: 'no-room', message: expect.stringContaining(message) }],
    });
  await bench.close();
  tools.remove();
});
