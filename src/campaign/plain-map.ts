import * as z from 'zod';
import { known } from './group.ts';
import { isEnvironmentReference } from './leaf.ts';
import { isMap } from './override.ts';
import { quoted } from './quantity.ts';
import type { PlainValue } from './target-spec.ts';

type Path = readonly (string | number)[];

/** A map of values of any form as JSON has them; `{ env: NAME }` stands for a text, a secret stands nowhere. */
export const plainMap = (
  description: string,
  example: string,
  { noun, secretHint }: { readonly noun: string; readonly secretHint: string },
): z.ZodType<Readonly<Record<string, PlainValue>>> =>
  known(
    z
      .unknown()
      .transform((found, context): Readonly<Record<string, PlainValue>> => {
        if (!isMap(found) || isEnvironmentReference(found)) {
          context.issues.push({
            code: 'custom',
            message: `found ${quoted(found)}, expected ${noun}, for example ${example}`,
            input: found,
          });
          return z.NEVER;
        }
        check(found, [], { context, secretHint });
        return found as Readonly<Record<string, PlainValue>>;
      })
      .meta({ type: 'object', additionalProperties: true, description }),
    { noun, example },
  );

interface Checking {
  readonly context: z.core.$RefinementCtx;
  readonly secretHint: string;
}

function check(found: unknown, path: Path, { context, secretHint }: Checking): void {
  const within = { context, secretHint };
  if (Array.isArray(found)) {
    for (const [index, value] of found.entries()) check(value, [...path, index], within);
    return;
  }
  if (isEnvironmentReference(found)) {
    const params = { env: found.env, type: 'string' };
    raise(context, path, found, `found the variable ${found.env}, expected a value`, params);
    return;
  }
  if (isMap(found)) {
    if (Object.keys(found).length === 1 && Object.hasOwn(found, 'secret')) {
      raise(context, path, found, secretHint, {});
      return;
    }
    for (const [key, value] of Object.entries(found)) check(value, [...path, key], within);
    return;
  }
  const isPlain =
    found === null || typeof found === 'string' || typeof found === 'boolean' || Number.isFinite(found as number);
  if (!isPlain) raise(context, path, found, `found ${quoted(found)}, expected a value that JSON has`, {});
}

function raise(
  context: z.core.$RefinementCtx,
  path: Path,
  input: unknown,
  message: string,
  params: Readonly<Record<string, unknown>>,
): void {
  context.issues.push({ code: 'custom', message, params, path: [...path], input });
}
