import { z } from 'zod';
import { count } from './leaf.ts';
import { estimate } from './request-figures.ts';

export const peak = z
  .object({
    rate: estimate.describe('the maximum rate, requests per second of the whole fleet'),
    binding: z.string().nullable().describe('the objective that binds there'),
    ending: z
      .enum([
        'found',
        'not-confirmed',
        'unbounded',
        'below-from',
        'above-until',
        'no-crossing',
        'useless-level',
        'unfinished',
      ])
      .describe('found: with an interval, and confirmed at its lower bound'),
    why: z.string().nullable().describe('a clause: why there is no peak to rely on'),
    highestHeld: z.number().nullable().describe('rate of the highest level that held, a fact'),
    limits: z
      .array(z.object({ limit: z.string(), allowed: z.number().describe('share of the requests that may be over') }))
      .describe('what every level was held against'),
    levels: z
      .array(
        z.object({
          trial: z.int().min(1),
          attempt: z.int().min(1),
          stage: z.enum(['bracket', 'narrow', 'fit', 'confirm']),
          rate: z.number().describe('requests per second offered'),
          shares: z.array(z.object({ over: count, of: count })).describe('of each of `limits`'),
          held: z.boolean().nullable().describe('as a fact of the level; null: it told nothing'),
        }),
      )
      .describe('in the order in which they ran'),
    curves: z
      .array(
        z.object({
          limit: z.string(),
          crossing: z.number().nullable().describe('where the line reaches what is allowed; null: it does not rise'),
          low: z.number().nullable(),
          high: z.number().nullable(),
          ends: z
            .array(z.object({ rate: z.number(), share: z.number() }))
            .describe('mean share over the limit, straight in log odds between them'),
        }),
      )
      .describe('lines through the levels of the stage fit, one per limit'),
  })
  .nullable()
  .meta({ id: 'peak' })
  .describe('what a peak scenario found');
