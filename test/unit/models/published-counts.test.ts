import { expect, test } from 'vitest';
import { referenceModelFacts } from '../../../src/models/registry.ts';

const millions = (count: number, digits: number): string => (count / 1e6).toFixed(digits);

test('MobileNetV2 has the 3,504,872 trainable parameters of torchvision’s mobilenet_v2 at every resolution', () => {
  for (const name of ['mobilenet-v2', 'mobilenet-v2-1.0-96', 'mobilenet-v2-1.0-128', 'mobilenet-v2-1.0-224']) {
    expect(referenceModelFacts(name).parameters).toBe(3_504_872);
  }
});

// Millions of parameters without batch normalisation and of multiply-accumulates as TensorFlow's slim models and
// Keras publish them.
test.for([
  ['mobilenet-v2-1.4-224', '6.06', '582'],
  ['mobilenet-v2-1.3-224', '5.34', '509'],
  ['mobilenet-v2-1.0-224', '3.47', '301'],
  ['mobilenet-v2-1.0-192', '3.47', '221'],
  ['mobilenet-v2-1.0-160', '3.47', '154'],
  ['mobilenet-v2-1.0-128', '3.47', '99'],
  ['mobilenet-v2-1.0-96', '3.47', '56'],
  ['mobilenet-v2-0.75-224', '2.61', '209'],
  ['mobilenet-v2-0.75-96', '2.61', '39'],
  ['mobilenet-v2-0.5-224', '1.95', '97'],
  ['mobilenet-v2-0.35-224', '1.66', '59'],
] as const)(
  '%s has the published %s million parameters and %s million multiply-accumulates',
  ([name, parameters, macs]) => {
    const facts = referenceModelFacts(name);
    expect(millions(facts.parameters - facts.batchNorm, 2)).toBe(parameters);
    expect(millions(facts.macs, 0)).toBe(macs);
  },
);

test('ResNet-50 has the 25,557,032 trainable parameters and 4.09 billion multiply-accumulates of torchvision’s resnet50', () => {
  const facts = referenceModelFacts('resnet-50');
  expect(facts.parameters).toBe(25_557_032);
  expect(facts.batchNorm).toBe(53_120);
  expect(millions(facts.macs, 0)).toBe('4089');
});

test('BERT-base has 109,482,240 trainable parameters with embeddings and pooler, 85,054,464 of them in the encoder', () => {
  const embeddings = (30_522 + 512 + 2 + 2) * 768;
  const pooler = 768 * 768 + 768;
  const facts = referenceModelFacts('bert-base');
  expect(facts.parameters).toBe(109_482_240);
  expect(facts.parameters - embeddings - pooler).toBe(85_054_464);
  expect(millions(facts.macs, 0)).toBe('11174');
});

test('the tiny perceptron of 32-64-64-10 has 6,922 parameters', () => {
  expect(referenceModelFacts('tiny-mlp')).toEqual({ parameters: 6922, batchNorm: 0, macs: 6784 });
});
