import { group } from './group.ts';
import { text, wholeNumber } from './leaf.ts';
import { plainMap } from './plain-map.ts';
import { duration } from './quantity-schema.ts';

const MOST_BATCH = 1_000_000;
const LONGEST_OPENING_NS = 240e9;

const SECRET =
  'found a secret, which is not resolved in the options of a module; expected the module to read it itself, for ' +
  'example process.env.API_TOKEN';

const optionsSchema = plainMap(
  'Given to the module as they are. They stand in plan.json: no secret belongs here; the module reads those ' +
    'from its environment.',
  '{ vocabulary: 30522 }',
  { noun: 'a map of options', secretHint: SECRET },
);

/** `custom: { module: sut.ts, options: { … } }`: any code as a target. */
export const customSchema = group(
  'Any code: a module that answers requests in process. Run with --allow-code only.',
  '{ module: sut.ts }',
  {
    module: text("A JavaScript or TypeScript module inside the campaign's folder.", 'sut.ts'),
    options: optionsSchema.prefault({}),
    batch: wholeNumber('Samples that one request stands for.', 1, 1, MOST_BATCH).prefault(1),
    openWithin: duration('Longest time to load the module, open it and answer a first request.', '60s')
      .refine((ns) => ns <= LONGEST_OPENING_NS, 'found more than 240s, expected at most 240s, for example 60s')
      .prefault('60s'),
  },
);
