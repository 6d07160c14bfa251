import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PLAIN_SESSION } from '../../src/campaign/target-spec.ts';
import { stageReferenceModel } from '../../src/models/stage.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { nodeMonotonic } from '../../src/time/monotonic.ts';
import { milliseconds } from '../../src/time/ns.ts';
import { decodeInterval } from '../../src/wire/interval-codec.ts';
import { prepared, runner } from '../support/held-runner.ts';
import { closedLoad, openLoad, phase, trialSpec } from '../support/trial-spec.ts';

const entry = fileURLToPath(new URL('../../src/agent/runner/main.ts', import.meta.url));
const troubleEntry = fileURLToPath(new URL('../support/trouble-runner.ts', import.meta.url));

test('a runner serves its share, reports sealed intervals without a gap, and ends by itself', async () => {
  const spec = trialSpec({ phases: [phase('load', 0, 1.2, openLoad(200, 1.2))], workers: 2, limits: [] });
  const { heard, ended, tell, hear } = await prepared(entry, spec);
  tell({ kind: 'arm', zero: nodeMonotonic() + 20_000_000n });
  expect(await hear('done')).toEqual({ kind: 'done', lastSeq: 1, server: null });
  expect(await ended).toEqual([0, null]);
  const intervals = heard.filter((message) => message.kind === 'interval');
  expect(intervals.map(({ seq }) => seq)).toEqual([0, 1]);
  const [first, last] = intervals.map(({ payload }) => decodeInterval(payload));
  expect(first).toMatchObject({ cell: 2, trial: 1, attempt: 1, agent: 0, startNs: 0n, endNs: 1_000_000_000n });
  expect(first?.last).toBe(false);
  expect(last).toMatchObject({ last: true, inFlight: 0n });
  const ok = [first, last].flatMap((each) => each?.slots ?? []).reduce((sum, s) => sum + (s.outcomes[0] ?? 0), 0);
  expect(ok).toBe(240);
  expect(last?.host?.pacingWallS).toBeGreaterThan(0);
  expect(first?.host?.rssBytes).toBeGreaterThan(0n);
});

test('a target that aborts the process ends the runner, and its agent sees the signal', async () => {
  const { ended, tell, heard } = await prepared(troubleEntry, trialSpec({ scenario: 'aborts' }));
  tell({ kind: 'arm', zero: nodeMonotonic() });
  expect(await ended).toEqual([null, 'SIGABRT']);
  expect(heard.some(({ kind }) => kind === 'done')).toBe(false);
});

test('a target that will not open is told as one sentence', async () => {
  const { hear, tell, ended } = runner(troubleEntry);
  tell({ kind: 'prepare', spec: trialSpec({ scenario: 'unheard-of' }) });
  expect(await hear('fault')).toEqual({
    kind: 'fault',
    code: 'target-setup',
    message: 'no target makes trouble as unheard-of',
  });
  await ended;
});

test('a runner dies with its agent, even in the middle of a request', async () => {
  const spec = trialSpec({ target: { kind: 'sleep', law: { kind: 'constant', ns: milliseconds(60_000) } } });
  const { child, ended, tell } = await prepared(entry, spec);
  tell({ kind: 'arm', zero: nodeMonotonic() });
  child.disconnect();
  expect(await ended).toEqual([null, 'SIGKILL']);
});

test('with a request still in flight after the drain the runner reports everything and kills itself', async () => {
  const spec = trialSpec({
    phases: [phase('load', 0, 0.1, openLoad(20, 0.1))],
    target: { kind: 'sleep', law: { kind: 'constant', ns: milliseconds(60_000) } },
    drainNs: milliseconds(100),
  });
  const { ended, heard, tell } = await prepared(entry, spec);
  tell({ kind: 'arm', zero: nodeMonotonic() });
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(heard.at(-1)?.kind).toBe('done');
  const [interval] = heard
    .filter((message) => message.kind === 'interval')
    .map(({ payload }) => decodeInterval(payload));
  expect(interval?.slots.map((slot) => slot.outcomes[Outcome.unfinished])).toEqual([1, 1]);
});

test('a stop before the start cancels every arrival', async () => {
  const { ended, heard, tell } = await prepared(entry, trialSpec());
  tell({ kind: 'stop', atNs: milliseconds(0) });
  expect(await ended).toEqual([0, null]);
  const [interval] = heard
    .filter((message) => message.kind === 'interval')
    .map(({ payload }) => decodeInterval(payload));
  expect(interval).toMatchObject({ last: true, slots: [], phases: [{ phase: 0, offered: 0, cancelled: 100n }] });
});

test('signals meant for the whole group leave the runner to its agent', async () => {
  const { child, ended, tell, heard } = await prepared(entry, trialSpec());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) child.kill(signal);
  tell({ kind: 'arm', zero: nodeMonotonic() });
  expect(await ended).toEqual([0, null]);
  expect(heard.at(-1)?.kind).toBe('done');
});

test('a model is served by every worker, and its sessions are closed before the runner ends', async () => {
  const cache = await fs.mkdtemp(join(tmpdir(), 'loadcell-runner-'));
  const { path, sha256 } = await stageReferenceModel('tiny-mlp', cache, fs);
  const target = {
    kind: 'onnx',
    model: { kind: 'reference', name: 'tiny-mlp', path, sha256 },
    providers: ['cpu'],
    require: null,
    threads: 1,
    session: PLAIN_SESSION,
    batch: 1,
    bind: {},
    inputs: { kind: 'random', samples: 4 },
  } as const;
  const spec = trialSpec({ phases: [phase('closed', 0, 0.5, closedLoad(2, 0))], target, workers: 2 });
  const { heard, ended, tell, hear } = runner(entry);
  tell({ kind: 'prepare', spec });
  expect(await hear('ready')).toMatchObject({ facts: { session: { provider: 'cpu' }, model: { sha256 } } });
  tell({ kind: 'arm', zero: nodeMonotonic() + 20_000_000n });
  expect(await ended).toEqual([0, null]);
  const intervals = heard
    .filter((message) => message.kind === 'interval')
    .map(({ payload }) => decodeInterval(payload));
  const ok = intervals.flatMap(({ slots }) => slots).reduce((sum, slot) => sum + (slot.outcomes[0] ?? 0), 0);
  const settled = intervals.flatMap(({ slots }) => slots).flatMap(({ outcomes }) => outcomes);
  expect(ok).toBeGreaterThan(100);
  expect(settled.reduce((sum, n) => sum + n, 0)).toBe(ok);
  await fs.rm(cache, { recursive: true });
});
