import type * as z from 'zod';
import { exactlyOne, group, list, named } from './group.ts';
import type { ValueLaw } from './inputs-spec.ts';
import { leaf, text, wholeNumber, word } from './leaf.ts';
import { quoted, read, refuse } from './quantity.ts';

const MOST_SAMPLES = 100_000_000;
const LONGEST_TEXT = 1_000_000;
const PATH = "A path inside the campaign's folder.";

const anyNumber = (description: string, example: number): z.ZodType<number> =>
  leaf({
    description,
    examples: [example],
    json: { type: 'number' },
    read: (found) =>
      typeof found === 'number' && Number.isFinite(found)
        ? read(found)
        : refuse(`found ${quoted(found)}, expected a number, for example ${example}`),
  });

const range = list('Least value, and the one that all stay below.', '[0, 1]', anyNumber('A bound.', 0)).superRefine(
  (bounds, context) => {
    const [from = Number.NaN, to = Number.NaN] = bounds;
    if (bounds.length === 2 && from < to) return;
    const message = `found [${bounds.join(', ')}], expected a least value and a greater one that all stay below, for example [0, 1]`;
    context.addIssue({ code: 'custom', message });
  },
);

const deviation = leaf<number>({
  description: 'Standard deviation of normal values.',
  examples: [1],
  json: { type: 'number', exclusiveMinimum: 0 },
  read: (found) =>
    typeof found === 'number' && found > 0 && Number.isFinite(found)
      ? read(found)
      : refuse(`found ${quoted(found)}, expected a number above 0, for example 1`),
});

const constant = leaf<number | boolean | string>({
  description: 'Every value is this one.',
  examples: [1],
  json: { type: ['number', 'boolean', 'string'] },
  read: (found) =>
    typeof found === 'string' || typeof found === 'boolean' || (typeof found === 'number' && Number.isFinite(found))
      ? read(found)
      : refuse(`found ${quoted(found)}, expected a number, true, false or text, for example 1`),
});

const lawFields = {
  law: word('How values are distributed; absent: uniform.', ['uniform', 'normal']).optional(),
  range: range.optional(),
  mean: anyNumber('Mean of normal values.', 0).optional(),
  deviation: deviation.optional(),
  constant: constant.optional(),
  length: wholeNumber('Letters of each text.', 16, 0, LONGEST_TEXT).optional(),
};

type LawFields = z.output<z.ZodObject<typeof lawFields>>;

function checkLaw(fields: LawFields, context: z.core.$RefinementCtx): void {
  const wrong = (key: keyof LawFields, expected: string): void =>
    context.addIssue({ code: 'custom', path: [key], message: `found ${key} ${expected}` });
  if (fields.constant !== undefined) {
    const beside = (['law', 'range', 'mean', 'deviation'] as const).find((key) => fields[key] !== undefined);
    if (beside !== undefined) wrong(beside, 'beside constant, expected one of them');
  }
  if (fields.law === 'normal') return;
  for (const key of ['mean', 'deviation'] as const) {
    if (fields[key] !== undefined) wrong(key, 'without normal values, expected law: normal beside it');
  }
}

function lawOf({ law, range: bounds, mean, deviation: spread, constant: value }: LawFields): ValueLaw | null {
  if (value !== undefined) return { kind: 'constant', value };
  const [from = null, to = null] = bounds ?? [];
  if (law === 'normal') return { kind: 'normal', mean: mean ?? 0, deviation: spread ?? 1, from, to };
  return from === null || to === null ? null : { kind: 'uniform', from, to };
}

const tensorLaw = group('How the values of one input are drawn.', '{ range: [0, 30522] }', lawFields)
  .superRefine(checkLaw)
  .superRefine((fields, context) => {
    const numeric = lawOf(fields) !== null;
    if (numeric === (fields.length !== undefined)) {
      const message = numeric
        ? 'found length beside a law of numbers, expected one of them'
        : 'found no law, expected range, constant, law: normal or length, for example { range: [0, 30522] }';
      context.addIssue({ code: 'custom', message });
    }
  })
  .transform((fields): ValueLaw => lawOf(fields) ?? { kind: 'text', length: fields.length ?? 0 });

