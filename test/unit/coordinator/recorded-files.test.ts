import { appendFile, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { computeResults, judgeFolder } from '../../../src/coordinator/judge-folder.ts';
import { jsonText } from '../../../src/coordinator/results-folder.ts';
import { type RecordedOptions, recordedFolder } from '../../support/recorded-folder.ts';
import { samplePlan } from '../../support/run-journal.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'loadcell-recorded-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A complete folder. */
async function complete(options: RecordedOptions = {}): Promise<string> {
  const folder = await recordedFolder(root, options);
  await judgeFolder(folder);
  return folder;
}

async function flipped(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

test('an untouched folder is taken as it is', async () => {
  const folder = await complete();
  expect((await computeResults(folder)).benchmarks).toEqual(
    JSON.parse(await readFile(join(folder, 'benchmarks.json'), 'utf8')),
  );
});

test('one changed bit of the journal is named, with the manifest and without it', async () => {
  const folder = await complete();
  const journal = join(folder, 'journal', '000001.log');
  await flipped(journal, 20_000);
  await expect(computeResults(folder)).rejects.toMatchObject({
    code: 'path',
    message: expect.stringMatching(
      /000001\.log: found [\d,]+ bytes with SHA-256 \w{12}…, manifest\.json lists .*changed after the run/,
    ),
  });
  await rm(join(folder, 'manifest.json'));
  await expect(computeResults(folder)).rejects.toThrow(/000001\.log: found .* benchmarks\.json lists .*changed/);
  await rm(join(folder, 'benchmarks.json'));
  await expect(computeResults(folder)).rejects.toThrow(/000001\.log: corrupt at byte \d+: .*checksum/);
});

test('a changed plan is named: by the manifest, and by the journal alone', async () => {
  const folder = await complete();
  const plan = { ...samplePlan, seed: '8' };
  await writeFile(join(folder, 'plan.json'), jsonText(plan));
  await expect(computeResults(folder)).rejects.toThrow(/plan\.json: found .*manifest\.json lists/);

  const unfinished = await recordedFolder(join(root, 'unfinished'));
  await writeFile(join(unfinished, 'plan.json'), jsonText(plan));
  await expect(computeResults(unfinished)).rejects.toThrow(/plan\.json: found sha256:.*the journal was written for/);
});

test('a changed campaign is named by the plan, whatever else is there', async () => {
  const folder = await recordedFolder(root);
  await appendFile(join(folder, 'campaign.yaml'), '# harmless\n');
  await expect(computeResults(folder)).rejects.toThrow(
    /campaign\.yaml: found SHA-256 .*plan\.json was made of a campaign/,
  );
});

test('a missing file of the journal is named: in the middle, and at the end', async () => {
  const folder = await complete({ rotateBytes: 8_000 });
  const files = (await readdir(join(folder, 'journal'))).sort();
  expect(files.length).toBeGreaterThan(3);
  const last = files.at(-1) ?? '';
  const away = join(root, 'away.log');
  await rename(join(folder, 'journal', last), away);
  await expect(computeResults(folder)).rejects.toThrow(`${last}: not found, manifest.json lists it with`);
  await rename(away, join(folder, 'journal', last));
  await computeResults(folder);

  await rm(join(folder, 'manifest.json'));
  await rm(join(folder, 'benchmarks.json'));
  await rm(join(folder, 'journal', '000002.log'));
  await expect(computeResults(folder)).rejects.toThrow(`000002.log: not found, though the journal goes on in ${last}`);
});

test('a file added to the journal is named', async () => {
  const folder = await complete();
  await writeFile(join(folder, 'journal', '000002.log'), await readFile(join(folder, 'journal', '000001.log')));
  await expect(computeResults(folder)).rejects.toThrow('000002.log: manifest.json does not list it: it was added');
});

test('every changed file is told at once', async () => {
  const folder = await complete();
  await flipped(join(folder, 'journal', '000001.log'), 20_000);
  await rm(join(folder, 'campaign.yaml'));
  const lines = await computeResults(folder).then(
    () => [],
    (error: Error) => error.message.split('\n'),
  );
  expect(lines).toHaveLength(2);
});

test('a manifest that is none is refused', async () => {
  const folder = await complete();
  await writeFile(join(folder, 'manifest.json'), '{"files": 7}');
  await expect(computeResults(folder)).rejects.toThrow('manifest.json: found another kind of file');
});

test('a run whose coordinator died is judged up to its last whole record, and gets no manifest', async () => {
  const folder = await recordedFolder(root, { records: 40 });
  const journal = join(folder, 'journal', '000001.log');
  const whole = (await readFile(journal)).length;
  const before = await computeResults(folder);
  await appendFile(journal, Buffer.from([9, 0, 0, 0, 1, 2, 3]));
  const torn = await judgeFolder(folder);
  expect(torn.run.state).toBe('aborted');
  expect(torn.cells).toEqual(before.benchmarks.cells);
  expect(torn.verdict.kind).toBe('invalid');
  expect(await readdir(folder)).not.toContain('manifest.json');

  await truncate(journal, whole - 1);
  await expect(computeResults(folder)).rejects.toThrow(/benchmarks\.json lists/);
});

test('a journal that went on after it was judged is no changed journal', async () => {
  const folder = await recordedFolder(root, { records: 40 });
  await judgeFolder(folder);
  const full = await recordedFolder(join(root, 'full'));
  const journal = join('journal', '000001.log');
  await writeFile(join(folder, journal), await readFile(join(full, journal)));
  expect((await judgeFolder(folder)).run.state).toBe('complete');
  expect(await readdir(folder)).toContain('manifest.json');
});
