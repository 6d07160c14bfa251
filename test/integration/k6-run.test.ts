import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Benchmarks } from '../../src/verdict/result.ts';
import { answering, type K6CampaignOptions, type K6Script, k6Folder } from '../support/k6-scripts.ts';
import { benchmarksOf, type Ended, freshFolder, loadcell, resultsOf } from '../support/loadcell.ts';
import { isAlive } from '../support/process-alive.ts';
import { descendants } from '../support/process-tree.ts';
import { stockK6 } from '../support/stock-k6.ts';
import { testWith as testWithTool } from '../support/tools.ts';

/** Where other work keeps the machine busy k6 may have no virtual user ready in time and drop a tick: tried again, at most twice. */
const testWith = (title: string, body: () => Promise<void>): void => testWithTool('k6', title, body, 90_000, 2);

interface Run extends Ended {
  readonly folder: string;
}

async function run(script: K6Script, options: K6CampaignOptions = {}, env: Record<string, string> = {}): Promise<Run> {
  const folder = k6Folder(script, options);
  return { ...(await loadcell(['run', 'campaign.yaml'], folder, env).ended), folder };
}

function trialOf(benchmarks: Benchmarks) {
  const trial = benchmarks.cells[0]?.trials[0];
  if (trial === undefined) throw new Error('no trial in the result');
  return trial;
}

describe('a schedule that k6 sends', () => {
  testWith('is the whole of it over three agents, however the virtual users split', async () => {
    const { code, folder } = await run('idle', { agents: 3, vus: 100, warmup: '1s' });
    expect(code).toBe(0);
    const trial = trialOf(benchmarksOf(folder));
    expect(trial.accounting).toMatchObject({ scheduled: 300, ok: 300, shed: 0, unfinished: 0 });
    expect(trial.perAgent.map(({ accounting }) => accounting.scheduled)).toEqual([102, 99, 99]);
    expect(trial.latency.wait.p50).toEqual({ value: null, reason: 'not-recorded' });
    expect(trial.k6).toMatchObject({ latency: 'service time, uniform arrivals', dropped: 0 });
  });

  testWith('keeps its phases apart, and ramps', async () => {
    const { folder } = await run('idle', {
      scenario: 'spike: { base: 20/s, peak: 100/s, rise: 1s, hold: 1s, fall: 1s, for: 5s }',
    });
    const phases = trialOf(benchmarksOf(folder)).phases.map(({ name, accounting }) => [name, accounting.ok]);
    expect(phases).toEqual([
      ['before', 20],
      ['peak', 220],
      ['after', 20],
    ]);
  });

  testWith('counts exceptions in every tenth iteration as failures, though k6 would exit with 0', async () => {
    const { folder } = await run('tenth-throws', {});
    const { accounting, failures } = trialOf(benchmarksOf(folder));
    expect(accounting).toMatchObject({ ok: 270, failed: { 'target-error': 30 } });
    expect(failures).toMatchObject([{ class: 'target-error', code: 'Error', message: 'Error: the tenth' }]);
  });

  testWith('counts an iteration with a failed check as wrong output', async () => {
    const { folder } = await run('tenth-check-fails', {});
    const { accounting, failures } = trialOf(benchmarksOf(folder));
    expect(accounting).toMatchObject({ ok: 270, failed: { 'wrong-output': 30 } });
    expect(failures).toMatchObject([{ class: 'wrong-output', message: 'failed check: is no tenth' }]);
  });

  testWith('is invalid where iterations were dropped, and says how many virtual users it would take', async () => {
    const { code, stdout, folder } = await run('stalls', { vus: 20 });
    expect(code).toBe(13);
    const { accounting, verdict } = trialOf(benchmarksOf(folder));
    expect(accounting.shed).toBeGreaterThan(50);
    expect(accounting.ok + accounting.shed).toBe(300);
    expect(verdict.reasons.map(({ code }) => code)).toContain('too-few-vus');
    expect(stdout).toMatch(/k6 dropped \d+ iterations of 300/);
    expect(stdout).toMatch(/Write `vus: 1\d\d`/);
  });

  testWith('runs as loops without a response time where the scenario is closed', async () => {
    const { folder } = await run('slow', { scenario: 'closed: { inFlight: 4, for: 3s }', agents: 2 });
    const { accounting, latency, perAgent, slowest, series } = trialOf(benchmarksOf(folder));
    expect(accounting.ok).toBeGreaterThanOrEqual(20);
    expect(latency.response.p50).toEqual({ value: null, reason: 'no-schedule' });
    expect(latency.service.count).toBe(accounting.ok);
    expect(perAgent[0]).toMatchObject({ response: { p50: null, p99: null }, lag: { p99: null } });
    expect(slowest[0]).toMatchObject({ waitMs: null, lagMs: null });
    const [heading = '', ...rows] = readFileSync(join(resultsOf(folder), series.path), 'utf8')
      .trimEnd()
      .split('\n');
    const lagAt = heading.split(',').indexOf('lagP99');
    expect(rows.map((row) => row.split(',')[lagAt])).toEqual(rows.map(() => ''));
  });
});