const random = group('Seeded random tensors, the same in every run.', '{ samples: 1024 }', {
  samples: wholeNumber('Distinct samples.', 1024, 1, MOST_SAMPLES).prefault(1024),
  ...lawFields,
  tensors: named(
    'Laws of single inputs, instead of the general one.',
    '{ input_ids: { range: [0, 30522] }, attention_mask: { constant: 1 } }',
    tensorLaw,
  ).optional(),
})
  .superRefine(checkLaw)
  .transform(({ samples, tensors, ...fields }) => {
    const law = lawOf(fields);
    return {
      samples,
      ...(law === null ? {} : { law }),
      ...(fields.length === undefined ? {} : { length: fields.length }),
      ...(tensors === undefined ? {} : { tensors }),
    };
  });

const input = text('The input that it fills, of a model with several; the others are random.', 'pixels').optional();
const output = text('The output that it holds, of a model with several.', 'probabilities').optional();

/** What a model is fed. A request takes `batch` samples that follow one another, from a drawn one on. */
export const inputsSchema = exactlyOne(
  {
    description:
      'What the model is fed. A request takes `batch` samples that follow one another from a drawn one on; after the last comes the first.',
    noun: 'kind of inputs',
    example: '{ random: { samples: 1024 } }',
  },
  {
    random,
    npy: group('Samples along the first dimension of a NumPy array.', '{ file: samples.npy }', {
      file: text(PATH, 'samples.npy'),
      input,
    }),
    npz: group('One NumPy array for each input, by its name, samples along the first dimension.', '{ file: s.npz }', {
      file: text(PATH, 'samples.npz'),
    }),
    raw: group(
      'The tensors of one sample after those of another, little-endian, without any header.',
      '{ file: s.bin }',
      {
        file: text(PATH, 'samples.bin'),
        input,
      },
    ),
    jsonl: group(
      'One sample a line: a map from inputs to nested or flat lists, or the list alone where there is one input.',
      '{ file: samples.jsonl }',
      { file: text(PATH, 'samples.jsonl') },
    ),
  },
  {},
).transform(({ chosen }) => chosen);

const tolerated = (description: string, example: number) =>
  leaf<number>({
    description,
    examples: [example],
    json: { type: 'number', minimum: 0 },
    read: (found) =>
      typeof found === 'number' && found >= 0 && Number.isFinite(found)
        ? read(found)
        : refuse(`found ${quoted(found)}, expected a number of at least 0, for example ${example}`),
  });

const ABSOLUTE = 1e-4;
const RELATIVE = 1e-3;

/** What the answers must be. */
export const expectSchema = exactlyOne(
  {
    description:
      'Expected outputs, one for each sample of the inputs; a request with another answer is wrong-output. Compared after its completion, outside the measured time.',
    noun: 'kind of expected outputs',
    example: '{ npy: { file: expected.npy } }',
  },
  {
    npy: group('Outputs along the first dimension of a NumPy array.', '{ file: expected.npy }', {
      file: text(PATH, 'expected.npy'),
      output,
    }),
    npz: group('A NumPy array for each output that is compared, by its name.', '{ file: expected.npz }', {
      file: text(PATH, 'expected.npz'),
    }),
    jsonl: group(
      'One sample a line: a map from outputs to lists, or the list of a single output.',
      '{ file: e.jsonl }',
      {
        file: text(PATH, 'expected.jsonl'),
      },
    ),
  },
  {
    tolerance: group(
      'A floating-point value may differ by absolute + relative x expected; anything else must be equal.',
      '{ absolute: 1e-4, relative: 1e-3 }',
      {
        absolute: tolerated('In units of the output.', ABSOLUTE).prefault(ABSOLUTE),
        relative: tolerated('Share of the expected value.', RELATIVE).prefault(RELATIVE),
      },
    ).prefault({}),
  },
);
