import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { benchmarksOf, freshFolder, loadcell, resultsOf } from '../support/loadcell.ts';

test('bench measures a model file, shows what was asked for, and writes the result where it was told', async () => {
  const folder = freshFolder();
  const models = join(freshFolder(), 'modèles à moi');
  mkdirSync(models);
  const made = await loadcell(['model', 'make', 'tiny-mlp', '--out', join(models, 'm.onnx')]).ended;
  expect(made.code, made.stderr).toBe(0);
  const args = ['bench', '--model', join(models, 'm.onnx'), '--duration', '2', '--warmup', '500ms', '--seed', '7'];
  const metrics = ['--metrics', 'latency,memory,gpu', '--environment', 'production', '--output', 'out.json'];
  const ended = await loadcell([...args, ...metrics, '--p95', '2s'], folder).ended;
  expect([0, 10, 12, 13], ended.stderr).toContain(ended.code);
  expect(ended.stdout).toMatch(/^ {2}memory +\d+ MiB resident/m);
  expect(ended.stdout).toMatch(/^ {2}gpu +\S/m);
  expect(ended.stdout).not.toMatch(/^ {2}cpu /m);
  expect(ended.stdout).toMatch(/verdict {2}\w+ \(exit \d+\)\n$/);
  expect(ended.stdout).not.toContain('\u001b');

  const benchmarks = benchmarksOf(folder);
  expect(benchmarks.run).toMatchObject({ campaign: 'bench-m', environment: 'production', seed: '7' });
  expect(benchmarks.cells.map(({ id }) => id)).toEqual(['m/load']);
  expect(benchmarks.cells[0]?.trials[0]?.accounting).toMatchObject({ scheduled: 200, cancelled: 0 });
  expect(readFileSync(join(folder, 'out.json'), 'utf8')).toBe(
    readFileSync(join(resultsOf(folder), 'benchmarks.json'), 'utf8'),
  );
  expect(readdirSync(folder).sort()).toEqual(['out.json', 'results']);

  // The campaign it ran is the one that it prints.
  const printed = await loadcell([...args, '--p95', '2s', '--environment', 'production', '--print-campaign'], folder)
    .ended;
  expect(printed.code).toBe(0);
  expect(printed.stderr).toBe('');
  expect(readFileSync(join(resultsOf(folder), 'campaign.yaml'), 'utf8')).toBe(printed.stdout);
});

test('the printed campaign is one that run and plan take, and --json prints one object', async () => {
  const folder = freshFolder();
  const args = ['bench', '--model', 'tiny-mlp', '--in-flight', '2', '--duration', '1', '--warmup', '0'];
  const printed = await loadcell([...args, '--print-campaign'], folder).ended;
  writeFileSync(join(folder, 'bench.yaml'), printed.stdout);
  const planned = await loadcell(['plan', 'bench.yaml'], folder).ended;
  expect(planned.code, planned.stderr).toBe(0);
  expect(planned.stdout).toContain('tiny-mlp/closed');

  const ran = await loadcell([...args, '--json', '--quiet'], folder).ended;
  expect(ran.stderr).toBe('');
  const result = JSON.parse(ran.stdout) as { folder: string; exitCode: number };
  expect(Object.keys(result)).toEqual(['runId', 'folder', 'verdict', 'exitCode']);
  expect(result.exitCode).toBe(ran.code);
  expect(existsSync(join(result.folder, 'manifest.json'))).toBe(true);
});

test.each([
  [['--model', 'tiny-mpl'], 'did you mean tiny-mlp?'],
  [['--model', 'no.onnx'], 'no.onnx: no such file'],
  [['--model', 'tiny-mlp', '--rate', '5'], '--rate: found 5, expected a rate with its unit, for example 5/s'],
  [
    ['--model', 'tiny-mlp', '--rate', '5/s', '--in-flight', '2'],
    "option '--in-flight <number>' cannot be used with option '--rate <rate>'",
  ],
  [['--model', 'tiny-mlp', '--metrics', 'gpus'], '--metrics: found gpus, did you mean gpu?'],
  [['--model', 'tiny-mlp', '--output', '.'], 'which is a folder; expected a file, for example benchmarks.json'],
  [['--model', 'tiny-mlp', '--output', 'no/where.json'], 'cannot be written: ENOENT: no such file or directory'],
  [['--duration', '5'], "required option '--model <model>' not specified"],
])('bench %j is refused before anything starts', async (args, sentence) => {
  const folder = freshFolder();
  const ended = await loadcell(['bench', '--duration', '1', ...args], folder).ended;
  expect(ended.code).toBe(64);
  expect(ended.stderr).toMatch(/^loadcell: /);
  expect(ended.stderr).toContain(sentence);
  expect(readdirSync(folder)).toEqual([]);
});