testWith('options that stand around an agent, in its environment or its home folder, change nothing', async () => {
  const home = freshFolder();
  mkdirSync(join(home, 'k6'));
  writeFileSync(join(home, 'k6', 'config.json'), '{ "duration": "1s", "vus": 3 }');
  const around = { K6_DURATION: '1s', K6_VUS: '3', K6_LINGER: 'true', K6_LOG_OUTPUT: 'none', XDG_CONFIG_HOME: home };
  const { code, folder } = await run('tenth-throws', { scenario: 'load: { rate: 50/s, for: 2s }' }, around);
  expect(trialOf(benchmarksOf(folder)).accounting).toMatchObject({ scheduled: 100, ok: 90 });
  expect(code).toBe(0);
});

describe('what a script does around its test', () => {
  testWith('is done before its release, at every agent, and takes nothing of the schedule', async () => {
    const { code, folder } = await run('sets-up-slowly', {
      agents: 2,
      scenario: 'load: { rate: 50/s, for: 2s }',
      objectives: '[throughput >= 49/s]',
    });
    const trial = trialOf(benchmarksOf(folder));
    expect(trial.accounting).toMatchObject({ scheduled: 100, ok: 100 });
    expect(trial.objectives).toMatchObject([{ verdict: 'pass' }]);
    expect(code).toBe(0);
  });

  testWith('refuses the target where it fails, and says why', async () => {
    const { code, stdout } = await run('cannot-set-up');
    expect(stdout.replaceAll(/\s+/gu, ' ')).toContain('cannot-set-up.ts: its setup() failed: Error: no model');
    expect(code).toBe(64);
  });

  testWith('leaves what was measured as it is where it cannot clean up after it, and says so', async () => {
    const { code, folder } = await run('cannot-clean-up', { agents: 2, scenario: 'load: { rate: 50/s, for: 1s }' });
    const trial = trialOf(benchmarksOf(folder));
    expect(trial.accounting).toMatchObject({ scheduled: 50, ok: 50 });
    const told = trial.verdict.cautions.filter(({ code: kind }) => kind === 'teardown-failed');
    expect(told.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^The script's teardown\(\) failed after the load was over: Error: left behind/),
    ]);
    expect(code).toBe(0);
  });

  testWith('is nothing where it only names it', async () => {
    const { code, folder } = await run('names-setup-only', { scenario: 'load: { rate: 50/s, for: 1s }' });
    expect(trialOf(benchmarksOf(folder)).accounting).toMatchObject({ ok: 50 });
    expect(code).toBe(0);
  });
});

