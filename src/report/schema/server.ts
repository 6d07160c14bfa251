import { z } from 'zod';
import { count, ms } from './leaf.ts';

const mean = ms.nullable().describe('mean of the requests that the server answered well; null: there were none');

const window = {
  fromMs: ms.describe('when the server answered the first of the two readings, on the time line of the trial'),
  untilMs: ms,
  ok: count,
  failed: count,
  samples: count,
  runs: count.describe('of the model: fewer than requests where they were batched'),
  requestMs: mean,
  queueMs: mean,
  computeInputMs: mean,
  computeInferMs: mean,
  computeOutputMs: mean,
  cacheHits: count,
  cacheMisses: count,
};

/** What a server says of itself beside what was measured of it. */
export const server = z
  .object({
    source: z.string().nullable().describe('what was asked; null: nothing could be'),
    agent: z.string().describe('the one that asked'),
    counted: count.nullable().describe('inferences of the whole trial, warm-up included, as the server counted them'),
    sent: count.describe('the same as the fleet sent them'),
    answered: count.describe('of these, answered ok'),
    measured: z
      .object(window)
      .nullable()
      .describe('from the start of the first measure phase until everything had settled'),
    phases: z
      .array(z.object({ name: z.string(), ...window }))
      .describe('of several measure phases; requests count where they end'),
    missing: z.array(z.string()).describe('what is not known, and why'),
  })
  .meta({ id: 'server' });
