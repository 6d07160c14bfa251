import { readFileSync, truncateSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { type OnnxSpec, PLAIN_SESSION } from '../../src/campaign/target-spec.ts';
import { sha256OfFile } from '../../src/models/digest.ts';
import type { DATA_TYPES } from '../../src/models/element-type.ts';
import { buildReferenceModel } from '../../src/models/reference-file.ts';
import { stageReferenceModel } from '../../src/models/stage.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { onnxTarget, type ProfilePlan } from '../../src/targets/onnx.ts';
import { PlacementStore } from '../../src/targets/placement-store.ts';
import type { Target, TargetContext } from '../../src/targets/target.ts';
import { nodeMonotonic, threadClock } from '../../src/time/monotonic.ts';
import { identityModel, modelBytes, temporaryFile, temporaryFolder, tensorValue } from '../support/onnx-files.ts';

const clock = threadClock(nodeMonotonic());
const context: TargetContext = { now: () => clock.now(), random: () => 0.5 };

const specOf = async (path: string, change: Partial<OnnxSpec> = {}): Promise<OnnxSpec> => ({
  kind: 'onnx',
  model: { kind: 'file', path, sha256: await sha256OfFile(path) },
  providers: ['cpu'],
  require: null,
  threads: 1,
  session: PLAIN_SESSION,
  batch: 1,
  bind: {},
  inputs: { kind: 'random', samples: 8 },
  ...change,
});

const tinyFile = (): string => temporaryFile(buildReferenceModel('tiny-mlp', '7'));

async function opened(spec: OnnxSpec, profiles?: ProfilePlan) {
  const target = onnxTarget(spec, profiles);
  const facts = await target.open(context);
  onTestFinished(() => target.close());
  return { target, facts };
}

const sentence = async (spec: OnnxSpec): Promise<string> => {
  const path = spec.model.path;
  return opened(spec).then(
    () => 'no error',
    (error: unknown) => (error instanceof Error ? error.message.replaceAll(path, 'FILE') : String(error)),
  );
};

/** `y = x[0, 2]`, which only inputs of three columns can answer. */
const picksColumn2 = (): Uint8Array =>
  modelBytes({
    name: 'pick',
    node: [{ opType: 'Gather', input: ['x', 'column'], output: ['y'], attribute: [{ name: 'axis', type: 2, i: 1n }] }],
    initializer: [{ name: 'column', dataType: 7, dims: [], rawData: Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0) }],
    input: [tensorValue('x', 'float32', ['N', 'C'])],
    output: [tensorValue('y', 'float32', ['N'])],
  });

test('an opened model answers every sample and tells its facts', async () => {
  const staged = await stageReferenceModel('tiny-mlp', temporaryFolder(), fs);
  const model = { kind: 'reference', name: 'tiny-mlp', path: staged.path, sha256: staged.sha256 } as const;
  const { target, facts } = await opened(await specOf(staged.path, { model, batch: 4 }));
  for (let sample = 0; sample < 20; sample++) expect(await target.infer(sample)).toBe(Outcome.ok);
  expect(facts.model).toEqual({
    sha256: staged.sha256,
    bytes: staged.bytes,
    opset: 17,
    parameters: 6922,
    inputs: [{ name: 'input', type: 'float32', shape: ['N', 32] }],
    outputs: [{ name: 'probabilities', type: 'float32', shape: ['N', 10] }],
  });
  expect(facts.session).toMatchObject({
    provider: 'cpu',
    options: { intraOpThreads: 1, intraOpSpinning: 'off', placement: 'all nodes', onnxruntime: '1.30.0' },
  });
  expect(facts.session?.options).not.toHaveProperty('unavailable');
  expect(facts.inputs?.digest).toMatch(/^sha256:/);
  expect(facts.start.sessionMs).toBeGreaterThan(0);
  expect(facts.start.firstInferenceMs).toBeGreaterThan(0);
});

test('providers that this machine cannot use are passed over and named with the reason', async () => {
  const { facts } = await opened(await specOf(tinyFile(), { providers: ['coreml', 'qnn'] }));
  expect(facts.session?.provider).toBe('cpu');
  expect(facts.session?.options.requested).toBe('coreml, qnn');
  expect(facts.session?.options.unavailable).toMatch(
    /^coreml: not part of this build of onnxruntime-node; qnn: not part of/,
  );
});

test('a required provider that is not in the build is an error and no fallback', async () => {
  const path = tinyFile();
  expect(await sentence(await specOf(path, { providers: ['coreml', 'cpu'], require: 'coreml' }))).toBe(
    'require: model FILE cannot run on coreml: not part of this build of onnxruntime-node',
  );
  expect((await opened(await specOf(path, { require: 'cpu' }))).facts.session?.provider).toBe('cpu');
});

