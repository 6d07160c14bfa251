import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { benchmarksOf, loadcell, resultsOf, startCampaign } from '../support/loadcell.ts';

/**
 * 20 places of 50 ms take 400/s; limits lie far above what a busy machine adds. Levels are short: what is found is as wide as
 * that makes it, and how the search goes on is what is looked at here.
 */
const campaign = (more = ''): string => `
name: search
targets: { sleeper: { sleep: { constant: 50ms } } }
scenarios:
  most: { peak: { from: 50/s, until: 800/s, every: 1s } }
  some: { load: { rate: 50% of peak, for: 1s } }
objectives: [response.p95 < 2s, errors < 50%]
fleet: { workers: 4, pacing: lowCpu }
retryInvalid: 5
warmup: 0s
drain: 1s
timeout: 5s
seed: 7
${more}
`;

const bytesOf = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8');

const levelsOf = (folder: string) => benchmarksOf(folder).cells[0]?.peak?.levels ?? [];

test('a search that was interrupted goes on where it was, to an end, and is judged again to the same bytes', async () => {
  const run = startCampaign(campaign());
  await run.saw('looking inside the bracket');
  run.process.kill('SIGINT');
  const interrupted = await run.ended;
  expect(interrupted.code, interrupted.stderr).toBe(130);
  const before = levelsOf(run.folder);
  expect(before.length).toBeGreaterThanOrEqual(2);
  expect(benchmarksOf(run.folder).cells[0]?.peak).toMatchObject({ ending: 'unfinished' });

  const resumed = await loadcell(['run', '--resume', 'latest'], run.folder).ended;
  const folder = resultsOf(run.folder);
  const { cells, run: facts } = benchmarksOf(run.folder);
  expect(facts.state, resumed.stderr).toBe('complete');
  const [most] = cells;
  expect(most?.peak?.ending).not.toBe('unfinished');
  expect(levelsOf(run.folder).slice(0, before.length)).toEqual(before);
  const rates = levelsOf(run.folder).map(({ rate }) => rate);
  expect(rates.slice(0, 2)).toEqual([50, 100]);
  expect(new Set(most?.trials.map(({ scheduleDigest }) => scheduleDigest)).size).toBeGreaterThan(2);

  const level = most?.trials[1];
  const arrivals = ['plan', 'campaign.yaml', '--arrivals', 'sleeper/most', '--trial', '2', '--rate', '100/s'];
  const printed = await loadcell(arrivals, run.folder).ended;
  expect(printed.code, printed.stderr).toBe(0);
  expect(`sha256:${createHash('sha256').update(printed.stdout).digest('hex')}`).toBe(level?.scheduleDigest);

  const check = await loadcell(['judge', folder, '--check'], run.folder).ended;
  expect(check.code, check.stdout + check.stderr).not.toBe(64);
  const shown = await loadcell(['show', folder], run.folder).ended;
  expect(shown.stdout).toContain('peak/s');
  expect(bytesOf(folder, 'report.md')).toContain('maximum rate');
}, 240_000);

test('a target whose first level breaks has no peak, and a share of it is not run, in words', async () => {
  const run = startCampaign(campaign().replace('constant: 50ms', 'constant: 3s'));
  const { stdout, code, stderr } = await run.ended;
  expect(code, stderr).not.toBe(0);
  const [most, some] = benchmarksOf(run.folder).cells;
  expect(most?.peak).toMatchObject({ ending: 'below-from', rate: { value: null } });
  expect(some).toMatchObject({ trials: [], notRun: [{ trial: 1, cause: 'no-peak' }] });
  expect(some?.verdict.reasons[0]?.hint).toContain('why the search found no peak');
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('No maximum rate was found: the first level broke');
}, 60_000);

test('loadcell peak prints the campaign that it stands for, and a search in a plan says how long it takes', async () => {
  const printed = await loadcell([
    'peak',
    '--model',
    'tiny-mlp',
    '--p95',
    '80ms',
    '--until',
    '500/s',
    '--print-campaign',
  ]).ended;
  expect(printed).toMatchObject({ code: 0, stdout: expect.stringContaining('response.p95 < 80ms') });
  const bad = await loadcell(['peak']).ended;
  expect(bad).toMatchObject({
    code: 64,
    stderr: expect.stringMatching(/^loadcell: peak: found neither a campaign nor a model/),
  });
});
