import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Plan } from '../../src/campaign/plan.ts';
import { benchmarksOf, loadcell, type Running, resultsOf, startCampaign } from '../support/loadcell.ts';
import { descendants } from '../support/process-tree.ts';

const campaign = (more: string): string => `
name: again
targets: { sleeper: { sleep: { constant: 1ms } } }
scenarios: { load: { load: { rate: 300/s, for: 1s } } }
objectives: [response.p95 < 1s, errors < 5%]
warmup: 0s
drain: 1s
seed: 7
${more}
`;

/** Processes of a run by what they are; the first of each. */
function kill(run: Running, what: 'coordinator' | 'agent' | 'runner'): void {
  const found = descendants(run.pid).find(({ command }) => command.includes(`${what}/main.ts`));
  if (found === undefined) throw new Error(`no ${what} is running`);
  process.kill(found.pid, 'SIGKILL');
}

const bytesOf = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8');

const trialsOf = (folder: string) => benchmarksOf(folder).cells[0]?.trials ?? [];

test('a run whose coordinator was killed goes on where it was, with the same schedules, to a verdict', async () => {
  const run = startCampaign(campaign('trials: 5\nfleet: { pacing: lowCpu }').replace('for: 1s', 'for: 2s'));
  await run.saw('trial 1 of 5: load: offered');
  const folder = resultsOf(run.folder);
  const early = await loadcell(['run', '--resume', basename(folder)], run.folder).ended;
  expect(early).toMatchObject({ code: 64, stderr: expect.stringMatching(/found process \d+ on .* writing into it/) });
  await run.saw('trial 4 of 5: load: offered');
  kill(run, 'coordinator');
  const killed = await run.ended;
  expect(killed.code, killed.stderr).toBe(70);
  expect(killed.stderr).toContain(`loadcell run --resume ${folder}`);
  expect(existsSync(join(folder, 'manifest.json'))).toBe(false);
  const planned = bytesOf(folder, 'plan.json');

  const resumed = await loadcell(['run', '--resume', basename(folder)], run.folder).ended;
  expect(resumed.code, resumed.stderr + resumed.stdout).toBe(0);
  expect(resumed.stderr).not.toContain('trial 3 of 5: opening');
  expect(resumed.stdout).toMatch(/\nresumed at .*, after it had ended early at /);
  const { run: facts, cells, verdict } = benchmarksOf(run.folder);
  expect(facts).toMatchObject({ state: 'complete', resumed: [{ sameNodes: true }] });
  expect(trialsOf(run.folder).map(({ index, attempt }) => `${index}.${attempt}`)).toEqual([
    '1.1',
    '2.1',
    '3.1',
    '4.1',
    '4.2',
    '5.1',
  ]);
  expect(trialsOf(run.folder)[3]?.verdict.reasons[0]).toMatchObject({ code: 'own-fault' });
  const { cells: plans } = JSON.parse(planned) as Plan;
  for (const { index, scheduleDigest, accounting, attempt } of trialsOf(run.folder)) {
    expect(scheduleDigest).toBe(plans[0]?.trials[index - 1]?.scheduleDigest);
    if (index !== 4 || attempt === 2) expect(accounting).toMatchObject({ scheduled: 600, ok: 600 });
  }
  const cautions = verdict.cautions.map(({ code }) => code);
  expect(cautions).toContain('retried');
  expect(cautions).not.toContain('run-to-run-not-covered');
  expect(cells[0]?.objectives[0]?.over?.of).toBe(3000);
  expect(bytesOf(folder, 'plan.json')).toBe(planned);
  expect(existsSync(join(folder, 'manifest.json'))).toBe(true);
  expect(existsSync(join(folder, '.lock'))).toBe(false);

  const once = bytesOf(folder, 'benchmarks.json');
  const judged = await loadcell(['judge', folder], run.folder).ended;
  expect(judged.code, judged.stderr).toBe(0);
  expect(bytesOf(folder, 'benchmarks.json')).toBe(once);

  const again = await loadcell(['run', '--resume', folder], run.folder).ended;
  expect(again).toMatchObject({ code: 64, stderr: expect.stringContaining('found every trial of it run already') });
});

