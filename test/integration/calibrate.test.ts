import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshFolder, loadcell } from '../support/loadcell.ts';

const campaign = `
name: after-calibrate
targets: { nothing: { null: {} } }
scenarios: { steady: { load: { rate: 200/s, for: 1s } } }
objectives: []
fleet: { engine: local, agents: 1, workers: 2, pacing: lowCpu }
warmup: 0s
seed: 2
`;

const childrenOf = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');

interface Shown {
  readonly ok: boolean;
  readonly ageS: number;
  readonly calibration: { readonly takenAt: string; readonly workers: number };
  readonly lines: readonly { readonly name: string; readonly verdict: string }[];
}

test('a calibration taken by hand shows its steps and is the one that the next run uses', async () => {
  const folder = freshFolder();
  const cache = { XDG_CACHE_HOME: freshFolder() };
  const args = ['calibrate', '--workers', '2', '--pacing', 'lowCpu'];
  const fresh = await loadcell([...args, '--quiet', '--fresh', '--json'], folder, cache).ended;
  expect(fresh.stderr).toBe('');
  const { ageS, calibration: earlier } = JSON.parse(fresh.stdout) as Shown;
  expect(ageS).toBe(0);

  const first = await loadcell([...args, '--fresh', '--json'], folder, cache).ended;
  const shown = JSON.parse(first.stdout) as Shown;
  expect(first.stderr.trim().split('\n')).toHaveLength(4);
  expect(first.code).toBe(shown.ok ? 0 : 13);
  expect(shown.calibration.workers).toBe(2);
  expect(shown.calibration.takenAt).not.toBe(earlier.takenAt);
  expect(shown.lines.map(({ name }) => name)).toContain('known stall, P99');
  expect(readdirSync(join(cache.XDG_CACHE_HOME, 'loadcell', 'calibration'))).toHaveLength(1);
  // A node that missed a known answer is measured again by whoever comes next; there is nothing to reuse.
  if (!shown.ok) return;

  const again = await loadcell(args, folder, cache).ended;
  expect(again.stderr).toBe('');
  expect(again.stdout).toContain(`ago (${shown.calibration.takenAt})`);
  expect(again.stdout).not.toContain('\u001b');

  writeFileSync(join(folder, 'campaign.yaml'), campaign);
  const ran = await loadcell(['run', 'campaign.yaml'], folder, cache).ended;
  expect(ran.stderr).toMatch(/calibrated on .*, from \d+ s ago/);
});

test('Ctrl-C ends a calibration at once, with its runner, and keeps nothing', async () => {
  const cache = { XDG_CACHE_HOME: freshFolder() };
  const running = loadcell(['calibrate'], freshFolder(), cache);
  await running.saw('highest rate');
  const runners = childrenOf(running.pid);
  expect(runners).toHaveLength(1);
  running.process.kill('SIGINT');
  const ended = await running.ended;
  expect(ended.code).toBe(130);
  expect(ended.stderr).toMatch(/\nloadcell: calibrate: interrupted by SIGINT; nothing was kept\n$/);
  expect(existsSync(join(cache.XDG_CACHE_HOME, 'loadcell', 'calibration'))).toBe(false);
  await expect.poll(() => runners.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 2_000 }).toEqual([]);
});

test.each([
  ['--workers', '0', /^loadcell: --workers: found 0, expected a whole number from 1 to 1024/],
  [
    '--pacing',
    'lazy',
    /^loadcell: option '--pacing <kind>' argument 'lazy' is invalid. Allowed choices are precise, lowCpu/,
  ],
])('%s %s is refused in one sentence', async (option, value, sentence) => {
  const ended = await loadcell(['calibrate', option, value]).ended;
  expect(ended.code).toBe(64);
  expect(ended.stderr).toMatch(sentence);
});
