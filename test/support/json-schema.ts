/** A JSON Schema (draft 2020-12) as parsed from its file. */
export type JsonSchema = Readonly<Record<string, unknown>>;

type Check = (value: unknown, keyword: unknown, schema: JsonSchema, root: JsonSchema) => boolean;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const entries = (value: unknown): [string, unknown][] => (isMap(value) ? Object.entries(value) : []);
const list = (keyword: unknown): JsonSchema[] => keyword as JsonSchema[];

function hasType(value: unknown, type: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  return type === 'object' ? isMap(value) : typeof value === type;
}

const onNumber =
  (holds: (value: number, bound: number) => boolean): Check =>
  (value, bound) =>
    typeof value !== 'number' || holds(value, Number(bound));
const says: Check = () => true;

const CHECKS: Readonly<Record<string, Check>> = {
  type: (value, type) => (Array.isArray(type) ? type : [type]).some((one) => hasType(value, one)),
  enum: (value, known) => (known as unknown[]).includes(value),
  pattern: (value, pattern) => typeof value !== 'string' || new RegExp(String(pattern), 'u').test(value),
  minLength: (value, least) => typeof value !== 'string' || value.length >= Number(least),
  minimum: onNumber((value, least) => value >= least),
  maximum: onNumber((value, most) => value <= most),
  exclusiveMinimum: onNumber((value, above) => value > above),
  minItems: (value, least) => !Array.isArray(value) || value.length >= Number(least),
  maxItems: (value, most) => !Array.isArray(value) || value.length <= Number(most),
  maxProperties: (value, most) => entries(value).length <= Number(most),
  required: (value, keys) => !isMap(value) || (keys as string[]).every((key) => Object.hasOwn(value, key)),
  properties: (value, shape, _, root) =>
    entries(value).every(
      ([key, one]) =>
        !Object.hasOwn(shape as object, key) || accepts((shape as Record<string, JsonSchema>)[key], one, root),
    ),
  additionalProperties: (value, rest, { properties = {} }, root) =>
    entries(value).every(
      ([key, one]) => Object.hasOwn(properties as object, key) || accepts(rest as JsonSchema | boolean, one, root),
    ),
  propertyNames: (value, names, _, root) => entries(value).every(([key]) => accepts(names as JsonSchema, key, root)),
  items: (value, item, _, root) =>
    !Array.isArray(value) || value.every((one) => accepts(item as JsonSchema, one, root)),
  anyOf: (value, options, _, root) => list(options).some((option) => accepts(option, value, root)),
  oneOf: (value, options, _, root) => list(options).filter((option) => accepts(option, value, root)).length === 1,
  $ref: (value, ref, _, root) =>
    accepts((root.$defs as Record<string, JsonSchema>)[String(ref).replace('#/$defs/', '')], value, root),
  $schema: says,
  $defs: says,
  title: says,
  description: says,
  examples: says,
  default: says,
};

/** Whether a value fits a schema. Throws on a keyword that this validator does not know. */
export function accepts(schema: JsonSchema | boolean | undefined, value: unknown, root: JsonSchema): boolean {
  if (typeof schema === 'boolean') return schema;
  if (schema === undefined) throw new Error('a reference leads nowhere');
  return Object.entries(schema).every(([keyword, operand]) => {
    const check = CHECKS[keyword];
    if (check === undefined) throw new Error(`unknown keyword ${keyword}`);
    return check(value, operand, schema, root);
  });
}
