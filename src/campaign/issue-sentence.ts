import * as z from 'zod';
import { groupForms, NAME_RULE } from './group.ts';
import type { Path } from './mistake.ts';
import { nearest } from './nearest.ts';
import { listed, quoted } from './quantity.ts';

/** A mistake before it has a line. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  /** Set where the value is asked of an environment variable. */
  readonly variable?: { readonly name: string; readonly type: unknown };
}

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/**
 * The sentences that a schema's issues come to. A key that is missing is not reported where an unknown key beside it is
 * a near match: that is the mistake. Of a union only the alternative is told that fits the kind of value found.
 */
export function findingsOf(schema: Schema, issues: readonly Issue[]): Finding[] {
  const mistyped = new Set(issues.flatMap((issue) => mistypedKeys(schema, issue)));
  return issues
    .filter((issue) => !missedAt(issue).some((path) => mistyped.has(JSON.stringify(path))))
    .flatMap((issue) => sentences(schema, issue));
}

/** Where values are missing, by this issue; empty when it says something else. */
function missedAt(issue: Issue): Path[] {
  const path = pathOf(issue);
  if (issue.code === 'custom' && issue.params?.oneOf !== undefined) {
    return (issue.params.oneOf as readonly string[]).map((key) => [...path, key]);
  }
  const missing = issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'custom');
  return missing && path.length > 0 ? [path] : [];
}

/** Campaigns have no symbols for keys. */
const pathOf = (issue: Issue): Path => issue.path.filter((step) => typeof step !== 'symbol');

/** Paths of known keys that unknown ones were meant to be. */
function mistypedKeys(schema: Schema, issue: Issue): string[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const keys = keysAt(schema, pathOf(issue));
  return issue.keys.flatMap((key) => {
    const near = nearest(key, keys);
    return near === null ? [] : [JSON.stringify([...pathOf(issue), near])];
  });
}

function sentences(schema: Schema, issue: Issue): Finding[] {
  const path = pathOf(issue);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, keysAt(schema, path)) }));
    case 'invalid_key':
      return [{ path, message: `found ${quoted(path.at(-1))}, expected ${NAME_RULE}` }];
    case 'invalid_type':
      return [{ path, message: wrongKind(schemaAt(schema, path), issue.input) }];
    case 'invalid_union':
      return alternative(schema, issue);
    default:
      return [{ path, message: issue.message, ...variableOf(issue) }];
  }
}

function unknownKey(key: string, keys: readonly string[]): string {
  const near = nearest(key, keys);
  const hint = near === null ? `expected ${listed(keys)}` : `did you mean ${near}?`;
  return `found the unknown key ${quoted(key)}, ${hint}`;
}

function wrongKind(schema: Schema | null, input: unknown): string {
  const form = schema === null ? null : formOf(schema);
  return form === null
    ? `found ${quoted(input)}, expected another kind of value`
    : `found ${quoted(input)}, expected ${form.noun}, for example ${form.example}`;
}

function variableOf(issue: Issue): Pick<Finding, 'variable'> {
  if (issue.code !== 'custom' || typeof issue.params?.env !== 'string') return {};
  return { variable: { name: issue.params.env, type: issue.params.type } };
}

function alternative(schema: Schema, issue: z.core.$ZodIssueInvalidUnion): Finding[] {
  const union = schemaAt(schema, pathOf(issue));
  const options = union === null ? [] : optionsOf(union);
  const told = issue.errors.map((errors, index) => findingsOf(options[index] ?? schema, errors));
  const asked = told.flat().filter((finding) => finding.variable !== undefined && finding.path.length === 0);
  const fitting = told.filter((_, index) => kindOf(options[index]) === kindOfValue(issue.input));
  const chosen = asked.length > 0 ? asked.slice(0, 1) : (fitting[0] ?? told[0] ?? []);
  return chosen.map((finding) => ({ ...finding, path: [...pathOf(issue), ...finding.path] }));
}

type Kind = 'map' | 'list' | 'plain';

const kindOfValue = (value: unknown): Kind =>
  Array.isArray(value) ? 'list' : typeof value === 'object' && value !== null ? 'map' : 'plain';

function kindOf(schema: Schema | undefined): Kind {
  const type = schema === undefined ? null : inner(schema)._zod.def.type;
  if (type === 'object' || type === 'record') return 'map';
  return type === 'array' ? 'list' : 'plain';
}

/** What stands in a schema once its wrappers (optional, default, transform) are taken off. */
function inner(schema: Schema): Schema {
  for (let current = schema; ; ) {
    const next = unwrapped(current);
    if (next === null) return current;
    current = next;
  }
}

function unwrapped(schema: Schema): Schema | null {
  if (schema instanceof z.ZodPipe) return schema.def.in;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) return schema.def.innerType;
  return null;
}

function formOf(schema: Schema): { readonly noun: string; readonly example: string } | null {
  for (let current: Schema | null = schema; current !== null; current = unwrapped(current)) {
    const form = groupForms.get(current as z.ZodType);
    if (form !== undefined) return form;
  }
  return null;
}

const optionsOf = (schema: Schema): readonly Schema[] => {
  const union = inner(schema);
  return union instanceof z.ZodUnion ? union.options : [];
};

/** The schema of the value at a path; null where there is none. */
function schemaAt(schema: Schema, path: Path): Schema | null {
  let current: Schema | null = schema;
  for (const step of path) current = current === null ? null : below(mapIn(current), step);
  return current;
}

function below(schema: Schema, step: string | number): Schema | null {
  if (schema instanceof z.ZodObject) return Object.hasOwn(schema.shape, step) ? (schema.shape[step] as Schema) : null;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : null;
}

/** A schema without its wrappers; of a union the alternative that is a map, if any is. */
function mapIn(schema: Schema): Schema {
  const map = optionsOf(schema).find((option) => kindOf(option) === 'map');
  return inner(map ?? schema);
}

function keysAt(schema: Schema, path: Path): string[] {
  const found = schemaAt(schema, path);
  const map = found === null ? null : mapIn(found);
  return map instanceof z.ZodObject ? Object.keys(map.shape) : [];
}
