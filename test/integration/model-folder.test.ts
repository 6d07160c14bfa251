import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshFolder, loadcell } from '../support/loadcell.ts';

test.each(['saved', 'saved/', './saved'])(
  'a SavedModel folder beside the campaign is recognised when it is named %s',
  async (model) => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'saved'));
    writeFileSync(join(folder, 'saved', 'saved_model.pb'), '\n\u0003abc');
    const campaign = join(folder, 'c.yaml');
    writeFileSync(
      campaign,
      `name: c\ntargets: { m: { onnx: { model: ${model} } } }\nscenarios: { load: { load: { rate: 120/s, for: 20s } } }\n`,
    );
    const ended = await loadcell(['plan', campaign]).ended;
    expect(ended.stderr).toContain('targets.m.onnx.model: ');
    expect(ended.stderr).toContain('found a TensorFlow SavedModel and no ONNX model; python -m tf2onnx.convert');
    expect(ended.code).toBe(64);
  },
);

test('a model that is no file, no folder and no reference model is answered with the reference models', async () => {
  const folder = freshFolder();
  const campaign = join(folder, 'c.yaml');
  writeFileSync(
    campaign,
    'name: c\ntargets: { m: { onnx: { model: absent } } }\nscenarios: { load: { load: { rate: 120/s, for: 20s } } }\n',
  );
  const ended = await loadcell(['plan', campaign]).ended;
  expect(ended.stderr).toContain('found the model absent, expected ');
  expect(ended.code).toBe(64);
});
