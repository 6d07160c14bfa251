import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Plan } from '../../../src/campaign/plan.ts';
import { asked, type ResumeOptions, resumeRun } from '../../../src/cli/resume.ts';
import type { Supervisor } from '../../../src/cli/supervise.ts';
import { packageVersion } from '../../../src/cli/version.ts';
import type { RunRequest } from '../../../src/coordinator/supervision.ts';
import { smallCell, smallPlan } from '../../support/small-plan.ts';

let results: string;
beforeEach(async () => {
  results = await mkdtemp(join(tmpdir(), 'loadcell-resume-'));
});
afterEach(() => rm(results, { recursive: true, force: true }));

const runId = '20261122T051800Z-small-7f3a';

async function folderWith(change: Partial<Plan>): Promise<string> {
  const folder = join(results, runId);
  await mkdir(folder);
  await writeFile(join(folder, 'campaign.yaml'), 'name: small\n');
  const plan = smallPlan([smallCell()], { loadcell: packageVersion(), ...change });
  await writeFile(join(folder, 'plan.json'), JSON.stringify(plan));
  return folder;
}

/** What the supervisor was asked to carry out; it reports that as its failure, so that nothing is printed. */
async function requested(run: string, more: Partial<ResumeOptions> = {}): Promise<RunRequest> {
  let asked: RunRequest | null = null;
  const supervisor = {
    run: (request: RunRequest) => {
      asked = request;
      return Promise.resolve({ kind: 'failed', exitCode: 70, message: 'asked' });
    },
  };
  const options = { results, listen: '127.0.0.1:0', quiet: true, ...more };
  const outcome = await resumeRun(run, options, supervisor as unknown as Supervisor).catch((error: unknown) => error);
  if (asked === null) throw outcome;
  return asked;
}

test('a run is named by its folder or by its id below the results, and goes on with its own plan and campaign', async () => {
  const folder = await folderWith({ seed: '99' });
  for (const run of [folder, runId, 'latest']) {
    const request = await requested(run);
    expect(request).toMatchObject({ mode: 'resume', runId, resultsDir: results, plan: { seed: '99' }, deadline: null });
    expect(String(request.campaignText)).toBe('name: small\n');
  }
});

test('a deadline counts from the start of the command, and a bare number is of seconds', async () => {
  const folder = await folderWith({});
  const { deadline } = await requested(folder, { deadline: '90' });
  expect(deadline?.text).toBe('90s');
  const leftS = Number((deadline?.at ?? 0n) - process.hrtime.bigint()) / 1e9;
  expect(leftS).toBeLessThan(90);
  expect(leftS).toBeGreaterThan(90 - performance.now() / 1000 - 1);
});

test('a file that was changed since, or is gone, is named', async () => {
  const model = join(results, 'model.onnx');
  await writeFile(model, 'as it was');
  const sha256 = createHash('sha256').update('as it was').digest('hex');
  const folder = await folderWith({
    files: [
      { path: model, sha256, bytes: 9 },
      { path: join(results, 'gone.onnx'), sha256, bytes: 9 },
    ],
  });
  await expect(requested(folder)).rejects.toThrow(/gone\.onnx: cannot be read, expected the file of the run's plan/);
  await writeFile(join(results, 'gone.onnx'), 'as it was');
  await expect(requested(folder)).resolves.toMatchObject({ mode: 'resume' });
  await writeFile(model, 'as it is');
  await expect(requested(folder)).rejects.toMatchObject({
    exitCode: 64,
    message: expect.stringMatching(/model\.onnx: found SHA-256 [0-9a-f]{12}…, expected [0-9a-f]{12}…: it was changed/),
  });
});

test('a run of another version or another schema is refused', async () => {
  const folder = await folderWith({ loadcell: '0.0.9' });
  await expect(requested(folder)).rejects.toMatchObject({
    exitCode: 64,
    message: expect.stringContaining('found a run of loadcell 0.0.9'),
  });
  await writeFile(join(folder, 'plan.json'), JSON.stringify({ kind: 'loadcell/plan', schemaVersion: 2 }));
  await expect(requested(folder)).rejects.toThrow('expected a plan of schema version 1');
});

test('code that the campaign brings along is run again only where that is allowed', async () => {
  const spec = { kind: 'custom' } as unknown as Plan['cells'][number]['spec'];
  const folder = await folderWith({ cells: [smallCell({ spec })] });
  await expect(requested(folder)).rejects.toThrow(/expected --allow-code beside --resume/);
  await expect(requested(folder, { allowCode: true })).resolves.toMatchObject({ mode: 'resume' });
});

test('a campaign is run, or a run gone on with, and never both', () => {
  expect(asked({ file: 'a.yaml', resume: undefined, changes: ['--seed'] })).toEqual({
    kind: 'campaign',
    file: 'a.yaml',
  });
  expect(asked({ file: undefined, resume: 'x', changes: [] })).toEqual({ kind: 'run', run: 'x' });
  expect(() => asked({ file: 'a.yaml', resume: 'x', changes: [] })).toThrow('found the campaign a.yaml beside it');
  expect(() => asked({ file: undefined, resume: 'x', changes: ['--seed'] })).toThrow('found --seed beside it');
  expect(() => asked({ file: undefined, resume: undefined, changes: [] })).toThrow('found no campaign');
});