test('a deadline ends the command in time, lists what was not run, and leaves it to be gone on with', async () => {
  const begun = performance.now();
  const run = startCampaign(campaign('trials: 12\nfleet: { pacing: lowCpu }'), ['--deadline', '11']);
  const ended = await run.ended;
  expect(performance.now() - begun).toBeLessThan(11_500);
  expect(ended.code, ended.stderr + ended.stdout).toBe(12);
  expect(ended.stdout).toMatch(/not run: trials? .*12: the --deadline of 11s leaves no time for it/);
  const { run: facts, cells, verdict } = benchmarksOf(run.folder);
  expect(facts.state).toBe('aborted');
  expect(verdict.reasons.map(({ code }) => code)).toContain('deadline');
  const run12 = cells[0]?.trials.length ?? 0;
  expect(cells[0]?.notRun.map(({ trial, cause }) => [trial, cause])).toEqual(
    Array.from({ length: 12 - run12 }, (_, index) => [run12 + 1 + index, 'deadline']),
  );
  const report = bytesOf(resultsOf(run.folder), 'report.md');
  expect(report).toContain('- not run: trial');

  writeFileSync(join(resultsOf(run.folder), 'campaign.yaml'), 'name: another\n');
  const changed = await loadcell(['run', '--resume', resultsOf(run.folder)], run.folder).ended;
  expect(changed.code).toBe(64);
  expect(changed.stderr).toMatch(/campaign\.yaml: .*changed after the run/);
});

test('a trial whose runner dies is run once more, and the run passes with a caution', async () => {
  const load = 'trials: 1\nretryInvalid: 1\nfleet: { pacing: lowCpu }';
  const run = startCampaign(campaign(load).replace('for: 1s', 'for: 3s'));
  await run.saw(/load: offered/);
  kill(run, 'runner');
  const ended = await run.ended;
  expect(ended.code, ended.stderr + ended.stdout).toBe(0);
  expect(ended.stderr).toMatch(/invalid, run once more: .*SIGKILL/);
  const trials = trialsOf(run.folder);
  expect(trials.map(({ index, attempt }) => `${index}.${attempt}`)).toEqual(['1.1', '1.2']);
  expect(trials[0]?.verdict.reasons[0]).toMatchObject({ code: 'runner-died' });
  expect(trials[1]?.verdict.kind).toBe('pass');
  const { verdict, run: facts } = benchmarksOf(run.folder);
  expect(verdict).toMatchObject({ kind: 'pass', exitCode: 0 });
  expect(verdict.cautions.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['retried', 'run-to-run-not-covered']),
  );
  expect(facts.state).toBe('complete');
});

test('the place of an agent that was killed is filled again, and the next trial counts', async () => {
  const fleet = 'trials: 2\nfleet: { agents: 2, pacing: lowCpu, onLoss: { wait: 30s } }';
  const run = startCampaign(campaign(fleet).replace('for: 1s', 'for: 2s'));
  await run.saw(/trial 1 of 2: load: offered/);
  kill(run, 'agent');
  const ended = await run.ended;
  expect(ended.code, ended.stderr + ended.stdout).toBe(0);
  const [lost, kept] = trialsOf(run.folder);
  expect(lost?.verdict.kind).toBe('invalid');
  expect(lost?.verdict.reasons.map(({ code }) => code)).toContain('agent-lost');
  expect(kept?.accounting).toMatchObject({ scheduled: 600, ok: 600 });
  expect(kept?.perAgent).toHaveLength(2);
  const cautions = benchmarksOf(run.folder).verdict.cautions.map(({ code }) => code);
  expect(cautions).toContain('invalid-trial-among-valid');
});

test.each([
  [['run'], 'run: found no campaign, expected a file'],
  [['run', 'a.yaml', '--resume', 'x'], '--resume: found the campaign a.yaml beside it'],
  [['run', '--resume', 'x', '--seed', '1', '--set', 'trials=2'], '--resume: found --set and --seed beside it'],
  [['run', '--resume', 'x'], 'x: found no such folder, and no run of that name below results'],
  [['run', 'campaign.yaml', '--deadline', 'soon'], '--deadline: found soon, expected a duration'],
  [['run', 'campaign.yaml', '--deadline', '0'], '--deadline: found 0s, expected a duration above zero'],
])('%j is refused with a sentence', async (args, sentence) => {
  const { code, stderr } = await loadcell(args).ended;
  expect(stderr).toContain(sentence);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(code).toBe(64);
});
