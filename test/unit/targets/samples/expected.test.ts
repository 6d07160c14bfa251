import { expect, onTestFinished, test } from 'vitest';
import type { ExpectSpec } from '../../../../src/campaign/inputs-spec.ts';
import type { ModelTensor } from '../../../../src/models/inspect.ts';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { type Asked, Expected } from '../../../../src/targets/samples/expected.ts';
import { npy, npyText, plannedFile, zip } from '../../../support/sample-files.ts';

const output = (name: string, type: string, shape: readonly (number | string)[]): ModelTensor => ({
  name,
  type,
  shape,
  rows: null,
});

const TOLERANCE = { absolute: 0.1, relative: 0 };
const y = [output('y', 'float32', ['N', 2])];
const FIVE = Float32Array.from({ length: 10 }, (_, i) => i);

const npyOf = async (content: Buffer, name: string | null = null): Promise<ExpectSpec> => ({
  source: { kind: 'npy', file: await plannedFile('npy', content), output: name },
  ...TOLERANCE,
});
const linesOf = async (lines: readonly unknown[]): Promise<ExpectSpec> => ({
  source: { kind: 'jsonl', file: await plannedFile('jsonl', lines.map((line) => JSON.stringify(line)).join('\n')) },
  ...TOLERANCE,
});
const npzOf = async (arrays: Readonly<Record<string, Buffer>>): Promise<ExpectSpec> => {
  const members = Object.entries(arrays).map(
    ([name, content]) => ({ name: `${name}.npy`, content, how: 'stored' }) as const,
  );
  return { source: { kind: 'npz', file: await plannedFile('npz', zip(members)) }, ...TOLERANCE };
};

async function opened(spec: ExpectSpec, asked: Partial<Asked> = {}): Promise<Expected> {
  const expected = await Expected.open(spec, { outputs: y, count: 5, batch: 1, ...asked });
  onTestFinished(() => expected.close());
  return expected;
}

