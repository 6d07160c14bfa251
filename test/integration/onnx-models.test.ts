import { readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { ModelProtoSchema } from '../../src/models/gen/onnx_pb.ts';
import { buildReferenceModel } from '../../src/models/reference-file.ts';
import { stageReferenceModel } from '../../src/models/stage.ts';
import { stream } from '../../src/scenarios/rng.ts';
import { temporaryFolder } from '../support/onnx-files.ts';

const load = (model: Uint8Array | string): Promise<InferenceSession> => {
  const options: InferenceSession.SessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 };
  return typeof model === 'string' ? InferenceSession.create(model, options) : InferenceSession.create(model, options);
};

const image = (side: number, samples: number, seed: string): Float32Array => {
  const rng = stream(seed, 'image');
  return Float32Array.from({ length: samples * 3 * side * side }, () => rng.next());
};

async function classify(session: InferenceSession, side: number, pixels: Float32Array): Promise<number[]> {
  const samples = pixels.length / (3 * side * side);
  const outputs = await session.run({ input: new Tensor('float32', pixels, [samples, 3, side, side]) });
  const output = outputs[session.outputNames[0] ?? ''];
  expect(output?.dims).toEqual([samples, 1000]);
  return Array.from(output?.data as Float32Array);
}

const deviation = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
};

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));

test('the tiny perceptron computes what its weights say', async () => {
  const file = buildReferenceModel('tiny-mlp', '7');
  const tensors = new Map(
    fromBinary(ModelProtoSchema, file).graph?.initializer.map(({ name, rawData }) => [
      name,
      new Float32Array(Uint8Array.from(rawData).buffer),
    ]),
  );
  const layer = (name: string, x: readonly number[]): number[] => {
    const weight = tensors.get(`${name}.weight`) ?? new Float32Array();
    const bias = tensors.get(`${name}.bias`) ?? new Float32Array();
    return Array.from(bias, (b, row) =>
      x.reduce((sum, v, i) => sum + v * (weight[row * x.length + i] ?? Number.NaN), b),
    );
  };
  const rectified = (x: readonly number[]): number[] => x.map((v) => Math.max(0, v));
  const x = Array.from({ length: 32 }, (_, i) => Math.fround(Math.sin(i)));
  const logits = layer('classifier', rectified(layer('hidden.1', rectified(layer('hidden.0', x)))));
  const total = logits.reduce((sum, v) => sum + Math.exp(v), 0);

  const session = await load(file);
  const { probabilities } = await session.run({ input: new Tensor('float32', Float32Array.from(x), [1, 32]) });
  const observed = Array.from(probabilities?.data as Float32Array);
  expect(
    distance(
      observed,
      logits.map((v) => Math.exp(v) / total),
    ),
  ).toBeLessThan(1e-6);
  await session.release();
});

test.for([
  ['mobilenet-v2', 224],
  ['mobilenet-v2-1.0-128', 128],
  ['mobilenet-v2-0.35-96', 96],
  ['mobilenet-v2-1.4-224', 224],
  ['resnet-50', 224],
] as const)('%s loads and tells pictures apart, alone and in a batch alike', async ([name, side]) => {
  const session = await load(buildReferenceModel(name, '7'));
  const [one, two] = [image(side, 1, '1'), image(side, 1, '2')];
  const alone = [await classify(session, side, one), await classify(session, side, two)] as const;
  const together = await classify(session, side, Float32Array.from([...one, ...two]));

  expect(alone.flat().every(Number.isFinite)).toBe(true);
  const scale = deviation(alone[0]);
  expect(scale).toBeGreaterThan(1e-5);
  expect(distance(alone[0], alone[1])).toBeGreaterThan(0.01 * scale);
  expect(distance(alone.flat(), together)).toBeLessThan(1e-3 * scale);
  await session.release();
});

test('models of the same seed answer alike to the last bit, those of another seed do not', async () => {
  const pixels = image(96, 1, '1');
  const answer = async (seed: string): Promise<number[]> => {
    const session = await load(buildReferenceModel('mobilenet-v2-0.5-96', seed));
    const logits = await classify(session, 96, pixels);
    await session.release();
    return logits;
  };
  const first = await answer('7');
  expect(await answer('7')).toEqual(first);
  expect(distance(await answer('8'), first)).toBeGreaterThan(0.1);
});

test('BERT-base attends to tokens and not to masked ones', async () => {
  const { path, bytes } = await stageReferenceModel('bert-base', temporaryFolder(), fs);
  expect(bytes).toBe(readFileSync(path).length);
  const session = await load(path);
  const tokens = 8;
  const tensor = (values: readonly number[]): Tensor =>
    new Tensor('int64', BigInt64Array.from(values, BigInt), [values.length / tokens, tokens]);
  const pooled = async (ids: readonly number[], mask: readonly number[]): Promise<number[]> => {
    const outputs = await session.run({
      input_ids: tensor(ids),
      attention_mask: tensor(mask),
      token_type_ids: tensor(ids.map((_, i) => (i % tokens < 4 ? 0 : 1))),
    });
    expect(outputs.last_hidden_state?.dims).toEqual([ids.length / tokens, tokens, 768]);
    expect(outputs.pooler_output?.dims).toEqual([ids.length / tokens, 768]);
    return Array.from(outputs.pooler_output?.data as Float32Array);
  };
  const ids = [101, 2023, 2003, 1037, 7099, 6251, 102, 30_521];
  const others = [101, 2023, 2003, 1037, 7099, 6251, 102, 0];
  const seen = await pooled(ids, [1, 1, 1, 1, 1, 1, 1, 1]);
  const hidden = await pooled(ids, [1, 1, 1, 1, 1, 1, 1, 0]);

  expect(seen.every(Number.isFinite)).toBe(true);
  expect(deviation(seen)).toBeGreaterThan(0.01);
  expect(distance(await pooled(others, [1, 1, 1, 1, 1, 1, 1, 1]), seen)).toBeGreaterThan(1e-3);
  expect(distance(await pooled(others, [1, 1, 1, 1, 1, 1, 1, 0]), hidden)).toBeLessThan(1e-6);
  const both = await pooled([...ids, ...others], new Array(16).fill(1));
  expect(distance(both.slice(0, 768), seen)).toBeLessThan(1e-4);
  await session.release();
});
