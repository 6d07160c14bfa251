import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readJournal } from '../../src/coordinator/results-journal.ts';
import { decodeInterval } from '../../src/wire/interval-codec.ts';
import { benchmarksOf, freshFolder, loadcell, resultsOf, runCampaign } from '../support/loadcell.ts';

/** Instants, in seconds of the trial's time line, at which the agents of the only trial stopped. */
async function agentStops(folder: string): Promise<readonly number[]> {
  const stops: number[] = [];
  for await (const entry of readJournal(resultsOf(folder))) {
    if (entry.kind !== 'interval') continue;
    const { stoppedNs } = decodeInterval(entry.stored.interval);
    if (stoppedNs !== undefined) stops.push(Number(stoppedNs) / 1e9);
  }
  return stops;
}

/** A copy without anything that is computed gives the same bytes of `benchmarks.json` again. */
async function expectSameVerdict(folder: string): Promise<void> {
  const results = resultsOf(folder);
  const copy = join(freshFolder(), 'copy');
  cpSync(results, copy, { recursive: true });
  for (const name of readdirSync(copy)) {
    if (name === 'series' || /^(benchmarks|report|manifest)\./.test(name))
      rmSync(join(copy, name), { recursive: true });
  }
  await loadcell(['judge', copy]).ended;
  expect(readFileSync(join(copy, 'benchmarks.json'), 'utf8')).toBe(
    readFileSync(join(results, 'benchmarks.json'), 'utf8'),
  );
}

test('a target that hangs is left alone by every agent within a second of the interval that shows it', {
  timeout: 60_000,
  retry: 2,
}, async () => {
  const ended = await runCampaign(`
name: hangs
targets: { hangs: { sleep: { stall: { at: 2s, for: 60s, otherwise: 1ms } } } }
scenarios: { load: { load: { rate: 60/s, for: 30s } } }
objectives: [{ indicator: response.p95, below: 500ms, over: 10s, abort: true }]
fleet: { engine: local, agents: 2, workers: 1, pacing: lowCpu }
trials: 2
warmup: 500ms
drain: 200ms
seed: 5
`);
  expect(ended.stderr).toContain('aborted: response.p95 < 500ms over 10s: nothing was answered');
  const [cell] = benchmarksOf(ended.folder).cells;
  const [trial] = cell?.trials ?? [];
  const breach = trial?.objectives[0]?.window;
  expect(breach?.kind).toBe('hang');
  const shownS = (breach?.endMs ?? Number.NaN) / 1000;
  expect(shownS).toBeLessThanOrEqual(6);
  const stops = (await agentStops(ended.folder)).slice(0, 2);
  expect(stops).toHaveLength(2);
  for (const atS of stops) {
    expect(atS, `seen at ${shownS} s`).toBeGreaterThan(shownS);
    expect(atS, `seen at ${shownS} s`).toBeLessThanOrEqual(shownS + 1);
  }
  await expectSameVerdict(ended.folder);
  // On a robbed machine the harness itself may be late: it then says so, and tries the second trial.
  if (trial?.verdict.kind === 'invalid') return;
  expect(ended.code).toBe(10);
  expect(trial?.verdict.reasons.map(({ code }) => code)).toEqual(['aborted', 'objective-missed']);
  expect(cell?.notRun).toMatchObject([{ trial: 2, cause: 'aborted' }]);
});

test('a window without abort fails its objective, and the load goes on to its end', {
  timeout: 60_000,
  retry: 2,
}, async () => {
  const ended = await runCampaign(`
name: stalls
targets: { stalls: { sleep: { stall: { at: 1s, for: 3s, otherwise: 1ms } } } }
scenarios: { load: { load: { rate: 50/s, for: 6s } } }
objectives: [{ indicator: response.p95, below: 500ms, over: 2s }]
fleet: { engine: local, agents: 1, workers: 1, pacing: lowCpu }
warmup: 0s
seed: 5
`);
  const [trial] = benchmarksOf(ended.folder).cells[0]?.trials ?? [];
  expect(trial?.accounting).toMatchObject({ scheduled: 300, ok: 300, cancelled: 0 });
  expect(trial?.objectives[0]).toMatchObject({ verdict: 'fail', window: { kind: 'hang' } });
  expect([10, 12, 13], ended.stderr).toContain(ended.code);
});

test('a breakpoint scenario ends in the level that is beyond the target’s capacity', {
  timeout: 60_000,
  retry: 2,
}, async () => {
  const ended = await runCampaign(`
name: limit
targets: { ten: { sleep: { constant: 10ms } } }
scenarios: { limit: { breakpoint: { from: 40/s, by: 30/s, every: 3s, until: 220/s }, arrivals: uniform } }
objectives: [response.p95 < 250ms]
fleet: { engine: local, agents: 1, workers: 1 }
warmup: 500ms
drain: 1s
seed: 5
`);
  // 100/s at most: 70/s holds, 100/s is the edge, 130/s never holds.
  const [cell] = benchmarksOf(ended.folder).cells;
  const [trial] = cell?.trials ?? [];
  expect([70, 100]).toContain(cell?.breakpoint?.held);
  expect(cell?.breakpoint?.broke?.level).toMatch(/^level [34] \((100|130)\/s\)$/);
  expect(trial?.accounting.cancelled).toBeGreaterThan(500);
  expect(trial?.phases.length).toBeLessThanOrEqual(6);
  expect(ended.stderr).toContain('ends here: level');
  await expectSameVerdict(ended.folder);
  expect([0, 12, 13], ended.stderr).toContain(ended.code);
});

test('trials end half-way where that decides every objective, and the results say at which look and why', {
  timeout: 60_000,
  retry: 2,
}, async () => {
  const ended = await runCampaign(`
name: early
targets: { quick: { sleep: { constant: 1ms } } }
scenarios: { load: { load: { rate: 60/s, for: 12s } } }
objectives: [response.p95 < 2s, throughput >= 45/s, errors < 5%]
stop: early
fleet: { engine: local, agents: 2, workers: 1 }
trials: 2
warmup: 500ms
drain: 1s
seed: 5
`);
  expect(ended.stderr).toContain('ends here: every objective is decided at look 1 of 2, by ');
  const [cell] = benchmarksOf(ended.folder).cells;
  expect(cell?.trials).toHaveLength(2);
  for (const trial of cell?.trials ?? []) {
    const { scheduled, ok, cancelled } = trial.accounting;
    expect(trial.look).toMatchObject({ number: 1, of: 2, atMs: 6000 });
    expect(trial.look?.stoppedMs).toBeLessThan(9000);
    expect(scheduled + cancelled).toBe(720);
    expect(ok).toBe(scheduled);
    expect(trial.look?.requests).toBeLessThanOrEqual(scheduled);
  }
  const said = /ended early at look 1 of 2: all objectives were decided by the 3\d\d requests of its first 6\.000 s/;
  expect(ended.stdout.replaceAll(/\s+/g, ' ')).toMatch(said);
  for (const report of ['report.md', 'report.html'])
    expect(readFileSync(join(resultsOf(ended.folder), report), 'utf8')).toMatch(said);
  await expectSameVerdict(ended.folder);
  expect([0, 13], ended.stderr).toContain(ended.code);
});