describe("a script's own scenarios", () => {
  testWith('are run by all agents, part by part, judged by its thresholds and by objectives on parts', () =>
    answering(async (url, keys) => {
      const { code, folder, stdout } = await run(
        'journey',
        {
          agents: 2,
          target: `options: own, env: { URL: "${url}", KEY: { secret: { env: THE_KEY } } }`,
          objectives: '["response{name:login}.p95 < 2s", errors < 5%]',
        },
        { THE_KEY: 'hush-hush' },
      );
      const trial = trialOf(benchmarksOf(folder));
      const logins = trial.parts?.find(({ name, metric }) => name === 'login' && metric === 'http_req_duration');
      expect(logins).toMatchObject({ scenario: 'buy', unit: 'ms', type: 'trend' });
      expect(logins?.count).toBeGreaterThanOrEqual(40);
      expect(keys).toContain('hush-hush');
      expect(`${stdout}${JSON.stringify(benchmarksOf(folder))}`).not.toContain('hush-hush');
      expect(trial.objectives.map(({ objective, verdict }) => [objective, verdict])).toEqual([
        ['response{name:login}.p95 < 2s', 'pass'],
        ['errors < 5%', expect.stringMatching(/pass|inconclusive/)],
        ['checks: rate>0.99', 'pass'],
        ['took: avg<1', 'fail'],
      ]);
      expect(code).toBe(10);
    }),
  );
});

describe('thresholds of what k6 itself counts', () => {
  for (const kind of ['folded', 'csv'])
    testWith(`are judged where samples come ${kind}`, () =>
      answering(async (url) => {
        const { folder } = await run(
          'judges-what-was-dropped',
          { target: `options: own, env: { URL: "${url}" }`, objectives: '[]' },
          kind === 'csv' ? { LOADCELL_K6: stockK6() } : {},
        );
        const { k6, accounting } = trialOf(benchmarksOf(folder));
        expect(k6?.thresholds).toMatchObject([
          { metric: 'dropped_iterations', verdict: 'crossed', observed: accounting.shed },
          { metric: 'http_req_duration{group:::home}', verdict: 'kept' },
          { metric: 'http_req_receiving{group:::home}', verdict: 'crossed' },
        ]);
      }),
    );
});

describe('exceptions in a function of a script that its own scenario runs', () => {
  testWith('are counted, in a promise and in a timer too', async () => {
    const { folder } = await run('throws-in-a-timer', { target: 'options: own', objectives: '[]' });
    const { accounting, failures, rates } = trialOf(benchmarksOf(folder));
    expect(accounting).toMatchObject({ ok: 80, failed: { 'target-error': 20 } });
    // 25 rounds of a millisecond or so: rates are over what it took, not over a length that somebody thought of.
    expect(rates.offered).toBeGreaterThan(30);
    expect(failures.map(({ code, message, count }) => [code, message, count])).toEqual(
      expect.arrayContaining([
        ['TypeError', 'TypeError: awaited', 10],
        ['Error', 'Error: late', 10],
      ]),
    );
  });
});

describe('a script that cannot run is refused before anything runs', () => {
  const refusals: readonly (readonly [K6Script, RegExp])[] = [
    ['syntax-error', /k6 cannot load: .*Line 2:0/],
    ['type-error', /k6 cannot load: TypeError/],
    ['missing-module', /k6 cannot load: .*not-there\.ts/],
    ['foreign-module', /found an import of k6\/x\/sql/],
    ['init-hangs', /whose init code was not over within \d+ s/],
  ];
  for (const [script, sentence] of refusals) {
    testWith(script, async () => {
      const { code, stderr } = await run(script);
      expect(stderr).toMatch(sentence);
      expect(stderr).not.toContain('    at ');
      expect(code).toBe(64);
    });
  }

  testWith('where k6 is missing or of another kind, with how to get it', async () => {
    const { code, stderr } = await run('idle', {}, { LOADCELL_K6: process.execPath });
    expect(stderr).toMatch(/LOADCELL_K6: found \S+, which does not start \(1\); run `npm run setup:k6`/);
    expect(code).toBe(64);
  });

  testWith('where k6 is too old, with how to get a newer one', async () => {
    const old = join(freshFolder(), 'k6');
    writeFileSync(old, '#!/bin/sh\necho "k6 v0.49.0 (commit/x, go1.21.6, linux/amd64)"\n', { mode: 0o755 });
    const { code, stderr } = await run('idle', {}, { LOADCELL_K6: old });
    expect(stderr).toMatch(/LOADCELL_K6: found k6 0\.49\.0, expected 2\.2 or newer; run `npm run setup:k6`/);
    expect(code).toBe(64);
  });
});

