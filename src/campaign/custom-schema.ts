import * as z from 'zod';
import { group, known } from './group.ts';
import { isEnvironmentReference, text, wholeNumber } from './leaf.ts';
import { isMap } from './override.ts';
import { quoted } from './quantity.ts';
import { duration } from './quantity-schema.ts';
import type { PlainValue } from './target-spec.ts';

type Path = readonly (string | number)[];

const MOST_BATCH = 1_000_000;
const LONGEST_OPENING_NS = 240e9;

/** Values of any form as JSON has them; `{ env: NAME }` stands for a text, a secret stands nowhere. */
const optionsSchema = known(
  z
    .unknown()
    .transform((found, context): Readonly<Record<string, PlainValue>> => {
      if (!isMap(found) || isEnvironmentReference(found)) {
        context.issues.push({
          code: 'custom',
          message: `found ${quoted(found)}, expected a map of options, for example { vocabulary: 30522 }`,
          input: found,
        });
        return z.NEVER;
      }
      check(found, [], context);
      return found as Readonly<Record<string, PlainValue>>;
    })
    .meta({
      type: 'object',
      additionalProperties: true,
      description:
        'Given to the module as they are. They stand in plan.json: no secret belongs here; the module reads those ' +
        'from its environment.',
    }),
  { noun: 'a map', example: '{ vocabulary: 30522 }' },
);

function check(found: unknown, path: Path, context: z.core.$RefinementCtx): void {
  if (Array.isArray(found)) {
    for (const [index, value] of found.entries()) check(value, [...path, index], context);
    return;
  }
  if (isEnvironmentReference(found)) {
    const params = { env: found.env, type: 'string' };
    raise(context, path, found, `found the variable ${found.env}, expected a value`, params);
    return;
  }
  if (isMap(found)) {
    if (Object.keys(found).length === 1 && Object.hasOwn(found, 'secret')) {
      raise(context, path, found, SECRET, {});
      return;
    }
    for (const [key, value] of Object.entries(found)) check(value, [...path, key], context);
    return;
  }
  const isPlain =
    found === null || typeof found === 'string' || typeof found === 'boolean' || Number.isFinite(found as number);
  if (!isPlain) raise(context, path, found, `found ${quoted(found)}, expected a value that JSON has`, {});
}

const SECRET =
  'found a secret, which is not resolved in the options of a module; expected the module to read it itself, for ' +
  'example process.env.API_TOKEN';

function raise(
  context: z.core.$RefinementCtx,
  path: Path,
  input: unknown,
  message: string,
  params: Readonly<Record<string, unknown>>,
): void {
  context.issues.push({ code: 'custom', message, params, path: [...path], input });
}

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
