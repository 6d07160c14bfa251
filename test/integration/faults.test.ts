import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readFrames } from '../../src/wire/framing.ts';
import { benchmarksOf, type Ended, type Running, resultsOf, startCampaign } from '../support/loadcell.ts';
import { descendants, type Process, survivors } from '../support/process-tree.ts';

const campaign = `
name: faults
targets: { nothing: { null: {} } }
scenarios: { steady: { load: { rate: 500/s, for: 12s } } }
objectives: [response.p99 < 20ms, errors < 1%]
fleet: { engine: local, agents: 2, workers: 1, pacing: lowCpu }
warmup: 0s
drain: 2s
seed: 42
`;

/** A run that has shown its first seconds of load. */
async function inTheMiddle(): Promise<{ run: Running; tree: Process[] }> {
  const run = startCampaign(campaign);
  await run.saw(/steady.*achieved/);
  return { run, tree: descendants(run.pid) };
}

const the = (tree: readonly Process[], what: 'coordinator' | 'agent' | 'runner'): number => {
  const file = { coordinator: /coordinator\/main\.ts/, agent: /agent\/main\.ts/, runner: /runner\/main\.ts/ }[what];
  const found = tree.find((process) => file.test(process.command));
  if (found === undefined) throw new Error(`no ${what} among ${tree.map((process) => process.command).join('\n')}`);
  return found.pid;
};

/** Waits until none of them runs any more, at most `ms`. */
async function gone(tree: readonly Process[], ms: number): Promise<Process[]> {
  const end = performance.now() + ms;
  let left = survivors(tree);
  while (left.length > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    left = survivors(tree);
  }
  return left;
}

const journalRecords = (folder: string): number => {
  let records = 0;
  for (const file of readdirSync(join(folder, 'journal'))) {
    records += readFrames(readFileSync(join(folder, 'journal', file))).records.length;
  }
  return records;
};

const noStackTrace = (ended: Ended): void => {
  expect(ended.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
};

for (const what of ['agent', 'runner'] as const) {
  test(`kill -9 of ${what === 'agent' ? 'an agent' : 'a runner'} makes the trial invalid, exits 13 and leaves nothing behind`, async () => {
    const { run, tree } = await inTheMiddle();
    process.kill(the(tree, what), 'SIGKILL');
    const ended = await run.ended;
    expect(await gone(tree, 2000)).toEqual([]);
    expect(ended.code, ended.stderr).toBe(13);
    expect(ended.stderr + ended.stdout).toMatch(what === 'agent' ? /agent-lost/ : /runner-died/);
    noStackTrace(ended);
    const [cell] = benchmarksOf(run.folder).cells;
    expect(cell?.verdict.kind).toBe('invalid');
    expect(journalRecords(resultsOf(run.folder))).toBeGreaterThan(4);
  });
}

test('kill -9 of the coordinator exits 70 with a sentence, keeps what was acknowledged and leaves nothing behind', async () => {
  const { run, tree } = await inTheMiddle();
  process.kill(the(tree, 'coordinator'), 'SIGKILL');
  const ended = await run.ended;
  expect(await gone(tree, 2000)).toEqual([]);
  expect(ended.code, ended.stderr).toBe(70);
  expect(ended.stderr).toMatch(/coordinator.*SIGKILL/);
  noStackTrace(ended);
  expect(journalRecords(resultsOf(run.folder))).toBeGreaterThan(4);
});

test('kill -9 of the command itself ends every process within two seconds, stopped ones too', async () => {
  const { run, tree } = await inTheMiddle();
  process.kill(the(tree, 'runner'), 'SIGSTOP');
  process.kill(run.pid, 'SIGKILL');
  expect(await gone(tree, 2000)).toEqual([]);
});

test('a stopped coordinator that is then killed leaves no agent behind', async () => {
  const { run, tree } = await inTheMiddle();
  process.kill(the(tree, 'agent'), 'SIGSTOP');
  process.kill(the(tree, 'coordinator'), 'SIGKILL');
  const ended = await run.ended;
  expect(ended.code, ended.stderr).toBe(70);
  expect(await gone(tree, 2000)).toEqual([]);
});

test('Ctrl-C stops the load, writes what there is, marks it interrupted and exits 130', async () => {
  const { run, tree } = await inTheMiddle();
  process.kill(run.pid, 'SIGINT');
  const ended = await run.ended;
  expect(ended.code, ended.stderr).toBe(130);
  expect(await gone(tree, 2000)).toEqual([]);
  const benchmarks = benchmarksOf(run.folder);
  expect(benchmarks.run.state).toBe('interrupted');
  const [trial] = benchmarks.cells[0]?.trials ?? [];
  const { scheduled = 0, ok = 0, cancelled = 0, shed = 0, unfinished = 0 } = trial?.accounting ?? {};
  expect(scheduled).toBeGreaterThan(0);
  expect(scheduled + cancelled).toBe(6000);
  expect(ok + shed + unfinished).toBe(scheduled);
  expect(readdirSync(resultsOf(run.folder))).toContain('manifest.json');
});

test('SIGHUP ends nothing, and a second Ctrl-C ends at once', async () => {
  const { run, tree } = await inTheMiddle();
  process.kill(run.pid, 'SIGHUP');
  process.kill(run.pid, 'SIGINT');
  process.kill(run.pid, 'SIGTERM');
  const ended = await run.ended;
  expect(ended.code, ended.stderr).toBe(130);
  expect(await gone(tree, 2000)).toEqual([]);
});
