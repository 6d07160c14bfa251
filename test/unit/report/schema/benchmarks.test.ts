import { readFileSync } from 'node:fs';
import { expect, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import { jsonSchemaText, schemas } from '../../../../scripts/schemas.ts';
import type { benchmarksSchema } from '../../../../src/report/schema/benchmarks.ts';
import type { Benchmarks } from '../../../../src/verdict/result.ts';

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

test('the schema and the type of benchmarks.json say the same', () => {
  type Described = Frozen<z.infer<typeof benchmarksSchema>>;
  expectTypeOf<Frozen<Benchmarks>>().toExtend<Described>();
  expectTypeOf<Described>().toExtend<Frozen<Benchmarks>>();
});

test.each(schemas.map(([file]) => file))('%s is what its zod schema gives', (file) => {
  const schema = schemas.find(([of]) => of === file)?.[1];
  if (schema === undefined) throw new Error(`${file} has no schema`);
  expect(readFileSync(file, 'utf8'), 'run node scripts/schemas.ts').toBe(jsonSchemaText(schema));
});
