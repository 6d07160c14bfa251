import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { buildReferenceModel, encodeReferenceModel } from '../../../src/models/reference-file.ts';

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
