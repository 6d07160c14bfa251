import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { judgeFolder } from '../../src/coordinator/judge-folder.ts';
import { jsonText } from '../../src/coordinator/results-folder.ts';
import { benchmarksSchema } from '../../src/report/schema/benchmarks.ts';
import { contents, recordedFolder } from '../support/recorded-folder.ts';
import { type JournalOptions, samplePlan } from '../support/run-journal.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'loadcell-judge-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const recorded = (options: JournalOptions = {}): Promise<string> => recordedFolder(root, options);

test('the same folder judged twice, the second time elsewhere, gives the same bytes', async () => {
  const folder = await recorded();
  await judgeFolder(folder);
  const first = await contents(folder);
  expect(Object.keys(first)).toEqual([
    'benchmarks.json',
    'calibration.json',
    'campaign.yaml',
    'journal/000001.log',
    'manifest.json',
    'nodes/node-1.json',
    'plan.json',
    'report.html',
    'report.md',
    'series/sleeper+load.1.csv',
  ]);

  const copy = join(root, 'copy');
  await cp(folder, copy, { recursive: true });
  for (const computed of ['benchmarks.json', 'report.html', 'report.md', 'series', 'manifest.json', 'nodes', 'calibration.json']) {
    await rm(join(copy, computed), { recursive: true });
  }
  await judgeFolder(copy);
  expect(await contents(copy)).toEqual(first);
});

test('what else lies in a folder changes none of its results', async () => {
  const folder = await recorded();
  await judgeFolder(folder);
  const first = await contents(folder);
  await writeFile(join(folder, 'notes.txt'), 'looked at on Monday');
  await judgeFolder(folder);
  const { 'manifest.json': manifest, 'notes.txt': _notes, ...second } = await contents(folder);
  expect(second).toEqual(Object.fromEntries(Object.entries(first).filter(([path]) => path !== 'manifest.json')));
  expect(manifest).toContain('notes.txt');
});

test('what is judged stands in benchmarks.json by its schema', async () => {
  const folder = await recorded();
  const benchmarks = await judgeFolder(folder);
  const written = JSON.parse(await readFile(join(folder, 'benchmarks.json'), 'utf8'));
  expect(written).toEqual(benchmarks);
  expect(benchmarksSchema.parse(written)).toEqual(written);
});

test('the figures of a run with known answers', async () => {
  const { cells, verdict, run, evidence, nodes } = await judgeFolder(await recorded());
  const trial = cells[0]?.trials[0];
  expect(trial?.accounting).toEqual({
    scheduled: 4000,
    ok: 3900,
    failed: { timeout: 0, rejected: 0, 'target-error': 100, 'wrong-output': 0 },
    shed: 0,
    unfinished: 0,
    cancelled: 0,
  });
  expect(trial?.rates).toMatchObject({ offered: 200, started: 200, achieved: 195 });
  // 2.5 % failed and 1.95 % took 90 ms: P95 is among the quick ones, P99 at infinity.
  expect(trial?.latency.response.p95.value).toBeGreaterThan(5);
  expect(trial?.latency.response.p95.value).toBeLessThan(6.1);
  expect(trial?.latency.response.p99).toMatchObject({ value: null, reason: 'censored' });
  expect(trial?.latency.responseOk.p99.value).toBeCloseTo(90, -1);
  expect(trial?.latency.lag.max.value).toBeCloseTo(0.026, 6);
  expect(trial?.perAgent.map(({ accounting }) => accounting.scheduled)).toEqual([2000, 2000]);
  expect(run).toMatchObject({ id: '20261122T051800Z-sample-7f3a', state: 'complete' });
  expect(nodes).toMatchObject([{ id: 'node-1', agents: ['agent-0', 'agent-1'] }]);
  expect(evidence.map(({ path }) => path)).toEqual([
    'calibration.json',
    'campaign.yaml',
    'journal/000001.log',
    'nodes/node-1.json',
    'plan.json',
  ]);
  expect(verdict).toMatchObject({ kind: 'pass', exitCode: 0 });
});

test('a slower target fails on its own objective, and an interrupted run says so', async () => {
  const slow = await judgeFolder(await recorded({ slowerMs: 95 }));
  expect(slow.verdict).toMatchObject({ kind: 'fail', exitCode: 10 });
  expect(slow.cells[0]?.objectives.map(({ verdict }) => verdict)).toEqual(['fail', 'pass']);
  await rm(root, { recursive: true });
  const stopped = await judgeFolder(await recorded({ stopAtS: 7.5 }));
  expect(stopped.run.state).toBe('interrupted');
  expect(stopped.verdict).toMatchObject({ kind: 'inconclusive', exitCode: 130 });
});

test('a folder that is none, or whose plan is another, is refused in one sentence', async () => {
  await expect(judgeFolder(root)).rejects.toThrow(
    `${join(root, 'plan.json')}: not found, expected a results folder with plan.json and journal/`,
  );
  const folder = await recorded();
  await writeFile(join(folder, 'plan.json'), '{"kind":"shopping list"}');
  await expect(judgeFolder(folder)).rejects.toThrow('found another kind of file, expected a plan of schema version 1');
  await writeFile(join(folder, 'plan.json'), jsonText({ ...samplePlan, cells: [] }));
  await expect(judgeFolder(folder)).rejects.toThrow('does not fit plan.json beside it: interval: found cell 0');
});

test('the form of benchmarks.json', async () => {
  const folder = await recorded();
  await judgeFolder(folder);
  const text = await readFile(join(folder, 'benchmarks.json'), 'utf8');
  await expect(`${JSON.stringify(JSON.parse(text), withoutWording, 2)}\n`).toMatchFileSnapshot(
    'report/benchmarks.json.txt',
  );
});

/** Sentences may change without changing the format, and digests and sizes with them. */
const withoutWording = (key: string, value: unknown): unknown =>
  ['message', 'hint', 'sha256', 'bytes', 'planDigest'].includes(key) ? '…' : value;
