import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { locationProblem } from '../../../src/models/external-data.ts';
import { inspectModel } from '../../../src/models/inspect.ts';
import { buildReferenceModel } from '../../../src/models/reference-file.ts';
import { referenceModelFacts } from '../../../src/models/registry.ts';
import { modelBytes, temporaryFile, temporaryFolder, tensorValue } from '../../support/onnx-files.ts';

const sentence = (path: string): string => {
  try {
    inspectModel(path);
  } catch (error) {
    if (error instanceof Error) return error.message.replace(path, 'FILE');
  }
  return 'no error';
};

test('a reference model tells its opset, shapes and parameters', () => {
  const file = buildReferenceModel('mobilenet-v2-0.35-96', '7');
  const { parameters, batchNorm } = referenceModelFacts('mobilenet-v2-0.35-96');
  expect(inspectModel(temporaryFile(file))).toEqual({
    bytes: file.length,
    irVersion: 8,
    opset: 17,
    // A bias for each folded batch normalisation's scale and shift, and the two bounds of ReLU6.
    parameters: parameters - batchNorm / 2 + 2,
    inputs: [{ name: 'input', type: 'float32', shape: ['N', 3, 96, 96], rows: null }],
    outputs: [{ name: 'logits', type: 'float32', shape: ['N', 1000], rows: null }],
    externalData: [],
  });
});

test('an input that selects rows of a table tells how many there are, the fewest where there are several tables', () => {
  const path = temporaryFile(
    modelBytes({
      node: [
        { opType: 'Gather', input: ['words', 'ids'], output: ['a'] },
        { opType: 'Gather', input: ['columns', 'ids'], output: ['b'], attribute: [{ name: 'axis', type: 2, i: 1n }] },
        { opType: 'Gather', input: ['a', 'free'], output: ['c'] },
      ],
      initializer: [
        { name: 'words', dataType: 1, dims: [100n, 2n], rawData: new Uint8Array(800) },
        { name: 'columns', dataType: 1, dims: [3n, 40n], rawData: new Uint8Array(480) },
      ],
      input: [tensorValue('ids', 'int64', ['N', '']), tensorValue('free', 'int32', [])],
      output: [tensorValue('c', 'float32', ['N'])],
    }),
  );
  const facts = inspectModel(path);
  expect(facts.inputs).toEqual([
    { name: 'ids', type: 'int64', shape: ['N', '?'], rows: 40 },
    { name: 'free', type: 'int32', shape: [], rows: null },
  ]);
  expect(facts.parameters).toBe(320);
});

test('an initialiser that older files also list as an input is no input', () => {
  const path = temporaryFile(
    modelBytes({
      initializer: [{ name: 'w', dataType: 1, dims: [2n, 2n] }],
      input: [tensorValue('x', 'float32', [1]), tensorValue('w', 'float32', [2, 2])],
    }),
  );
  expect(inspectModel(path).inputs.map(({ name }) => name)).toEqual(['x']);
});

test('weights that lie in another file are counted by their shape', () => {
  const path = temporaryFile(modelBytes({ initializer: [{ name: 'w', dataType: 1, dims: [1024n, 1024n] }] }));
  expect(inspectModel(path).parameters).toBe(1_048_576);
});

const lying = (location: string, offset: number, length: number) => ({
  name: `w${location}${offset}`,
  dataType: 1,
  dims: [BigInt(length / 4)],
  dataLocation: 1,
  externalData: [
    { key: 'location', value: location },
    { key: 'offset', value: String(offset) },
    { key: 'length', value: String(length) },
  ],
});

test('files that hold weights are named once each with what they must hold, wherever a tensor stands', () => {
  const branch = { name: 'then', initializer: [lying('branch.bin', 0, 16)], node: [] };
  const path = temporaryFile(
    modelBytes({
      node: [
        { opType: 'Constant', output: ['c'], attribute: [{ name: 'value', type: 4, t: lying('constant.bin', 8, 8) }] },
        { opType: 'If', input: ['x'], output: ['y'], attribute: [{ name: 'then_branch', type: 5, g: branch }] },
      ],
      initializer: [lying('weights.bin', 0, 400), lying('weights.bin', 4096, 100), lying('weights.bin', 1024, 8)],
      input: [tensorValue('x', 'bool', [])],
    }),
  );
  const { externalData, parameters } = inspectModel(path);
  expect(new Map(externalData.map(({ location, bytes }) => [location, bytes]))).toEqual(
    new Map([
      ['weights.bin', 4196],
      ['constant.bin', 16],
      ['branch.bin', 16],
    ]),
  );
  expect(parameters).toBe(127);
});

test('a location may not lead out of the model’s folder', () => {
  expect(locationProblem('data/weights.bin')).toBeNull();
  for (const location of ['/etc/passwd', '../w.bin', 'a/../../w.bin', 'C:\\w.bin', 'a\\b']) {
    expect(locationProblem(location)).toMatch(/which is not below the model's folder$/);
  }
  expect(locationProblem('')).toBe('names no file');
});

test('a file that is not there, a folder and an empty file are named as such', () => {
  expect(sentence('/no/such/model.onnx')).toBe(
    'model FILE: no such file; give the path of an ONNX file or the name of a reference model',
  );
  expect(sentence(temporaryFolder())).toMatch(/^model FILE: found a folder and no ONNX model/);
  expect(sentence(temporaryFile(''))).toBe('model FILE: the file is empty');
  const inside = `${temporaryFile('x')}/model.onnx`;
  expect(sentence(inside)).toMatch(/^model FILE: no such file/);
  expect(dirname(inside)).toMatch(/model\.onnx$/);
});

test('a file cut short anywhere in its graph is told from one that is no model', () => {
  const file = buildReferenceModel('tiny-mlp', '7');
  for (const bytes of [file.length - 1, 20_000, 1_000, 200]) {
    expect(sentence(temporaryFile(file.subarray(0, bytes)))).toBe(
      `model FILE: the file is cut short: it ends after ${bytes} bytes, inside its graph`,
    );
  }
  const versionAndOpset = Uint8Array.of(0x08, 8, 0x42, 2, 0x10, 17);
  expect(sentence(temporaryFile(versionAndOpset))).toBe('model FILE: the file is cut short: it holds no graph');
});

test.for([
  ['text', 'this is no model at all\n'],
  ['JSON', '{"graph": []}'],
  ['zeros', Buffer.alloc(4096)],
  ['noise', Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919 + 13) % 251))],
] as const)('%s is not an ONNX model', ([, bytes]) => {
  expect(sentence(temporaryFile(bytes))).toMatch(/^model FILE: the file is not an ONNX model/);
});

test('a Git LFS pointer is told how to become the model', () => {
  expect(sentence(temporaryFile('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n'))).toBe(
    'model FILE: the file is a Git LFS pointer and not the model itself; run `git lfs pull`',
  );
});

test('a pipe is refused and not waited for', () => {
  const path = join(temporaryFolder(), 'pipe.onnx');
  execFileSync('mkfifo', [path]);
  expect(sentence(path)).toBe('model FILE: found no regular file, expected an ONNX file');
});
