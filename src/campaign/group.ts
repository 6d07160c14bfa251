import * as z from 'zod';
import { listed } from './quantity.ts';

/** How a map or list is named in a sentence when something else was found in its place. */
export interface GroupForm {
  /** `a map of targets`. */
  readonly noun: string;
  readonly example: string;
}

/** Forms of the schemas made here. */
export const groupForms = z.registry<GroupForm>();

/** A map with known keys and no others. */
export function group<S extends z.core.$ZodShape>(
  description: string,
  example: string,
  shape: S,
): z.ZodObject<S, z.core.$strict> {
  return known(z.strictObject(shape).meta({ description }), { noun: 'a map', example });
}

/** A list. */
export function list<S extends z.ZodType>(description: string, example: string, element: S): z.ZodArray<S> {
  return known(z.array(element).meta({ description }), { noun: 'a list', example });
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/u;
export const NAME_RULE =
  'a name of at most 64 letters, digits, dots, dashes and underscores that starts with neither dot nor dash';

/** A map from names that the campaign chooses. */
export function named<S extends z.core.SomeType>(
  description: string,
  example: string,
  value: S,
): z.ZodRecord<z.ZodString, S> {
  return known(z.record(z.string().regex(NAME), value).meta({ description }), { noun: 'a map', example });
}

export const isName = (found: string): boolean => NAME.test(found);

/** Tells sentences about `schema` how to name what it expects. */
export function known<S extends z.ZodType>(schema: S, form: GroupForm): S {
  groupForms.add(schema, form);
  return schema;
}

type Cases = Readonly<Record<string, z.ZodType>>;

/** Which case was written, and what stands in it. */
export type Chosen<C extends Cases> = {
  readonly [K in keyof C & string]: { readonly kind: K; readonly options: z.output<C[K]> };
}[keyof C & string];

type Shape = Readonly<Record<string, z.ZodType>>;
type Shared<S extends Shape> = { readonly [K in keyof S]: z.output<S[K]> };

/** A map with exactly one of the keys of `cases`, beside any of `shared`. */
export function exactlyOne<C extends Cases, S extends Shape>(
  form: { readonly description: string; readonly noun: string; readonly example: string },
  cases: C,
  shared: S,
): z.ZodType<{ readonly chosen: Chosen<C> } & Shared<S>> {
  const names = Object.keys(cases);
  const shape: Record<string, z.ZodType> = { ...shared };
  for (const [name, schema] of Object.entries(cases)) shape[name] = schema.optional();
  const schema = z
    .strictObject(shape)
    .superRefine((map, context) => {
      const written = names.filter((name) => map[name] !== undefined);
      if (written.length === 1) return;
      const found = written.length === 0 ? `no ${form.noun}` : written.join(' and ');
      context.addIssue({
        code: 'custom',
        params: written.length === 0 ? { oneOf: names } : {},
        message: `found ${found}, expected exactly one of ${listed(names)}, for example ${form.example}`,
      });
    })
    .transform((map) => {
      const kind = names.find((name) => map[name] !== undefined) ?? '';
      const beside = Object.fromEntries(Object.keys(shared).map((key) => [key, map[key]]));
      // The shape was put together at run time from the very types that the result names.
      return { ...beside, chosen: { kind, options: map[kind] } } as unknown as {
        readonly chosen: Chosen<C>;
      } & Shared<S>;
    })
    .meta({ description: form.description, oneOf: names.map((name) => ({ required: [name] })) });
  return known(schema, { noun: 'a map', example: form.example });
}