describe('k6 that ends before its time', () => {
  const theK6 = (root: number) => descendants(root).find(({ command }) => / run .*--paused/.test(command));

  testWith('by SIGKILL makes its trial invalid and leaves nothing running', async () => {
    const folder = k6Folder('slow', { vus: 60, scenario: 'load: { rate: 50/s, for: 20s }' });
    const running = loadcell(['run', 'campaign.yaml'], folder);
    await running.saw('achieved');
    const k6 = theK6(running.pid);
    if (k6 === undefined) throw new Error('no k6 is running');
    process.kill(k6.pid, 'SIGKILL');
    const { code, stdout } = await running.ended;
    expect(stdout).toMatch(/k6 was ended by\s+SIGKILL/);
    expect(code).toBe(13);
    expect(isAlive(k6.pid)).toBe(false);
  });

  testWith('by Ctrl-C writes what there is, marks it interrupted and leaves nothing running', async () => {
    const folder = k6Folder('idle', { scenario: 'load: { rate: 50/s, for: 30s }' });
    const running = loadcell(['run', 'campaign.yaml'], folder);
    await running.saw('achieved');
    const k6 = theK6(running.pid);
    if (k6 === undefined) throw new Error('no k6 is running');
    process.kill(running.pid, 'SIGINT');
    const { code } = await running.ended;
    expect(code).toBe(130);
    const { accounting } = trialOf(benchmarksOf(folder));
    expect(accounting.ok).toBeGreaterThan(0);
    expect(accounting.ok + accounting.unfinished + accounting.cancelled).toBe(1500);
    expect(isAlive(k6.pid)).toBe(false);
  });

  testWith('by the script itself makes its trial invalid and says who ended it', async () => {
    const { code, stdout } = await run('aborts');
    expect(stdout).toMatch(/ended by the\s+script\s+itself\s+\(test\.abort\(\)\)/);
    expect(code).toBe(13);
  });

  testWith('by a threshold with abortOnFail ends at every agent at once, and fails', async () => {
    const { code, stdout, stderr, folder } = await run('aborts-by-threshold', {
      agents: 2,
      target: 'options: own',
      objectives: '[]',
    });
    const trial = trialOf(benchmarksOf(folder));
    expect(stderr).toMatch(/aborted: took: p\(95\)<10: it came to 20/);
    expect(stdout).toMatch(
      /ended\s+early\s+by\s+the\s+script's\s+threshold\s+took:\s+p\(95\)<10\s+with\s+`abortOnFail`/,
    );
    expect(trial.verdict.kind).toBe('fail');
    expect(trial.perAgent.every(({ accounting }) => accounting.ok > 20)).toBe(true);
    const lastedS = (Date.parse(trial.endedAt ?? '') - Date.parse(trial.startedAt ?? '')) / 1000;
    expect(lastedS).toBeGreaterThan(2);
    expect(lastedS).toBeLessThan(15);
    expect(trial.k6?.thresholds).toMatchObject([{ verdict: 'kept' }, { verdict: 'crossed' }]);
    expect(code).toBe(10);
  });

  testWith('at one agent ends at the others too', async () => {
    const { code, stdout, folder } = await run('aborts-at-one', {
      agents: 2,
      scenario: 'load: { rate: 100/s, for: 40s }',
    });
    expect(stdout).toMatch(/ended by the\s+script\s+itself\s+\(test\.abort\(\)\)/);
    const { startedAt, endedAt } = trialOf(benchmarksOf(folder));
    expect((Date.parse(endedAt ?? '') - Date.parse(startedAt ?? '')) / 1000).toBeLessThan(15);
    expect(code).toBe(13);
  });

  testWith('never, where the script calls the test failed: that is a fail', async () => {
    const { code, stdout } = await run('calls-it-failed');
    expect(stdout).toContain('exec.test.fail()');
    expect(code).toBe(10);
  });
});
