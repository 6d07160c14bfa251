import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { TrialFiles } from '../../../../src/agent/files/trial-files.ts';
import type { OnnxSpec } from '../../../../src/campaign/target-spec.ts';
import { systemWallClock } from '../../../../src/time/monotonic.ts';
import { CannedPieces, fileOfPlan, inPieces, sha256Of } from '../../../support/canned-pieces.ts';
import { temporaryFolder } from '../../../support/onnx-files.ts';
import { trialSpec } from '../../../support/trial-spec.ts';

const MODEL = 'a model';
const DATA = 'its weights';

/** A trial with a model and the weights beside it, as they lie below `root` where the plan was made. */
function modelTrial(root: string, there: { readonly model?: string; readonly data?: string } = {}) {
  const model = fileOfPlan(MODEL, join(root, 'models', 'm.onnx'));
  const data = fileOfPlan(DATA, join(root, 'models', 'weights', 'w.bin'));
  const target = {
    kind: 'onnx',
    model: { kind: 'file', path: model.path, sha256: model.sha256, data: [{ ...data, cache: '/planner/cache' }] },
  } as unknown as OnnxSpec;
  const files = [
    { ...model, ...(there.model === undefined ? {} : { there: there.model }) },
    { ...data, ...(there.data === undefined ? {} : { there: there.data }) },
  ];
  return trialSpec({ target, files });
}

function filesIn(folder: string) {
  const source = new CannedPieces((stream) => inPieces(stream === 1 ? MODEL : DATA));
  const files = new TrialFiles({
    folder: join(folder, 'sent'),
    derived: join(folder, 'derived'),
    source,
    node: 'node-1',
    nonce: 'abc',
    nowMs: systemWallClock.nowMs,
  });
  onTestFinished(() => files.close());
  return { files, source };
}

async function provided(files: TrialFiles, spec: ReturnType<typeof trialSpec>) {
  const provision = await files.provide(spec);
  if (provision?.kind !== 'files-provided') throw new Error(provision?.message ?? 'abandoned');
  const { target } = provision.spec;
  if (target.kind !== 'onnx' || target.model.kind !== 'file') throw new Error('no model');
  return target.model;
}

test('files that lie where the plan found them are used there, and nothing is sent', async () => {
  const folder = temporaryFolder();
  const spec = modelTrial(folder);
  mkdirSync(join(folder, 'models', 'weights'), { recursive: true });
  writeFileSync(join(folder, 'models', 'm.onnx'), MODEL);
  writeFileSync(join(folder, 'models', 'weights', 'w.bin'), DATA);
  const { files, source } = filesIn(folder);
  const model = await provided(files, spec);
  expect(model.path).toBe(join(folder, 'models', 'm.onnx'));
  expect(model.data?.[0]?.cache).toBe(join(folder, 'derived'));
  expect(source.asked).toEqual([]);
});

test('files that do not, or are other ones, come by content and lie beside each other as before', async () => {
  const folder = temporaryFolder();
  const spec = modelTrial('/nowhere/campaign');
  const { files, source } = filesIn(folder);
  const model = await provided(files, spec);
  expect(source.asked).toEqual([0, 0]);
  expect(readFileSync(model.path, 'utf8')).toBe(MODEL);
  expect(model.data?.[0]?.path).toBe(join(model.path, '..', 'weights', 'w.bin'));
  expect(readFileSync(model.data?.[0]?.path ?? '', 'utf8')).toBe(DATA);
  expect((await provided(files, spec)).path).toBe(model.path);
  expect(source.asked).toEqual([0, 0]);
  await files.close();
  expect(readdirSync(join(folder, 'sent', 'agents'))).toEqual([]);
});

test('what another agent left that gives no sign of life goes; what one uses stays', async () => {
  const folder = temporaryFolder();
  const agents = join(folder, 'sent', 'agents');
  for (const name of ['dead', 'alive']) mkdirSync(join(agents, name, 'campaign'), { recursive: true });
  const long = new Date(Date.now() - 3_600_000);
  utimesSync(join(agents, 'dead'), long, long);
  await provided(filesIn(folder).files, modelTrial('/nowhere/campaign'));
  expect(readdirSync(agents).sort()).toEqual(['abc', 'alive']);
});

test('a file that is said to lie on the node is verified there and never sent', async () => {
  const folder = temporaryFolder();
  const there = { model: join(folder, 'm.onnx'), data: join(folder, 'w.bin') };
  writeFileSync(there.model, MODEL);
  writeFileSync(there.data, DATA);
  const { files, source } = filesIn(folder);
  const spec = modelTrial('/nowhere/campaign', there);
  expect((await provided(files, spec)).path).toBe(there.model);
  writeFileSync(there.data, 'other weights');
  const expected = `expected /nowhere/campaign/models/weights/w.bin there, SHA-256 ${sha256Of(DATA)}, as fleet.alreadyThere says`;
  expect(await files.provide(spec)).toEqual({
    kind: 'files-refused',
    message: `${there.data}: found SHA-256 ${sha256Of('other weights')} on node-1, ${expected}`,
  });
  rmSync(there.data);
  expect(await files.provide(spec)).toEqual({
    kind: 'files-refused',
    message: `${there.data}: found no such file on node-1, ${expected}`,
  });
  expect(source.asked).toEqual([]);
});

test('a provision that is abandoned tells nothing', async () => {
  const { files } = filesIn(temporaryFolder());
  const provision = files.provide(modelTrial('/nowhere/campaign'));
  files.abandon();
  expect(await provision).toBeNull();
});
