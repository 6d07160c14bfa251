import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeFolder } from '../../src/coordinator/judge-folder.ts';
import type { GateResult } from '../../src/verdict/gate/result.ts';
import { type Ended, loadcell } from '../support/loadcell.ts';
import { recordedFolder, SAMPLE_RUN } from '../support/recorded-folder.ts';

const SLOWER = '20261122T060000Z-sample-0001';
const FAILING = '20261122T070000Z-sample-0002';

let work: string;
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'loadcell-history-'));
  const results = join(work, 'results');
  await judgeFolder(await recordedFolder(results));
  await judgeFolder(await recordedFolder(results, { slowerMs: 20, runId: SLOWER }, SLOWER));
  await judgeFolder(await recordedFolder(results, { slowerMs: 95, runId: FAILING }, FAILING));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const ask = (...args: string[]): Promise<Ended> => loadcell(args, work).ended;
const store = (): string => join(work, 'results', 'history.sqlite');

/** The run that is kept, as it would have been on `count` earlier days, each a little different. */
function earlierNights(count: number): void {
  const database = new DatabaseSync(store());
  for (let night = 1; night <= count; night++) {
    const id = `night-${night}`;
    const day = `2026-10-${String(night).padStart(2, '0')}T05:00:00.000Z`;
    database
      .prepare('INSERT INTO run SELECT ?, campaign, ?, environment, verdict, source_commit FROM run WHERE run_id = ?')
      .run(id, day, SAMPLE_RUN);
    database
      .prepare('INSERT INTO figure SELECT ?, cell, load, metric, log_mean + ?, trials FROM figure WHERE run_id = ?')
      .run(id, 0.01 * Math.sin(night * 7) + (night > 20 ? 0.2 : 0), SAMPLE_RUN);
  }
  database.close();
}

test('without baselines the gate says so: exit 0 on the first nights, 14 before a release', async () => {
  const first = await ask('gate', '--stored', SAMPLE_RUN);
  expect(first.code, first.stderr).toBe(0);
  expect(first.stdout).toMatch(/found 0 earlier nights .*expected at least 8/);
  expect(await ask('gate', '--stored', SAMPLE_RUN, '--event', 'release')).toMatchObject({ code: 14 });
});

test('runs that passed become baselines, others only when forced', async () => {
  expect(await ask('baseline', 'add', SAMPLE_RUN)).toMatchObject({ code: 0, stdout: expect.stringContaining('kept') });
  const refused = await ask('baseline', 'add', FAILING);
  expect(refused).toMatchObject({ code: 64, stderr: expect.stringContaining('found a run that ended fail') });
  expect((await ask('baseline', 'add', FAILING, '--force')).code).toBe(0);
  expect((await ask('baseline', 'remove', FAILING)).code).toBe(0);
  const listed = JSON.parse((await ask('baseline', 'list', '--json')).stdout) as { runId: string }[];
  expect(listed.map(({ runId }) => runId)).toEqual([SAMPLE_RUN]);
  expect((await ask('baseline', 'show', SAMPLE_RUN)).stdout).toMatch(/sleeper\/load response\.p95 +[\d.]+ +1/);
  expect(await ask('baseline', 'show', 'nobody')).toMatchObject({ code: 64 });
});

test('a run is held against earlier nights: one like them passes, a slower one fails', async () => {
  earlierNights(20);
  expect(await ask('gate', '--stored', SAMPLE_RUN)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('gate     pass'),
  });
  const slower = await ask('gate', '--stored', SLOWER, '--json');
  expect(slower.code, slower.stderr).toBe(10);
  const { folder } = JSON.parse(slower.stdout) as { folder: string };
  const result = JSON.parse(readFileSync(join(folder, 'verdict.json'), 'utf8')) as GateResult;
  // The run that is kept is of the same day as tonight: no earlier night.
  expect(result).toMatchObject({ manner: 'stored', verdict: 'fail', pairs: { valid: 20 } });
});

test('trend tells where the level changed', async () => {
  const { stdout, code, stderr } = await ask('trend');
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('no change');
  rmSync(store());
  await ask('baseline', 'add', SAMPLE_RUN);
  earlierNights(30);
  await ask('baseline', 'remove', SAMPLE_RUN);
  const changed = await ask('trend', '--json');
  const { series } = JSON.parse(changed.stdout) as { series: { changes: { day: string; change: number }[] }[] };
  expect(series[0]?.changes[0]?.day).toMatch(/^2026-10-2[01]$/);
  expect(series[0]?.changes[0]?.change).toBeGreaterThan(0.15);
});

test('a store that is none is refused in one sentence, and left as it is', async () => {
  const path = join(work, 'text.sqlite');
  writeFileSync(path, 'not a store, and long enough to be looked at as one'.repeat(20));
  const refused = await ask('baseline', 'list', '--store', path);
  expect(refused).toMatchObject({ code: 64, stderr: expect.stringContaining('cannot be opened') });
  expect(existsSync(path)).toBe(true);
  const foreign = join(work, 'foreign.sqlite');
  const database = new DatabaseSync(foreign);
  database.exec('CREATE TABLE run (x)');
  database.close();
  const bytes = readFileSync(foreign);
  expect(await ask('baseline', 'add', SAMPLE_RUN, '--store', foreign)).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('cannot be opened: found a database of another kind'),
  });
  expect(readFileSync(foreign)).toEqual(bytes);
  expect(await ask('trend', '--store', 'nowhere.sqlite')).toMatchObject({ code: 64 });
});

test('a damaged store is told by its name, with what makes it again', async () => {
  const path = join(work, 'damaged.sqlite');
  expect((await ask('baseline', 'add', SAMPLE_RUN, '--store', path)).code).toBe(0);
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xaa, 4096));
  for (const verb of [
    ['baseline', 'list'],
    ['baseline', 'add', SAMPLE_RUN],
    ['gate', '--stored', SAMPLE_RUN],
    ['trend'],
  ]) {
    expect(await ask(...verb, '--store', path), verb.join(' ')).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/--store: .*damaged\.sqlite is damaged; .*loadcell baseline add results/),
    });
  }
});

test('a store is made anew from all results: what cannot be kept is told and keeps no other from it', async () => {
  const folders = [SLOWER, FAILING, SAMPLE_RUN, 'nowhere'].map((name) => join('results', name));
  const again = await ask('baseline', 'add', ...folders, '--store', 'anew.sqlite');
  expect(again.code, again.stderr).toBe(0);
  expect(again.stdout.match(/^kept /gm)).toHaveLength(2);
  expect(again.stderr).toMatch(/left out: .*found a run that ended fail/);
  expect(again.stderr).toMatch(/left out: .*nowhere: found no such folder/);
  const listed = JSON.parse((await ask('baseline', 'list', '--json', '--store', 'anew.sqlite')).stdout) as {
    runId: string;
  }[];
  expect(new Set(listed.map(({ runId }) => runId))).toEqual(new Set([SAMPLE_RUN, SLOWER]));
  expect(await ask('baseline', 'add', FAILING, 'nowhere', '--store', 'anew.sqlite')).toMatchObject({ code: 64 });
});