test('a profiled session tells which provider ran how many nodes, and is asked again of the store only', async () => {
  const spec = await specOf(tinyFile());
  const store = new PlacementStore(temporaryFolder(), fs, 'test');
  const first = (await opened(spec, { store, role: 'taker', node: 'here' })).facts.session;
  expect(first?.nodes).toEqual({
    cpu: { count: 4, ms: expect.any(Number), operators: { FusedGemm: 2, Gemm: 1, Softmax: 1 } },
  });
  expect(first?.nodes?.cpu?.ms).toBeGreaterThan(0);
  expect((await opened(spec, { store, role: 'taker', node: 'here' })).facts.session?.nodes).toEqual(first?.nodes);
  expect((await opened(spec, { store, role: 'other', node: 'here' })).facts.session).not.toHaveProperty('nodes');
  const off = { ...spec, session: { ...PLAIN_SESSION, profile: 'off' } } as const;
  expect((await opened(off)).facts.session).not.toHaveProperty('nodes');
});

test('graph level, execution mode and entries reach onnxruntime', async () => {
  const session = { ...PLAIN_SESSION, graph: 'disabled', execution: 'parallel', interOpThreads: 2 } as const;
  const { facts } = await opened(await specOf(tinyFile(), { session }));
  expect(facts.session?.nodes?.cpu?.operators).not.toHaveProperty('FusedGemm');
  expect(facts.session?.options).toMatchObject({
    graphOptimization: 'disabled',
    executionMode: 'parallel',
    interOpThreads: 2,
  });
  const badEntry = { ...PLAIN_SESSION, config: { 'session.load_model_format': 'ORT' } };
  expect(await sentence(await specOf(tinyFile(), { session: badEntry }))).toMatch(
    /^model FILE: onnxruntime does not load it: /,
  );
});

test.for([
  'float32',
  'float64',
  'float16',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
  'bfloat16',
] as const)('a model of %s inputs is served random values', async (type: keyof typeof DATA_TYPES) => {
  const { target } = await opened(await specOf(temporaryFile(identityModel(type, ['N', 5])), { batch: 3 }));
  expect(await target.infer(7)).toBe(Outcome.ok);
});

test('a symbol without a size is an error that names bind, and a bound one is served', async () => {
  const path = temporaryFile(identityModel('int64', ['N', 'S']));
  expect(await sentence(await specOf(path))).toContain('bind: { S: 128 }');
  const { target } = await opened(await specOf(path, { bind: { S: 128 } }));
  expect(await target.infer(0)).toBe(Outcome.ok);
});

test('files that are no models are refused with one sentence', async () => {
  const cut = temporaryFile(buildReferenceModel('tiny-mlp', '7'));
  truncateSync(cut, 10_000);
  expect(await sentence(await specOf(cut))).toBe(
    'model FILE: the file is cut short: it ends after 10000 bytes, inside its graph',
  );
  const text = temporaryFile('not a model');
  expect(await sentence(await specOf(text))).toMatch(/^model FILE: the file is not an ONNX model/);
  const gone: OnnxSpec = { ...(await specOf(text)), model: { kind: 'file', path: '/no/such.onnx', sha256: '' } };
  expect(await sentence(gone)).toMatch(/^model FILE: no such file/);
});

test('a file that has changed since the plan is refused', async () => {
  const path = tinyFile();
  const spec = await specOf(path, { model: { kind: 'file', path, sha256: 'ab'.repeat(32) } });
  expect(await sentence(spec)).toMatch(/^model FILE: its content has changed since the plan was made .*; plan again$/);
  // One worker of a runner reads the file through; the trial ends with it, so the others need not.
  const { target } = await opened(spec, { store: null, role: 'other', node: '' });
  expect(target.name).toBe('onnx');
});

test('a model that onnxruntime does not load is refused in its words, on one line', async () => {
  const unknownOperator = modelBytes({
    name: 'odd',
    node: [{ opType: 'Frobnicate', input: ['x'], output: ['y'] }],
    input: [tensorValue('x', 'float32', [1])],
    output: [tensorValue('y', 'float32', [1])],
  });
  const message = await sentence(await specOf(temporaryFile(unknownOperator)));
  expect(message).toMatch(/^model FILE: onnxruntime does not load it: .*Frobnicate/);
  expect(message).not.toContain('\n');
});

test('a model whose first request fails is refused before any measurement', async () => {
  const spec = await specOf(temporaryFile(picksColumn2()), { bind: { C: 2 } });
  expect(await sentence(spec)).toMatch(/^model FILE: its first request failed: .*indices element out of data bounds/);
});

test('a request that onnxruntime refuses is a target error with its message', async () => {
  const target: Target = onnxTarget(await specOf(tinyFile()));
  await expect(target.infer(0)).rejects.toMatchObject({ outcome: 'target-error', code: 'onnxruntime' });
});

test('several threads of one process each serve their own session', async () => {
  const path = tinyFile();
  const spec = await specOf(path, { threads: 2 });
  const entry = new URL('../support/onnx-worker.ts', import.meta.url);
  const digests = await Promise.all(
    [0, 1].map(
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(entry, { workerData: spec });
          worker.once('message', resolve);
          worker.once('error', reject);
        }),
    ),
  );
  expect(digests[0]).toEqual({ outcome: Outcome.ok, digest: expect.stringMatching(/^sha256:/) });
  expect(digests[1]).toEqual(digests[0]);
  expect(readFileSync(path).length).toBeGreaterThan(0);
});
