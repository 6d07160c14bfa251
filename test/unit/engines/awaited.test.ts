import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takePlace } from '../../../src/agent/join.ts';
import { ANY_INSTANCE } from '../../../src/campaign/instance.ts';
import { AwaitedEngine } from '../../../src/engines/awaited.ts';
import type { AgentGroup } from '../../../src/engines/engine.ts';
import type { NonEmpty } from '../../../src/scenarios/phase.ts';

let folder: string;
let engine: AwaitedEngine;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadcell-awaited-'));
  engine = new AwaitedEngine(folder);
});

afterEach(() => rmSync(folder, { recursive: true }));

const group = (runId: string, indices: NonEmpty<number>): AgentGroup => ({
  ...{ runId, indices, coordinator: '127.0.0.1:7070', token: 'secret' },
  ...{ instance: ANY_INSTANCE, stayNs: null },
});

const submit = (runId: string, indices: NonEmpty<number>, attempt = 1) =>
  engine.submit(group(runId, indices), { runId, attempt });

const take = () => takePlace(folder, 0, new AbortController().signal);

test('each place is taken once, whoever tries', async () => {
  await submit('run', [0, 1, 2]);
  const taken = await Promise.all(Array.from({ length: 8 }, take));
  const places = taken.filter((ticket) => ticket !== null);
  expect(places.map(({ index }) => index).sort()).toEqual([0, 1, 2]);
  expect(places[0]).toMatchObject({ coordinator: '127.0.0.1:7070', runId: 'run', attempt: 1, token: 'secret' });
  expect(readdirSync(folder)).toEqual([]);
});

test('a lost place is offered again, with its new attempt', async () => {
  await submit('run', [0, 1]);
  await take();
  await take();
  await submit('run', [1], 2);
  expect(await take()).toMatchObject({ index: 1, attempt: 2 });
});

test('places that nobody took go with their run, and what a dead coordinator left goes with the next one', async () => {
  const handle = await submit('run', [0]);
  await engine.cancel(handle);
  expect(readdirSync(folder)).toEqual([]);
  await submit('dead', [0, 1]);
  await submit('next', [0]);
  expect(readdirSync(folder)).toEqual(['next-0.join']);
});

test('a place that comes while an agent waits is taken', async () => {
  const waiting = takePlace(folder, 10_000, new AbortController().signal);
  await submit('run', [0]);
  expect(await waiting).toMatchObject({ index: 0 });
});

test('a join file that others may read is refused', async () => {
  await submit('run', [0]);
  const path = join(folder, 'run-0.join');
  chmodSync(path, 0o640);
  await expect(takePlace(path, 0, new AbortController().signal)).rejects.toThrow(
    `join file ${path}: found mode 0640, expected 0600: others must not read it`,
  );
});

test('a folder that cannot be one has no room', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const probe = await new AwaitedEngine(file).probe(group('r', [0]));
  expect(probe).toMatchObject({ kind: 'infeasible', problems: [{ code: 'no-permission' }] });
});
