import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  buildReferenceModel,
  encodeReferenceModel,
  isReferenceModel,
  nearestReference,
  referenceModelFacts,
  referenceModelNames,
} from '../../../src/models/registry.ts';

test('MobileNetV2 comes in all its published widths and resolutions', () => {
  expect(referenceModelNames.filter((name) => name.startsWith('mobilenet-v2-'))).toHaveLength(30);
  for (const name of ['mobilenet-v2-0.35-96', 'mobilenet-v2-1.0-128', 'mobilenet-v2-1.4-224']) {
    expect(isReferenceModel(name)).toBe(true);
  }
  expect(isReferenceModel('mobilenet-v2-1-128')).toBe(false);
});

test('a mistyped name is told the model it most likely meant', () => {
  expect(nearestReference('mobilenetv2')).toBe('mobilenet-v2');
  expect(nearestReference('resnet50')).toBe('resnet-50');
  expect(nearestReference('llama')).toBeNull();
  expect(() => referenceModelFacts('resnet50')).toThrow(
    'model: found resnet50, which is no reference model; did you mean resnet-50?',
  );
});

test('the same name and seed give the same bytes, another seed gives others of the same length', () => {
  const digest = (seed: string): string =>
    createHash('sha256').update(buildReferenceModel('tiny-mlp', seed)).digest('hex');
  expect(digest('7')).toBe(digest('7'));
  expect(digest('8')).not.toBe(digest('7'));
  expect(buildReferenceModel('tiny-mlp', '7').length).toBe(buildReferenceModel('tiny-mlp', '8').length);
});

test('a model’s stated length is the length of its pieces', () => {
  for (const name of ['tiny-mlp', 'mobilenet-v2-0.35-96']) {
    const model = encodeReferenceModel(name, '7');
    expect([...model.chunks()].reduce((sum, chunk) => sum + chunk.length, 0)).toBe(model.bytes);
  }
});

test('a seed that is no unsigned 64-bit integer is refused', () => {
  expect(() => buildReferenceModel('tiny-mlp', 'seven')).toThrow('seed: found "seven"');
});