const sentence = (spec: ExpectSpec, asked: Partial<Asked> = {}): Promise<string> =>
  Expected.open(spec, { outputs: y, count: 5, batch: 1, ...asked }).then(
    (expected) => {
      expected.close();
      return 'no error';
    },
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

const answer = (dims: readonly number[], values: readonly number[], type = 'float32') => ({
  y: { type, dims, data: values },
});

test('the right answer is ok, and a wrong one names sample, output, place, found and expected', async () => {
  for (const spec of [
    await npyOf(npy('<f4', [5, 2], FIVE)),
    await linesOf([[0, 1], [2, 3], [4, 5], { y: [6, 7] }, [[8, 9]]]),
  ]) {
    const expected = await opened(spec);
    expect(expected.check(3, answer([1, 2], [6.05, 7]))).toBe(Outcome.ok);
    expect(() => expected.check(3, answer([1, 2], [6, 7.2]))).toThrow(
      'sample 3, output y [0, 1]: found 7.2, expected 7 ± 0.1',
    );
    expect(() => expected.check(2, answer([1, 2], [6, 7]))).toThrow(
      expect.objectContaining({
        outcome: 'wrong-output',
        code: 'y',
        message: 'sample 2, output y [0, 0]: found 6, expected 4 ± 0.1',
      }),
    );
    expect(() => expected.check(0, answer([1, 2], [Number.NaN, 1]))).toThrow('found NaN, expected 0');
  }
});

test('each sample of a batch is held against its own expectation, and after the last comes the first', async () => {
  const expected = await opened(await npyOf(npy('<f4', [5, 2], FIVE)), { batch: 3 });
  expect(expected.check(4, answer([3, 2], [8, 9, 0, 1, 2, 3]))).toBe(Outcome.ok);
  expect(() => expected.check(4, answer([3, 2], [8, 9, 0, 1, 2, 4]))).toThrow(
    'sample 1, output y [2, 1]: found 4, expected 3 ± 0.1',
  );
  expect(() => expected.check(0, answer([2, 3], [0, 1, 2, 3, 4, 5]))).toThrow(
    'sample 0, output y: found the shape [2, 3], expected 2 values for each of 3 samples in front',
  );
});

test('an answer of another size, or none, is wrong', async () => {
  const expected = await opened(await npyOf(npy('<f4', [5, 2], FIVE)));
  expect(() => expected.check(0, answer([1, 3], [0, 1, 2]))).toThrow(
    'sample 0, output y: found the shape [1, 3], expected 2 values',
  );
  expect(() => expected.check(0, {})).toThrow('found the shape none');
});

test('whole numbers, truths and texts must be equal, whatever the tolerance', async () => {
  const outputs = [output('y', 'int64', ['N', 2])];
  const expected = await opened(await npyOf(npy('<i8', [5, 2], BigInt64Array.from(FIVE, BigInt))), { outputs });
  const found = (values: readonly bigint[]) => ({ y: { type: 'int64', dims: [1, 2], data: values } });
  expect(expected.check(1, found([2n, 3n]))).toBe(Outcome.ok);
  expect(() => expected.check(1, found([2n, 4n]))).toThrow('[0, 1]: found 4, expected 3');
  const words = await opened(await npyOf(npyText(['a', 'b', 'c', 'd', 'é'], 2)), {
    outputs: [output('y', 'string', ['N'])],
  });
  expect(words.check(4, { y: { type: 'string', dims: [1], data: ['é'] } })).toBe(Outcome.ok);
  expect(() => words.check(4, { y: { type: 'string', dims: [1], data: ['e'] } })).toThrow('found e, expected é');
});

test('only the outputs that are named are compared', async () => {
  const outputs = [...y, output('z', 'float32', ['N'])];
  const [good, other] = [npy('<f4', [5, 2], FIVE), npy('<f4', [5], FIVE.subarray(0, 5))];
  const both = await opened(await npzOf({ y: good, z: other, x: good }), { outputs });
  const z = (value: number) => ({ ...answer([1, 2], [0, 1]), z: { type: 'float32', dims: [1], data: [value] } });
  expect(both.check(0, z(0))).toBe(Outcome.ok);
  expect(() => both.check(0, z(1))).toThrow('output z');
  const one = await opened(await npyOf(good, 'y'), { outputs });
  expect(one.check(0, z(1))).toBe(Outcome.ok);
  const lines = await opened(await linesOf(Array.from({ length: 5 }, (_, i) => ({ z: i, label: 'cat' }))), { outputs });
  expect(() => lines.check(3, z(2))).toThrow('sample 3, output z [0]: found 2, expected 3 ± 0.1');
});

test('expectations that do not fit are refused before anything starts', async () => {
  const good = npy('<f4', [5, 2], FIVE);
  expect(await sentence(await npyOf(good), { count: 6 })).toBe(
    'expect.npy.file: found 5 expected outputs in samples.npy, expected 6, one for each sample of the inputs',
  );
  const outputs = [...y, output('z', 'float32', ['N'])];
  expect(await sentence(await npyOf(good), { outputs })).toBe(
    "expect.npy.output: found no output, expected one of the model's outputs: y, z",
  );
  expect(await sentence(await npyOf(npy('<f4', [5, 2, 1, 3], new Float32Array(30))))).toBe(
    "expect.npy.file: found expectations of shape [2, 1, 3] in samples.npy, expected those of the model's output y: [2]",
  );
  expect(await sentence(await npyOf(npyText(['a', 'b', 'c', 'd', 'e'], 1)))).toContain('expected float32 as the model');
  expect(await sentence(await npzOf({ q: good }))).toBe(
    'expect.npz.file: found no array in samples.npz named after an output, expected some of y',
  );
  expect(await sentence(await linesOf([{ q: 1 }]))).toContain('found no output in record 1 of samples.jsonl');
  expect(await sentence(await linesOf([{ y: [0, 1] }, {}, 1, 2, 3]))).toContain(
    'found record 2 of samples.jsonl without the output y',
  );
  expect(await sentence(await linesOf([{ y: [0, null] }, 1, 1, 2, 3]))).toContain('found null, expected a number');
});
