// The published JSON Schemas and the zod schemas they come from. Run to write them again.
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { campaignSchema } from '../src/campaign/schema.ts';
import { benchmarksSchema } from '../src/report/schema/benchmarks.ts';

/** [file below the repository's root, zod schema]. */
export const schemas: readonly (readonly [string, z.ZodType])[] = [
  ['schema/campaign.schema.json', campaignSchema],
  ['schema/benchmarks.schema.json', benchmarksSchema],
];

/** Draft 2020-12, as accepted at the door: unknown keys are forbidden where the zod schema is strict, and only there. */
export const jsonSchemaText = (schema: z.ZodType): string =>
  `${JSON.stringify(z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' }), null, 2)}\n`;

if (import.meta.main) for (const [file, schema] of schemas) writeFileSync(file, jsonSchemaText(schema));
