import { expect, test } from 'vitest';
import {
  boundReferences,
  isReferenceModel,
  nearestReference,
  referenceGraph,
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

test('the models that need a size from the campaign are those with a free dimension besides the batch', () => {
  const free = referenceModelNames.filter((name) =>
    referenceGraph(name).inputs.some(({ shape }) => shape.slice(1).some((size) => typeof size === 'string')),
  );
  expect(free).toEqual([...boundReferences]);
});
