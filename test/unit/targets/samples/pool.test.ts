import { expect, onTestFinished, test } from 'vitest';
import type { InputsSpec } from '../../../../src/campaign/inputs-spec.ts';
import type { BoundInput } from '../../../../src/targets/onnx-shapes.ts';
import { openPool, type SamplePool } from '../../../../src/targets/samples/pool.ts';
import { npy, npyText, plannedFile, zip } from '../../../support/sample-files.ts';

type FileInputs = Exclude<InputsSpec, { kind: 'random' }>;

const input = (name: string, type: string, dims: readonly number[]): BoundInput => ({ name, type, dims, rows: null });

async function opened(spec: FileInputs, inputs: readonly BoundInput[], batch = 1): Promise<SamplePool> {
  const pool = await openPool(spec, inputs, batch);
  onTestFinished(() => pool.close());
  return pool;
}

/** What a request that begins with sample `first` holds, by input. */
function asked(pool: SamplePool, first: number): unknown[][] {
  pool.lay(first);
  return pool.memories.map((memory) => [
    ...(memory.kind === 'texts' ? memory.data : (memory.values as ArrayLike<unknown> as unknown[])),
  ]);
}

const sentence = (spec: FileInputs, inputs: readonly BoundInput[], batch = 1): Promise<string> =>
  openPool(spec, inputs, batch).then(
    (pool) => {
      try {
        pool.probe();
        return 'no error';
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      } finally {
        pool.close();
      }
    },
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

/** Five samples of two values: 0 1, 2 3, 4 5, 6 7, 8 9. */
const FIVE = Float32Array.from({ length: 10 }, (_, i) => i);
const x = (batch = 1) => [input('x', 'float32', [batch, 2])];

const npyOf = async (content: Buffer, name: string | null = null): Promise<FileInputs> => ({
  kind: 'npy',
  file: await plannedFile('npy', content),
  input: name,
});
const linesOf = async (lines: readonly unknown[]): Promise<FileInputs> => ({
  kind: 'jsonl',
  file: await plannedFile(
    'jsonl',
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  ),
});

test('a sample is found by its index, in an array, an archive, a raw file and lines alike', async () => {
  const array = npy('<f4', [5, 2], FIVE);
  const pools = [
    await opened(await npyOf(array), x()),
    await opened(
      { kind: 'npz', file: await plannedFile('npz', zip([{ name: 'x.npy', content: array, how: 'stored' }])) },
      x(),
    ),
    await opened(
      { kind: 'npz', file: await plannedFile('npz', zip([{ name: 'x.npy', content: array, how: 'deflated' }])) },
      x(),
    ),
    await opened({ kind: 'raw', file: await plannedFile('raw', Buffer.from(FIVE.buffer)), input: null }, x()),
    await opened(await linesOf([[0, 1], { x: [2, 3] }, { x: [[4, 5]], id: 7 }, [6, 7], [8, 9]]), x()),
  ];
  for (const pool of pools) {
    expect(pool.count).toBe(5);
    expect(asked(pool, 3)).toEqual([[6, 7]]);
    expect(asked(pool, 0)).toEqual([[0, 1]]);
    expect(asked(pool, 2)).toEqual([[4, 5]]);
  }
});

test('a request takes as many samples as the batch, and after the last comes the first', async () => {
  const array = npy('<f4', [5, 2], FIVE);
  const four = await opened(await npyOf(array), x(4), 4);
  expect(asked(four, 0)).toEqual([[0, 1, 2, 3, 4, 5, 6, 7]]);
  expect(asked(four, 3)).toEqual([[6, 7, 8, 9, 0, 1, 2, 3]]);
  const twelve = await opened(await npyOf(array), x(12), 12);
  expect(asked(twelve, 4)[0]?.slice(0, 14)).toEqual([8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
  const lines = await opened(
    await linesOf([
      [0, 1],
      [2, 3],
      [4, 5],
    ]),
    x(2),
    2,
  );
  expect(asked(lines, 2)).toEqual([[4, 5, 0, 1]]);
});

test('a raw file holds the tensors of all inputs of one sample after those of another', async () => {
  const bytes = Buffer.alloc(3 * 12);
  for (let i = 0; i < 3; i++) {
    bytes.writeFloatLE(i + 0.5, 12 * i);
    bytes.writeBigInt64LE(BigInt(-i), 12 * i + 4);
  }
  const inputs = [input('a', 'float32', [2, 1]), input('b', 'int64', [2])];
  const pool = await opened({ kind: 'raw', file: await plannedFile('raw', bytes), input: null }, inputs, 2);
  expect(pool.count).toBe(3);
  expect(asked(pool, 2)).toEqual([
    [2.5, 0.5],
    [-2n, 0n],
  ]);
});

test('an array that fills one input of several leaves usual values in the others', async () => {
  const inputs = [...x(), input('gain', 'float32', [3])];
  const pool = await opened(await npyOf(npy('<f4', [5, 2], FIVE), 'x'), inputs);
  const [, gain] = asked(pool, 4);
  expect(gain?.every((value) => typeof value === 'number' && value >= 0 && value < 1)).toBe(true);
  expect(asked(pool, 1)).toEqual([[2, 3], gain]);
});

test('text is read from arrays and lines', async () => {
  const words = [input('words', 'string', [1, 2])];
  const pool = await opened(await npyOf(npyText(['a', 'bé', 'c\u{1f642}', ''], 3, [2, 2])), words);
  expect(asked(pool, 1)).toEqual([['c\u{1f642}', '']]);
  expect(asked(pool, 0)).toEqual([['a', 'bé']]);
  expect(asked(await opened(await linesOf([['x', 'y']]), words), 0)).toEqual([['x', 'y']]);
});

test('halves keep their bits, and lines become halves', async () => {
  const halves = [input('h', 'float16', [1, 2])];
  const pool = await opened(await npyOf(npy('<f2', [2, 2], Uint16Array.of(0x3c00, 0x4000, 0x7e00, 0xfc00))), halves);
  expect(asked(pool, 0)).toEqual([[1, 2]]);
  expect(asked(pool, 1)).toEqual([[Number.NaN, Number.NEGATIVE_INFINITY]]);
  expect(asked(await opened(await linesOf([[0.1, 'NaN']]), halves), 0)[0]?.[0]).toBeCloseTo(0.1, 4);
});

test('a fixed first dimension that is no batch belongs to the sample', async () => {
  const frames = [input('frames', 'float32', [5, 2])];
  const pool = await opened(await npyOf(npy('<f4', [1, 5, 2], FIVE)), frames);
  expect(asked(pool, 0)).toEqual([[...FIVE]]);
});

test('what does not fit the model is told with its place, what was found and what would be right', async () => {
  const array = npy('<f4', [5, 2], FIVE);
  expect(await sentence(await npyOf(npy('<f8', [5, 2], new Float64Array(10))), x())).toBe(
    "inputs.npy.file: found float64 in samples.npy, expected float32, the type of the model's input x: save array.astype(np.float32)",
  );
  expect(await sentence(await npyOf(npy('<f4', [2, 5], FIVE)), x())).toBe(
    "inputs.npy.file: found samples of shape [5] in samples.npy, expected [2], one sample of the model's input x",
  );
  expect(await sentence(await npyOf(array.subarray(0, -1)), x())).toBe(
    'inputs.npy.file: found samples.npy cut short after 167 bytes, expected 168 as its header says',
  );
  expect(await sentence(await npyOf(npy('<f4', [0, 2], new Float32Array())), x())).toContain(
    'expected at least one sample',
  );
  expect(await sentence(await npyOf(npy('<f4', [], new Float32Array(1))), x())).toContain('found a single value');
  const two = [...x(), input('y', 'float32', [1])];
  expect(await sentence(await npyOf(array), two)).toBe(
    "inputs.npy.input: found no input, expected one of the model's inputs: x, y",
  );
  expect(await sentence(await npyOf(array, 'z'), x())).toBe(
    "inputs.npy.input: found z, expected one of the model's inputs: x",
  );
  expect(await sentence({ kind: 'npz', file: await plannedFile('npz', zip([])) }, x())).toBe(
    'inputs.npz.file: found no array x in samples.npz, expected one for each input: x',
  );
  expect(await sentence({ kind: 'raw', file: await plannedFile('raw', Buffer.alloc(41)), input: null }, x())).toBe(
    'inputs.raw.file: found 41 bytes in samples.raw, expected a multiple of 8, the bytes of one sample (x float32 [2])',
  );
  expect(await sentence(await npyOf(array), [input('x', 'float32', [2])], 4)).toBe(
    "batch: found 4, but the model's input x [2] does not take 4 samples in front; expected 1",
  );
  expect(await sentence(await npyOf(array), [input('x', 'complex64', [1, 2])])).toContain('found the type complex64');
});

test('a line is refused with its number, wherever in the file it stands', async () => {
  const good = Array.from({ length: 2000 }, () => [0, 1]);
  expect(await sentence(await linesOf([[0, 1], [2]]), x())).toBe(
    'inputs.jsonl.file: found values of shape [1], expected [2] (record 2 of samples.jsonl, input x)',
  );
  expect(await sentence(await linesOf([...good, '[0, NaN]']), x())).toMatch(
    /^inputs\.jsonl\.file: found record 2001 of samples\.jsonl, which is no JSON \(.*\); write NaN and Infinity as text$/,
  );
  expect(await sentence(await linesOf([{ y: [0, 1] }]), x())).toBe(
    "inputs.jsonl.file: found the keys y in record 1 of samples.jsonl, expected a map with the model's input x",
  );
  expect(await sentence(await linesOf([5]), [...x(), input('y', 'float32', [1])])).toContain('found 5 in record 1');
  expect(await sentence(await linesOf(['']), x())).toContain('found no line in samples.jsonl');
});

test('a line between those that were looked at is refused when it is drawn', async () => {
  const lines = Array.from({ length: 5000 }, (_, i) => (i === 4001 ? [0, 'one'] : [0, 1]));
  const spec = await linesOf(lines);
  const pool = await opened(spec, x());
  pool.lay(4000);
  expect(() => pool.lay(4001)).toThrow(
    'inputs.jsonl.file: found "one", expected a number (record 4002 of samples.jsonl, input x)',
  );
});
