import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { HistogramLogReader } from 'hdr-histogram-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeFolder } from '../../src/coordinator/judge-folder.ts';
import { processWitness } from '../../src/engines/process-witness.ts';
import { benchmarksSchema } from '../../src/report/schema/benchmarks.ts';
import { type Ended, loadcell } from '../support/loadcell.ts';
import { contents, recordedFolder, SAMPLE_RUN } from '../support/recorded-folder.ts';

const LATER = '20261122T060000Z-sample-0001';
const CUT = '20261122T070000Z-sample-0002';

let work: string;
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'loadcell verbs-ü-'));
  const results = join(work, 'results');
  await judgeFolder(await recordedFolder(results));
  await judgeFolder(await recordedFolder(results, { slowerMs: 95 }, LATER));
  await recordedFolder(results, { records: 40 }, CUT);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const ask = (...args: string[]): Promise<Ended> => loadcell(args, work).ended;
const inRun = (run: string, path: string): string => join(work, 'results', run, path);

test('runs lists them newest first, each as what it is', async () => {
  writeFileSync(join(work, 'results', 'notes.txt'), 'no run');
  const { stdout, stderr, code } = await ask('runs');
  const [heading, ...lines] = stdout.trimEnd().split('\n');
  expect(heading).toMatch(/^run +campaign +started \(UTC\) +state +verdict +cells +size$/);
  expect(lines.map((line) => line.split(/ {2,}/).slice(0, 6))).toEqual([
    [CUT, 'sample', '2026-11-22 07:00:00', 'unfinished', '-', '1'],
    [LATER, 'sample', '2026-11-22 05:18:00', 'complete', 'fail', '1'],
    [SAMPLE_RUN, 'sample', '2026-11-22 05:18:00', 'complete', 'pass', '1'],
  ]);
  expect([stderr, code]).toEqual(['', 0]);
});

test('show prints what judge prints, of a path, an id and the latest run', async () => {
  const judged = await ask('judge', SAMPLE_RUN);
  expect(judged.code).toBe(0);
  const shown = await ask('show', SAMPLE_RUN);
  expect(shown.stdout).toBe(judged.stdout);
  expect(await ask('show', join('results', SAMPLE_RUN))).toMatchObject({ stdout: judged.stdout, code: 0, stderr: '' });
  const latest = await ask('show');
  expect(latest.stdout).toContain(CUT);
  expect(latest.stderr).toMatch(/found no manifest\.json: the run did not end, or goes on/);
  expect((await ask('show', SAMPLE_RUN, '--json')).stdout).toBe(
    readFileSync(inRun(SAMPLE_RUN, 'benchmarks.json'), 'utf8'),
  );
});

test('a changed computed file is named and kept, checked with exit 64, and written again when asked to', async () => {
  const report = inRun(LATER, 'report.md');
  const whole = await contents(join(work, 'results', LATER));
  appendFileSync(report, 'all is well\n');
  const kept = await ask('judge', LATER);
  expect(kept).toMatchObject({
    code: 10,
    stderr: expect.stringContaining('report.md is not what the evidence gives; it is kept'),
  });
  expect(readFileSync(report, 'utf8')).toContain('all is well');
  expect(await ask('judge', LATER, '--check')).toMatchObject({ code: 64 });
  expect(await ask('report', LATER)).toMatchObject({ code: 0, stdout: expect.stringContaining('report.md') });
  expect(await contents(join(work, 'results', LATER))).toEqual(whole);

  rmSync(inRun(LATER, 'benchmarks.json'));
  expect(await ask('judge', LATER, '--check')).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('benchmarks.json is not there'),
  });
  expect(await ask('judge', LATER)).toMatchObject({ code: 10, stderr: '' });
  expect(await contents(join(work, 'results', LATER))).toEqual(whole);
  expect(await ask('judge', LATER, '--check')).toMatchObject({ code: 10, stderr: '' });
});

