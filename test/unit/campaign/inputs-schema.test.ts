import { expect, test } from 'vitest';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import { planText } from '../../../src/campaign/plan-text.ts';
import { campaignOf, mistakesOf, planContext, planOf, sentencesOf } from '../../support/campaigns.ts';

const text = (more: string): string => `name: n
targets: { t: { onnx: { model: tiny-mlp, ${more} } } }
scenarios: { s: { load: { rate: 200/s, for: 1s } } }
`;

const specOf = (more: string): unknown => planOf(text(more)).cells[0]?.spec;
const wrong = (more: string): string[] =>
  sentencesOf(text(more)).map((sentence) => sentence.replace('targets.t.onnx.', ''));

const file = (name: string) => ({ path: `/samples/${name}`, sha256: 'cd'.repeat(32), bytes: 34, cache: '/cache' });

test('random inputs follow laws, the general one and those of single inputs', () => {
  expect(specOf('inputs: { random: { samples: 64 } }')).toMatchObject({ inputs: { kind: 'random', samples: 64 } });
  expect(specOf('inputs: { random: { range: [-1, 1], length: 5 } }')).toMatchObject({
    inputs: { kind: 'random', samples: 1024, law: { kind: 'uniform', from: -1, to: 1 }, length: 5 },
  });
  expect(specOf('inputs: { random: { law: normal, deviation: 2, range: [-4, 4] } }')).toMatchObject({
    inputs: { law: { kind: 'normal', mean: 0, deviation: 2, from: -4, to: 4 } },
  });
  expect(
    specOf(
      'inputs: { random: { samples: 64, tensors: { input_ids: { range: [0, 30522] }, attention_mask: { constant: 1 }, text: { length: 9 }, flag: { constant: true }, x: { law: normal } } } }',
    ),
  ).toMatchObject({
    inputs: {
      samples: 64,
      tensors: {
        input_ids: { kind: 'uniform', from: 0, to: 30522 },
        attention_mask: { kind: 'constant', value: 1 },
        text: { kind: 'text', length: 9 },
        flag: { kind: 'constant', value: true },
        x: { kind: 'normal', mean: 0, deviation: 1, from: null, to: null },
      },
    },
  });
});

test('files of samples and of expected outputs stand in the specification and in the plan with their digests', () => {
  const plan = planOf(
    text(
      'inputs: { npy: { file: a/x.npy, input: pixels } }, expect: { jsonl: { file: y.jsonl }, tolerance: { absolute: 0.5 } }',
    ),
  );
  expect(plan.cells[0]?.spec).toMatchObject({
    inputs: { kind: 'npy', file: file('a/x.npy'), input: 'pixels' },
    expect: { source: { kind: 'jsonl', file: file('y.jsonl') }, absolute: 0.5, relative: 1e-3 },
  });
  expect(plan.files.map(({ path }) => path)).toEqual(['/models/tiny-mlp', '/samples/a/x.npy', '/samples/y.jsonl']);
  expect(plan.files.every((each) => !('cache' in each))).toBe(true);
  expect(planText(plan)).toContain('batch 1, fed from /samples/a/x.npy, answers held against /samples/y.jsonl\n');
  expect(specOf('inputs: { raw: { file: x.bin } }, expect: { npy: { file: y.npy } }')).toMatchObject({
    inputs: { kind: 'raw', file: file('x.bin'), input: null },
    expect: { source: { kind: 'npy', output: null }, absolute: 1e-4, relative: 1e-3 },
  });
});

test.each([
  [
    'inputs: { random: { range: [5, 1] } }',
    'inputs.random.range: found [5, 1], expected a least value and a greater one that all stay below, for example [0, 1]',
  ],
  [
    'inputs: { random: { range: [1] } }',
    'inputs.random.range: found [1], expected a least value and a greater one that all stay below, for example [0, 1]',
  ],
  ['inputs: { random: { range: [.nan, 1] } }', 'inputs.random.range[0]: found NaN, expected a number, for example 0'],
  ['inputs: { random: { range: 5 } }', 'inputs.random.range: found 5, expected a list, for example [0, 1]'],
  [
    'inputs: { random: { constant: 1, range: [0, 1] } }',
    'inputs.random.range: found range beside constant, expected one of them',
  ],
  [
    'inputs: { random: { mean: 1 } }',
    'inputs.random.mean: found mean without normal values, expected law: normal beside it',
  ],
  [
    'inputs: { random: { law: normal, deviation: 0 } }',
    'inputs.random.deviation: found 0, expected a number above 0, for example 1',
  ],
  [
    'inputs: { random: { law: normall } }',
    'inputs.random.law: found normall, expected uniform or normal: did you mean normal?',
  ],
  [
    'inputs: { random: { tensors: { a: {} } } }',
    'inputs.random.tensors.a: found no law, expected range, constant, law: normal or length, for example { range: [0, 30522] }',
  ],
  [
    'inputs: { random: { tensors: { a: { length: 3, constant: 1 } } } }',
    'inputs.random.tensors.a: found length beside a law of numbers, expected one of them',
  ],
  [
    'inputs: { npy: { file: ../x.npy } }',
    "inputs.npy.file: found ../x.npy, expected a path inside the campaign's folder, for example x.npy (--allow-outside allows others)",
  ],
  [
    'inputs: { npy: { file: x.npy, output: y } }',
    'inputs.npy.output: found the unknown key output, expected file or input',
  ],
  [
    'expect: { npy: { file: /y.npy } }',
    "expect.npy.file: found /y.npy, expected a path inside the campaign's folder, for example y.npy (--allow-outside allows others)",
  ],
  [
    'expect: { npy: { file: y.npy }, tolerance: { absolute: -1 } }',
    'expect.tolerance.absolute: found -1, expected a number of at least 0, for example 0.0001',
  ],
  ['expect: { raw: { file: y.bin } }', 'expect.raw: found the unknown key raw, expected tolerance, npy, npz or jsonl'],
])('%s is refused with one sentence', (more, sentence) => {
  expect(wrong(more)).toContain(sentence);
});

test('a file that could not be read is told at its place', () => {
  const campaign = campaignOf(text('inputs: { npz: { file: x.npz } }'));
  const samples = new Map([['npz:x.npz', { ok: false as const, problem: 'found /c/x.npz, which cannot be read' }]]);
  expect(buildPlan(campaign, planContext(campaign, { samples }))).toMatchObject({
    ok: false,
    mistakes: [{ path: 'targets.t.onnx.inputs.npz.file', line: 2, message: 'found /c/x.npz, which cannot be read' }],
  });
  expect(mistakesOf(text('inputs: { npy: { file: ../x.npy } }'))).toHaveLength(1);
});
