import { expect, test } from 'vitest';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import { modelsOf } from '../../../src/campaign/plan-context.ts';
import { campaignOf, planContext, referenceModels } from '../../support/campaigns.ts';

const text = (fleet: string): string => `name: n
targets:
  t: { onnx: { model: models/m.onnx, inputs: { npy: { file: samples/x.npy } } } }
  secured: { http: { url: "https://h/", tls: { ca: ca.pem } } }
scenarios: { s: { load: { rate: 200/s, for: 9s } } }
fleet: ${fleet}
`;

/** The model of the campaign has weights beside it, below its folder. */
function planned(fleet: string) {
  const campaign = campaignOf(text(fleet));
  const context = planContext(campaign);
  const sha256 = 'ab'.repeat(32);
  const data = [{ path: '/c/models/weights/w.bin', sha256, bytes: 99, cache: '/cache' }];
  const [model] = modelsOf(campaign, referenceModels, 'inside');
  const staged = new Map([
    [model?.key ?? '', { ok: true, value: { path: '/c/models/m.onnx', sha256, bytes: 12, data } }],
  ]);
  return buildPlan(campaign, { ...context, staged } as typeof context);
}

const filesOf = (fleet: string): readonly (readonly [string, string | undefined])[] => {
  const built = planned(fleet);
  if (!built.ok) throw new Error(built.mistakes.map(({ message }) => message).join('\n'));
  return built.plan.files.map(({ path, there }) => [path, there]);
};

const sentences = (fleet: string): readonly string[] => {
  const built = planned(fleet);
  return built.ok ? [] : built.mistakes.map(({ path, message }) => `${path}: ${message}`);
};

test('a plan lists every file that is read, and where those lie that the nodes have already', () => {
  expect(filesOf('{ agents: 1 }')).toEqual([
    ['/c/models/m.onnx', undefined],
    ['/c/models/weights/w.bin', undefined],
    ['/samples/samples/x.npy', undefined],
    ['/samples/ca.pem', undefined],
  ]);
  expect(filesOf('{ alreadyThere: { ./models/m.onnx: /data/m.onnx } }').slice(0, 3)).toEqual([
    ['/c/models/m.onnx', '/data/m.onnx'],
    ['/c/models/weights/w.bin', '/data/weights/w.bin'],
    ['/samples/samples/x.npy', undefined],
  ]);
});

test('a file that no cell names, and a place that is no absolute path, are refused', () => {
  expect(sentences('{ alreadyThere: { models/n.onnx: /data/m.onnx } }')).toEqual([
    'fleet.alreadyThere."models/n.onnx": found models/n.onnx, which no cell names; did you mean models/m.onnx?',
  ]);
  expect(() => sentences('{ alreadyThere: { models/m.onnx: data/m.onnx } }')).toThrow(
    /found data\/m\.onnx, expected an absolute path, for example \/data\/models\/classifier\.onnx/,
  );
});
