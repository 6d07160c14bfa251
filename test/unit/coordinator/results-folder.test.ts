import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createResultsFolder,
  digestFiles,
  manifestOf,
  runIdOf,
  writeWhole,
} from '../../../src/coordinator/results-folder.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'loadcell-results-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const ID = '20261122T051800Z-smoke-7f3a';

test('a run is named by its start in UTC, its campaign and four hex digits', () => {
  expect(runIdOf(Date.UTC(2026, 10, 22, 5, 18, 0, 417), 'smoke', '7f3a')).toBe(ID);
});

test('a results folder is made with all its parents', async () => {
  const folder = await createResultsFolder(join(root, 'deep', 'results'), ID);
  expect(folder).toBe(join(root, 'deep', 'results', ID));
  expect((await readdir(folder)).sort()).toEqual(['journal', 'nodes', 'series', 'telemetry']);
});

test('a folder that exists is never written into', async () => {
  await createResultsFolder(root, ID);
  await expect(createResultsFolder(root, ID)).rejects.toMatchObject({
    code: 'path',
    message: `${join(root, ID)}: exists already; every run needs a folder of its own`,
  });
});

test('a file where a folder should be is named', async () => {
  await writeFile(join(root, 'results'), 'a file');
  for (const results of [join(root, 'results', 'x'), join(root, 'results')]) {
    await expect(createResultsFolder(results, ID)).rejects.toMatchObject({
      code: 'path',
      message: expect.stringContaining('a part of this path is a file'),
    });
  }
});

test.skipIf(process.platform !== 'linux')('where no folder can be made that is said, and soon', async () => {
  const message = 'found no folder to write it into and none can be made there; choose another folder with --results';
  await expect(writeWhole('/proc/loadcell/export/a.csv', 'a')).rejects.toMatchObject({
    code: 'evidence-unwritable',
    message: `/proc/loadcell/export/a.csv: ${message}`,
  });
  await expect(createResultsFolder('/proc/loadcell', ID)).rejects.toMatchObject({
    code: 'path',
    message: `/proc/loadcell/${ID}: ${message}`,
  });
});

test('folders that several writers make at once are there for each of them', async () => {
  const paths = ['a', 'b', 'c', 'd'].map((name) => join(root, 'x', 'y', 'z', name));
  await Promise.all(paths.map((path) => writeWhole(path, path)));
  expect((await readdir(join(root, 'x', 'y', 'z'))).sort()).toEqual(['a', 'b', 'c', 'd']);
});

test.skipIf(process.platform !== 'linux')(
  'a file system that makes no folders is refused, not tried for ever',
  async () => {
    await expect(createResultsFolder('/proc/loadcell', ID)).rejects.toMatchObject({ code: 'path' });
  },
);

test.skipIf(process.getuid?.() === 0)('a folder of somebody else is refused before the start', async () => {
  await chmod(root, 0o500);
  await expect(createResultsFolder(root, ID)).rejects.toMatchObject({
    code: 'permission',
    message: `${join(root, ID)}: no permission to write there; choose a folder of your own with --results`,
  });
});

test('a file is whole under its name or not there, and nothing is left beside it', async () => {
  const path = join(root, 'nodes', 'a.json');
  await writeWhole(path, '{"a":1}\n');
  await writeWhole(path, '{"a":2}\n');
  expect(await readFile(path, 'utf8')).toBe('{"a":2}\n');
  expect(await readdir(join(root, 'nodes'))).toEqual(['a.json']);
});

test('a file that cannot be written says why', async () => {
  await mkdir(join(root, 'report.md'));
  await expect(writeWhole(join(root, 'report.md'), 'x')).rejects.toMatchObject({ code: 'evidence-unwritable' });
});

test('the manifest lists every other file as sha256sum does', async () => {
  await writeWhole(join(root, 'plan.json'), '{}\n');
  await writeWhole(join(root, 'journal', '000001.log'), new Uint8Array(100_000).fill(7));
  await writeFile(join(root, '.report.md.tmp'), 'half');
  const files = await digestFiles(root, () => true);
  const manifest = JSON.parse(manifestOf(files.toReversed()));
  expect(manifest.files.map((file: { path: string }) => file.path)).toEqual(['journal/000001.log', 'plan.json']);
  for (const { path, sha256, bytes } of manifest.files) {
    expect(execFileSync('sha256sum', [join(root, path)], { encoding: 'utf8' }).slice(0, 64)).toBe(sha256);
    expect((await readFile(join(root, path))).length).toBe(bytes);
  }
  expect(await digestFiles(root, (path) => path.startsWith('journal/'))).toEqual([manifest.files[0]]);
});