test('no verb takes a result for the run’s own that its evidence does not give', async () => {
  const benchmarks = inRun(LATER, 'benchmarks.json');
  const text = readFileSync(benchmarks, 'utf8');
  writeFileSync(benchmarks, text.replaceAll('"kind": "fail"', '"kind": "pass"'));
  const shown = await ask('show', LATER);
  expect(shown).toMatchObject({
    code: 64,
    stdout: '',
    stderr: expect.stringContaining('benchmarks.json: is not the file that manifest.json lists'),
  });
  expect(await ask('report', LATER)).toMatchObject({ code: 64, stderr: expect.stringContaining('judge --write') });
  expect((await ask('judge', LATER)).code).toBe(10);
  const listed = await ask('runs', '--json');
  expect(JSON.parse(listed.stdout).map(({ state }: { state: string }) => state)).toEqual([
    'unfinished',
    'damaged',
    'complete',
  ]);
  expect(await ask('judge', LATER, '--write')).toMatchObject({
    code: 10,
    stderr: expect.stringContaining('it was written again'),
  });
  expect(readFileSync(benchmarks, 'utf8')).toBe(text);
});

test('changed evidence is refused by every verb with the file named', async () => {
  appendFileSync(inRun(LATER, 'plan.json'), ' ');
  for (const verb of ['judge', 'report']) {
    const { code, stdout, stderr } = await ask(verb, LATER);
    expect([code, stdout], verb).toEqual([64, '']);
    expect(stderr, verb).toMatch(/^loadcell: .*plan\.json: found .*it was changed after the run\n$/);
  }
});

test('a folder that somebody writes into is judged and left alone', async () => {
  const { self } = processWitness(process.pid, hostname());
  const lock = inRun(CUT, '.lock');
  writeFileSync(lock, JSON.stringify(self));
  const before = await contents(join(work, 'results', CUT));
  const judged = await ask('judge', CUT);
  expect(judged.code).toBe(13);
  expect(judged.stderr.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/the run did not end: its journal stops at .*, and it is judged up to there$/),
    expect.stringMatching(new RegExp(`nothing is written: .*found process ${process.pid} on .* writing into it`)),
  ]);
  expect((await ask('judge', CUT, '--write')).code).toBe(64);
  expect(await contents(join(work, 'results', CUT))).toEqual(before);
  expect((await ask('runs')).stdout).toMatch(new RegExp(`${CUT} .* running `));
  rmSync(lock);
});

test('a run that is not there is refused with the nearest one', async () => {
  expect(await ask('show', `${SAMPLE_RUN.slice(0, -1)}e`)).toMatchObject({
    code: 64,
    stderr: expect.stringContaining(`did you mean ${SAMPLE_RUN}?`),
  });
  expect(await ask('show', '--results', 'elsewhere')).toMatchObject({
    code: 64,
    stderr: expect.stringMatching(/^loadcell: elsewhere: found no run there/),
  });
});

