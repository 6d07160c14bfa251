import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Handle } from '../../src/engines/engine.ts';
import { LocalEngine, type Spawn } from '../../src/engines/local.ts';
import { parseIdentity } from '../../src/engines/process-identity.ts';
import { milliseconds, seconds } from '../../src/time/ns.ts';
import { describeEngine, type EngineBench } from '../support/engine-conformance.ts';
import { FakeCoordinator } from '../support/fake-coordinator.ts';

const pidOf = (handle: Handle, index: number): number =>
  parseIdentity(handle.members.find((member) => member.index === index)?.id ?? '')?.pid ?? Number.NaN;

interface LocalBench extends EngineBench {
  readonly folder: string;
  readonly spawned: readonly ChildProcess[];
  engine(): LocalEngine;
}

async function openBench(): Promise<LocalBench> {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-engine-'));
  const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') };
  const spawned: ChildProcess[] = [];
  const spawnAndKeep: Spawn = (...args) => {
    const child = spawn(...args);
    spawned.push(child);
    return child;
  };
  return {
    folder,
    spawned,
    engine: () => new LocalEngine({ spawn: spawnAndKeep, env, stateFolder: join(folder, 'places') }),
    address: (port) => `127.0.0.1:${port}`,
    killMember: (handle, index) => process.kill(pidOf(handle, index), 'SIGKILL'),
    stopMember: (handle, index) => process.kill(pidOf(handle, index), 'SIGSTOP'),
    close: async () => rmSync(folder, { recursive: true }),
  };
}

describeEngine('local', openBench);

test.skipIf(process.platform !== 'linux')('the run’s token stands in no argument and no environment', async () => {
  const bench = await openBench();
  const coordinator = new FakeCoordinator();
  await coordinator.listen();
  const engine = bench.engine();
  const token = 'a secret to look for';
  const group = { runId: 'quiet', indices: [0], coordinator: bench.address(coordinator.port), token } as const;
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
    { runId: 'died', indices: [0], coordinator: bench.address(1), token: 't' },
    { runId: 'died', attempt: 1 },
  );
  const gone = new Promise((resolve) => engine.watch(handle, resolve));
  bench.killMember(handle, 0);
  await gone;
  const files = (): string[] => readdirSync(join(bench.folder, 'places'));
  expect(files()).toEqual(['died-1.json']);
  const next = await bench
    .engine()
    .submit({ runId: 'next', indices: [0], coordinator: bench.address(1), token: 't' }, { runId: 'next', attempt: 1 });
  expect(files()).toEqual(['next-1.json']);
  await bench.engine().cancel(next, milliseconds(0));
  expect(files()).toEqual([]);
  await bench.close();
});

test('what killed runs never delivered is removed by the next run, and what a living run keeps is not', async () => {
  const bench = await openBench();
  const place = (runId: string, engine: LocalEngine) =>
    engine.submit({ runId, indices: [0], coordinator: bench.address(1), token: 't' }, { runId, attempt: 1 });
  const keep = (runId: string): void => {
    mkdirSync(join(bench.folder, 'places', `${runId}.spool`));
    writeFileSync(join(bench.folder, 'places', `${runId}.spool`, '0-1-ab.spool'), 'never acknowledged');
  };
  const engine = bench.engine();
  const dead = await place('dead', engine);
  const living = await place('living', bench.engine());
  for (const runId of ['dead', 'living', 'long-ago', 'next']) keep(runId);
  const gone = new Promise((resolve) => engine.watch(dead, resolve));
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
  const group = { runId: 'early', indices: [0], coordinator: bench.address(1), token: 't' } as const;
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
    { runId: 'ahead', indices: [1, 2], coordinator: address, token: 'secret' },
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
  const next = await engine.submit(
    { runId: 'ahead', indices: [0], coordinator: address, token: 'secret' },
    { runId: 'ahead', attempt: 2 },
  );
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
