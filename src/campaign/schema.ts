import * as z from 'zod';
import type { VariedValue } from './campaign.ts';
import { fleetSchema } from './fleet-schema.ts';
import { gateSchema } from './gate-schema.ts';
import { exactlyOne, group, isName, known, list, NAME_RULE, named } from './group.ts';
import { instanceSchema } from './instance-schema.ts';
import { environmentVariable, freeText, leaf, text, wholeNumber, word } from './leaf.ts';
import { objectivesSchema } from './objective-schema.ts';
import { quoted, type Reading, read, refuse } from './quantity.ts';
import { duration, durationOrNone, rate } from './quantity-schema.ts';
import { scenarioSchema } from './scenario-schema.ts';
import { targetSchema } from './target-schema.ts';
import { telemetrySchema } from './telemetry-schema.ts';
import { combinationsOf, MOST_COMBINATIONS } from './variation.ts';

const MOST_TRIALS = 10_000;
const U64 = 2n ** 64n;

const name = leaf<string>({
  description: 'Name of the campaign; stands in the name of the results folder.',
  examples: ['classifier-on-one-node'],
  json: { type: 'string', pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$' },
  read: (found) =>
    typeof found === 'string' && isName(found)
      ? read(found)
      : refuse(`found ${quoted(found)}, expected ${NAME_RULE}, for example classifier-on-one-node`),
});

const seed = leaf<string>({
  description: 'Seed of every random stream; absent: drawn, and written into the plan.',
  examples: [7],
  json: {
    anyOf: [
      { type: 'integer', minimum: 0 },
      { type: 'string', pattern: '^\\d{1,20}$' },
    ],
  },
  read: readSeed,
});

/** A seed as a decimal unsigned 64-bit integer. */
export function readSeed(found: unknown): Reading<string> {
  const digits =
    typeof found === 'number' || typeof found === 'bigint' || typeof found === 'string' ? String(found) : '';
  if (/^\d{1,20}$/u.test(digits) && BigInt(digits) < U64) return read(BigInt(digits).toString());
  return refuse(`found ${quoted(found)}, expected a whole number from 0 to ${U64 - 1n}, for example 7`);
}

const cellIds = (description: string): z.ZodType<readonly string[]> =>
  list(
    description,
    '[classifier/load]',
    text('A cell without its varied values: target/scenario.', 'classifier/load'),
  ).min(1, 'found an empty list, expected at least one cell, for example [classifier/load]');

const variedValue = leaf<string | number | boolean>({
  description: 'A value to run with.',
  examples: [1, 2],
  json: { type: ['string', 'number', 'boolean'] },
  read: (found) =>
    typeof found === 'string' || typeof found === 'boolean' || (typeof found === 'number' && Number.isFinite(found))
      ? read(found)
      : refuse(`found ${quoted(found)}, expected a plain value, for example 2`),
});

function refuseExplosion(keys: Readonly<Record<string, readonly VariedValue[]>>, context: z.core.$RefinementCtx): void {
  if (combinationsOf(keys) !== null) return;
  context.addIssue({
    code: 'custom',
    message: `found more than ${MOST_COMBINATIONS} combinations, expected fewer keys or values, for example ${VARIED_EXAMPLE}`,
  });
}

const VARIED_EXAMPLE = '{ batch: [1, 4], workers: [1, 2] }';
const byKey = z.record(
  z.string().min(1),
  list('Values, in the order in which they run.', '[1, 2]', variedValue).min(
    1,
    'found an empty list, expected at least one value, for example [1, 2]',
  ),
);
const combination = z.record(z.string().min(1), variedValue);

const vary = z.union([
  known(
    byKey
      .superRefine(refuseExplosion)
      .meta({ description: 'Keys and their values; every combination is a cell, the last key fastest.' }),
    {
      noun: 'a map from keys to lists of values',
      example: VARIED_EXAMPLE,
    },
  ),
  list(
    'Combinations, one cell each.',
    '[{ batch: 1, workers: 2 }]',
    known(combination.meta({ description: 'One combination.' }), {
      noun: 'a map from keys to values',
      example: '{ batch: 1, workers: 2 }',
    }),
  ).min(1, 'found an empty list, expected at least one combination, for example [{ batch: 1, workers: 2 }]'),
]);

const shape = {
  name,
  description: freeText('Free text.', 'the classifier on one node').optional(),
  environment: text('Free word; `production` demands `guard` for network targets.', 'staging').optional(),
  guard: group('A ceiling that no scenario may exceed.', '{ rate: 200/s }', {
    rate: rate('Highest rate of any scenario.', '200/s'),
  }).optional(),
  labels: known(
    z
      .record(z.string().min(1), freeText('Value of the label.', 'vision'))
      .meta({ description: 'Carried into results.' }),
    {
      noun: 'a map',
      example: '{ team: vision }',
    },
  ).optional(),
  targets: named('What is measured, by name.', '{ classifier: { onnx: { model: mobilenet-v2 } } }', targetSchema),
  scenarios: named(
    'How load arrives, by name.',
    '{ load: { load: { rate: 120/s, for: 20s } } }',
    scenarioSchema,
  ).optional(),
  objectives: objectivesSchema.optional(),
  slaTargets: objectivesSchema.optional(),
  cells: exactlyOne(
    {
      description: 'Which cells are run; absent: every target with every scenario.',
      noun: 'choice',
      example: '{ only: [classifier/load] }',
    },
    { only: cellIds('Only these.'), except: cellIds('All but these.') },
    {},
  ).optional(),
  vary: vary.optional(),
  order: word('Of trials over cells.', ['interleaved', 'sequential', 'random']).prefault('interleaved'),
  fleet: fleetSchema.prefault({}),
  instances: named(
    'What agents may run on, by name: values of `vary.instance`, or of `fleet.instance`.',
    '{ a100-40: { gpu: A100-SXM4-40GB, price: 3.06/h } }',
    instanceSchema,
  ).optional(),
  trials: wholeNumber('Repetitions of every cell.', 3, 1, MOST_TRIALS).prefault(1),
  retryInvalid: wholeNumber(
    'Further attempts of a trial that was invalid, run at once; every attempt is kept and shown.',
    1,
    0,
    100,
  ).prefault(0),
  stop: word('early: a trial ends as soon as looks at it show a sure pass or fail; end: it runs whole.', [
    'end',
    'early',
  ]).prefault('end'),
  warmup: durationOrNone('Warm-up before the first measure phase.', '5s').prefault('5s'),
  drain: durationOrNone('Longest wait, after the last phase, for what is in flight.', '10s').prefault('10s'),
  timeout: duration('Longest time of one request, from its intended start.', '5s').prefault('5s'),
  seed: seed.optional(),
  gate: gateSchema.optional(),
  telemetry: telemetrySchema.optional(),
};

/** The campaign file. Its JSON Schema says what may be written; what hangs on several values only parsing tells. */
export const campaignSchema = known(
  z.strictObject(shape).meta({
    title: 'loadcell campaign',
    description: 'What is measured, how load arrives, and what must hold.',
    $defs: { environmentVariable },
  }),
  { noun: 'a map', example: '{ name: smoke, targets: { … }, scenarios: { … } }' },
);

/** What is left of a campaign once its mistaken parts are taken out. */
export const campaignRemainder = campaignSchema.partial({ name: true, targets: true });

export type CampaignText = z.output<typeof campaignSchema>;
export type CampaignRemainder = z.output<typeof campaignRemainder>;
