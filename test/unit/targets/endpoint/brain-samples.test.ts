import { expect, onTestFinished, test } from 'vitest';
import type { OipCall } from '../../../../src/campaign/endpoint-spec.ts';
import { floatsOfBrain } from '../../../../src/oip/brain-floats.ts';
import type { TensorMetadata } from '../../../../src/oip/metadata.ts';
import type { Tensor } from '../../../../src/oip/tensor.ts';
import { AnswerCheck } from '../../../../src/targets/endpoint/answer-check.ts';
import { oipSamples } from '../../../../src/targets/endpoint/oip-samples.ts';
import { npy, plannedFile } from '../../../support/sample-files.ts';

const brainPort = (name: string): TensorMetadata => ({ name, datatype: 'BF16', shape: [-1, 2] });

const callOf = (inputs: OipCall['inputs']): OipCall => ({
  kind: 'oip',
  model: 'm',
  modelVersion: null,
  batch: 2,
  bind: {},
  inputs,
});

const bitsOf = ({ bytes }: Tensor): Uint16Array => new Uint16Array(Uint8Array.from(bytes).buffer);

test('drawn samples for an input of BF16 are its values, two bytes each, beside those of other types', async () => {
  const other: TensorMetadata = { name: 'z', datatype: 'FP32', shape: [-1, 3] };
  const samples = await oipSamples(callOf({ kind: 'random', samples: 8 }), [brainPort('x'), other], '7');
  const [x, z] = samples.tensors(3);
  expect([x?.name, x?.datatype, x?.shape, x?.bytes.byteLength]).toEqual(['x', 'BF16', [2, 2], 8]);
  expect([z?.name, z?.datatype, z?.shape, z?.bytes.byteLength]).toEqual(['z', 'FP32', [2, 3], 24]);
  const drawn = Array.from({ length: 8 }, (_, i) => samples.tensors(i)[0] as Tensor).flatMap((each) => [
    ...floatsOfBrain(bitsOf(each)),
  ]);
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(1);
  expect(new Set(drawn).size).toBeGreaterThan(8);
});

test('float32 of a file is sent to an input of BF16 as the nearest that it holds, and answers are held against float32', async () => {
  const values = Float32Array.of(1, -3.14, 0.1, Number.POSITIVE_INFINITY, -0, 2, 3, 4);
  const file = await plannedFile('npy', npy('<f4', [4, 2], values));
  const samples = await oipSamples(callOf({ kind: 'npy', file, input: null }), [brainPort('x')], '7');
  onTestFinished(() => samples.close());
  const [sent] = samples.tensors(1);
  expect([...bitsOf(sent as Tensor)].map((bits) => bits.toString(16))).toEqual(['3dcd', '7f80', '8000', '4000']);
  const source = { kind: 'npy', file, output: null } as const;
  const failures = async (absolute: number): Promise<(string | undefined)[]> => {
    const asked = { count: samples.count, batch: 2 };
    const check = await AnswerCheck.open({ source, absolute, relative: 0 }, [brainPort('y')], asked);
    onTestFinished(() => check.close());
    const answer: Tensor = { ...(sent as Tensor), name: 'y' };
    return [1, 0].map((sample) => check.failureOf(sample, samples.count, () => [answer])?.message);
  };
  expect(await failures(0.001)).toEqual([undefined, expect.stringContaining('expected 1 ±')]);
  expect(await failures(0)).toEqual([expect.stringContaining('sample 1, output y'), expect.any(String)]);
});
