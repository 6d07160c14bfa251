import * as z from 'zod';
import { nearest } from './nearest.ts';
import { listed, quoted, type Reading, read, refuse } from './quantity.ts';

/** What a plain value must be, for sentences, for editors, and to read it. */
export interface LeafForm<T> {
  /** For editors; a sentence. */
  readonly description: string;
  readonly examples: readonly (string | number | boolean)[];
  /** JSON Schema of the value as written. */
  readonly json: z.core.JSONSchema.BaseSchema;
  readonly read: (found: unknown) => Reading<T>;
}

/** A value that was asked for as `{ env: NAME }`: the parser puts the variable's value in its place and reads again. */
export interface EnvironmentReference {
  readonly env: string;
}

export const ENVIRONMENT_REFERENCE = '#/$defs/environmentVariable';

/** JSON Schema of {@link EnvironmentReference}; stands once, under `$defs`. */
export const environmentVariable = {
  type: 'object',
  description: 'The value of an environment variable of the machine that plans.',
  properties: { env: { type: 'string', description: 'Name of the variable.' } },
  required: ['env'],
  additionalProperties: false,
} as const;

/** A plain value of the campaign language, or an environment variable that holds one. */
export function leaf<T>(form: LeafForm<T>): z.ZodType<T> {
  return z
    .unknown()
    .transform((found, context): T => {
      if (isEnvironmentReference(found))
        return raise(context, `found the variable ${found.env}, expected a value`, {
          env: found.env,
          type: form.json.type,
        });
      const reading = form.read(found);
      return reading.ok ? reading.value : raise(context, reading.problem, {});
    })
    .meta({
      description: form.description,
      anyOf: [{ ...form.json, examples: [...form.examples] }, { $ref: ENVIRONMENT_REFERENCE }],
    });
}

function raise(context: z.core.$RefinementCtx, message: string, params: Readonly<Record<string, unknown>>): never {
  context.issues.push({ code: 'custom', message, params, input: context.value });
  return z.NEVER;
}

export function isEnvironmentReference(found: unknown): found is EnvironmentReference {
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return false;
  const keys = Object.keys(found);
  return keys.length === 1 && keys[0] === 'env' && typeof (found as EnvironmentReference).env === 'string';
}

/** Text of at least one character. */
export const text = (description: string, example: string): z.ZodType<string> =>
  leaf({
    description,
    examples: [example],
    json: { type: 'string', minLength: 1 },
    read: (found) => parseText(found, example),
  });

export function parseText(found: unknown, example: string): Reading<string> {
  if (typeof found === 'string' && found !== '') return read(found);
  const quotable = typeof found === 'number' || typeof found === 'boolean' || typeof found === 'bigint';
  return refuse(`found ${quoted(found)}, expected text, for example ${quotable ? `"${String(found)}"` : example}`);
}

/** Text that may be empty. */
export const freeText = (description: string, example: string): z.ZodType<string> =>
  leaf({
    description,
    examples: [example],
    json: { type: 'string' },
    read: (found) =>
      typeof found === 'string' ? read(found) : refuse(`found ${quoted(found)}, expected text, for example ${example}`),
  });

/** A whole number between two bounds, both included. */
export const wholeNumber = (description: string, example: number, least: number, most: number): z.ZodType<number> =>
  leaf({
    description,
    examples: [example],
    json: { type: 'integer', minimum: least, maximum: most },
    read: (found) => {
      if (typeof found === 'number' && Number.isInteger(found) && found >= least && found <= most) return read(found);
      return refuse(`found ${quoted(found)}, expected a whole number from ${least} to ${most}, for example ${example}`);
    },
  });

/** A number above one bound and up to another, that one included. */
export const number = (description: string, example: number, above: number, most: number): z.ZodType<number> =>
  leaf({
    description,
    examples: [example],
    json: { type: 'number', exclusiveMinimum: above, maximum: most },
    read: (found) => {
      if (typeof found === 'number' && found > above && found <= most) return read(found);
      return refuse(
        `found ${quoted(found)}, expected a number above ${above} and up to ${most}, for example ${example}`,
      );
    },
  });

export const truth = (description: string, example: boolean): z.ZodType<boolean> =>
  leaf({
    description,
    examples: [example],
    json: { type: 'boolean' },
    read: (found) =>
      typeof found === 'boolean' ? read(found) : refuse(`found ${quoted(found)}, expected true or false`),
  });

/** One of a few words. */
export const word = <const W extends string>(description: string, words: readonly W[]): z.ZodType<W> =>
  leaf({
    description,
    examples: words,
    json: { type: 'string', enum: [...words] },
    read: (found) => {
      const known = words.find((candidate) => candidate === found);
      if (known !== undefined) return read(known);
      const near = typeof found === 'string' ? nearest(found, words) : null;
      return refuse(
        `found ${quoted(found)}, expected ${listed(words)}${near === null ? '' : `: did you mean ${near}?`}`,
      );
    },
  });

/** Text with a unit. */
export const quantity = <T>(
  description: string,
  example: string,
  pattern: string,
  readQuantity: (found: unknown) => Reading<T>,
): z.ZodType<T> => leaf({ description, examples: [example], json: { type: 'string', pattern }, read: readQuantity });
