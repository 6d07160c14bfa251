import { execFileSync } from 'node:child_process';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { benchmarksOf, freshFolder, loadcell, type Running } from '../support/loadcell.ts';

/** A folder with a campaign and the trace that it replays. */
function prepared(campaign: string, trace = ''): string {
  const folder = freshFolder();
  writeFileSync(join(folder, 'campaign.yaml'), campaign);
  writeFileSync(join(folder, 'a.csv'), trace);
  return folder;
}

const run = (folder: string): Running => loadcell(['run', 'campaign.yaml', '--quiet'], folder);

const TRACE = `name: replayed
targets: { sleeper: { sleep: { constant: 1ms } }, nothing: { null: {} } }
scenarios: { replay: { trace: { file: a.csv, scale: 2 } } }
objectives: []
fleet: { agents: 2, workers: 1, pacing: lowCpu }
seed: 1
`;

test('a trace is replayed line by line: by target, at its scale, with the samples that it names', async () => {
  const lines = Array.from(
    { length: 90 },
    (_, i) => `${(i * 20) / 1000},${1000 + i},${i % 3 === 0 ? 'nothing' : 'sleeper'}`,
  );
  const folder = prepared(TRACE, `at,sample,target\n${lines.join('\n')}\n`);
  const { code, stderr } = await run(folder).ended;
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const benchmarks = benchmarksOf(folder);
  const [sleeper, nothing] = benchmarks.cells.map(({ trials }) => trials[0]);
  expect([sleeper?.accounting.scheduled, nothing?.accounting.scheduled]).toEqual([60, 30]);
  expect([sleeper?.accounting.ok, nothing?.accounting.ok]).toEqual([60, 30]);
  expect(sleeper?.perAgent.map(({ accounting }) => accounting.scheduled)).toEqual([30, 30]);
  expect(sleeper?.phases.map(({ purpose, startMs, endMs }) => [purpose, startMs, endMs])).toEqual([
    ['measure', 0, 1000],
  ]);
  for (const { sample, intendedMs } of sleeper?.slowest ?? []) {
    const line = sample - 1000;
    expect(line % 3).not.toBe(0);
    expect(intendedMs).toBe((line * 20) / 2);
  }
  expect(sleeper?.latency.response.p50).toMatchObject({ method: 'observed' });
  const printed = await loadcell(['plan', 'campaign.yaml', '--arrivals', 'nothing/replay'], folder).ended;
  expect(printed.stdout.split('\n').slice(0, 2)).toEqual(['0\ttrace\t0', '1\ttrace\t30000000']);
});

test('a trace that changed after it was planned is not replayed', async () => {
  const folder = prepared(TRACE.replace('null: {}', 'sleep: { constant: 1ms }'), '0\n0.5\n1\n');
  const running = loadcell(['run', 'campaign.yaml'], folder);
  await running.saw('waiting for agents');
  appendFileSync(join(folder, 'a.csv'), '2\n');
  const { code } = await running.ended;
  expect(code).toBe(64);
  const reasons = benchmarksOf(folder).verdict.reasons.map(({ code: reason, message }) => `${reason}: ${message}`);
  expect(reasons.join('\n')).toMatch(/target-setup: .*a\.csv: its content has changed since the plan was made/);
});

test('a pipe is no trace and is not waited for', async () => {
  const folder = prepared(TRACE, '0\n');
  rmSync(join(folder, 'a.csv'));
  execFileSync('mkfifo', [join(folder, 'a.csv')]);
  const { code, stderr } = await run(folder).ended;
  expect(code).toBe(64);
  expect(stderr).toContain('cannot be read: it is no regular file; expected a trace');
});

test('a trace with a mistake is refused at its place with its line, before anything starts', async () => {
  const folder = prepared(TRACE, '0\n0.5\n0.25\n');
  const { code, stderr } = await run(folder).ended;
  expect(code).toBe(64);
  expect(stderr).toContain(
    'scenarios.replay.trace.file: line 3: found 0.25 s after 0.5 s, expected instants in ascending order',
  );
});

test('a bundle of a multi-stream is one request, as long as all its samples', async () => {
  const folder = prepared(`name: bundles
targets: { sleeper: { sleep: { constant: 5ms } } }
scenarios: { cameras: { multiStream: { samples: 4, for: 1s } } }
objectives: [errors < 50%]
fleet: { agents: 2, workers: 1 }
warmup: 0s
seed: 1
`);
  const { code, stderr } = await run(folder).ended;
  expect(stderr).toBe('');
  expect([0, 12, 13]).toContain(code);
  const trial = benchmarksOf(folder).cells[0]?.trials[0];
  const { accounting, rates, latency, perAgent } = trial ?? {};
  expect(perAgent?.map((agent) => agent.accounting.scheduled > 0)).toEqual([true, false]);
  expect(accounting?.ok).toBeGreaterThan(5);
  expect(rates?.samples).toBeCloseTo(4 * (rates?.achieved ?? 0), 9);
  expect(latency?.service.p50.value).toBeGreaterThanOrEqual(20);
});