test('other objectives are judged beside the run, which stays as it is', async () => {
  const before = await contents(join(work, 'results', SAMPLE_RUN));
  writeFileSync(join(work, 'slo.yaml'), 'scenarios:\n  load: [response.p95 < 4ms, errors < 5%]\n');
  const { code, stdout, stderr } = await ask('judge', SAMPLE_RUN, '--objectives', 'slo.yaml', '--out', 'stricter');
  expect([code, stderr]).toEqual([10, '']);
  expect(stdout).toMatch(/Judged by the objectives of slo\.yaml \(sha256:\w+…\), not by the run's own\./);
  expect(stdout).toContain('The limit of 4 ms on response was not in the plan');
  expect(stdout).toMatch(/\nresults {2}stricter\nverdict {2}fail \(exit 10\)\n$/);
  const files = await contents(join(work, 'stricter'));
  expect(Object.keys(files)).toEqual(['benchmarks.json', 'report.html', 'report.md', 'series/sleeper+load.1.csv']);
  const benchmarks = JSON.parse(files['benchmarks.json'] ?? '');
  expect(benchmarksSchema.parse(benchmarks)).toEqual(benchmarks);
  expect(benchmarks.rejudged).toMatchObject({ file: 'slo.yaml', cells: ['sleeper/load'] });
  expect(files['report.md']).toContain('not by the run');
  expect(files['report.html']).toContain('not by the run');
  expect(await contents(join(work, 'results', SAMPLE_RUN))).toEqual(before);
});

test('what a file of objectives cannot have is refused, and what says nothing of a cell is left out', async () => {
  writeFileSync(
    join(work, 'slo.yaml'),
    'scenarios:\n  laod: [errors < 5%]\n  load: [{ indicator: errors, below: 5%, over: 5s }]\n',
  );
  const refused = await ask('judge', SAMPLE_RUN, '--objectives', 'slo.yaml');
  expect(refused).toMatchObject({ code: 64, stdout: '' });
  expect(refused.stderr.trimEnd().split('\n')).toEqual([
    'loadcell: slo.yaml: scenarios.laod: found a name that the run does not have, did you mean load?',
    expect.stringMatching(
      /^loadcell: slo\.yaml: sleeper\/load: errors < 5% over 5s is over a window, and the run counted no window against its limit/,
    ),
  ]);
  writeFileSync(join(work, 'slo.yaml'), '- errors < 50%\n- { indicator: recovery, to: 100ms, below: 5s }\n');
  const leftOut = await ask('judge', SAMPLE_RUN, '--objectives', 'slo.yaml', '--json');
  expect(leftOut).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(
      /^loadcell: slo\.yaml: left out: sleeper\/load: recovery .* needs a phase named "peak"/,
    ),
  });
  expect(JSON.parse(leftOut.stdout).cells[0].objectives).toMatchObject([
    { objective: 'errors < 50%', verdict: 'pass' },
  ]);
  writeFileSync(join(work, 'slo.yaml'), '- errors > 5%\n');
  expect(await ask('judge', SAMPLE_RUN, '--objectives', 'slo.yaml')).toMatchObject({
    code: 64,
    stderr: expect.stringMatching(
      /^loadcell: slo\.yaml:1:3: \[0\]: found >, expected < or <= with errors.*\n {4}- errors > 5%\n {6}\^/,
    ),
  });
  for (const out of [join('results', SAMPLE_RUN, 'again'), join('results', CUT)]) {
    expect((await ask('judge', SAMPLE_RUN, '--objectives', 'slo.yaml', '--out', out)).code, out).toBe(64);
  }
});

test('export gives what HdrHistogram reads and tables that a spreadsheet reads', async () => {
  const { stdout, code } = await ask('export', SAMPLE_RUN, '--format', 'hdrlog');
  const reader = new HistogramLogReader(stdout);
  let requests = 0;
  for (let hdr = reader.nextIntervalHistogram(); hdr !== null; hdr = reader.nextIntervalHistogram())
    requests += hdr.totalCount;
  expect([code, requests]).toEqual([0, 3900]);

  const files = await ask('export', SAMPLE_RUN, '--format', 'csv', '--out', 'tables');
  expect(files.stdout).toBe(`${join('tables', 'percentiles.csv')}\n${join('tables', 'series.csv')}\n`);
  const [heading, ...rows] = readFileSync(join(work, 'tables', 'series.csv'), 'utf8')
    .trimEnd()
    .split('\n');
  const own = readFileSync(inRun(SAMPLE_RUN, 'series/sleeper+load.1.csv'), 'utf8').trimEnd().split('\n');
  expect([heading, ...rows]).toEqual(
    own.map((line, i) => (i === 0 ? `cell,trial,attempt,${line}` : `sleeper/load,1,1,${line}`)),
  );

  expect(await ask('export', SAMPLE_RUN, '--format', 'hgrm', '--cell', 'sleeper/laod')).toMatchObject({
    code: 64,
    stderr: 'loadcell: --cell: found sleeper/laod, which is no cell of this run; did you mean sleeper/load?\n',
  });
  expect(await ask('export', SAMPLE_RUN, '--format', 'hdrlog', '--metric', 'firstEvent')).toMatchObject({
    code: 64,
    stderr:
      'loadcell: --metric: found firstEvent, and no answer of the run that streamed events; expected one of response, service, wait, lag\n',
  });
  const logs = await ask('export', SAMPLE_RUN, '--format', 'hdrlog', '--out', 'logs');
  expect(logs.stdout.trimEnd().split('\n')).toEqual(
    ['response', 'service', 'wait', 'lag'].map((metric) => join('logs', `${metric}.hlog`)),
  );
});
