import { z } from 'zod';
import { count, ms } from './leaf.ts';
import { estimate } from './request-figures.ts';
import { reason, verdictKind } from './verdict.ts';

export const betweenTrials = z
  .object({
    value: z.number(),
    low: z.number(),
    high: z.number(),
    confidence: z.number().gt(0).lt(1),
    method: z.literal('t-of-logs'),
    trials: z.int().min(5),
  })
  .meta({ id: 'betweenTrials' });

export const objective = z
  .object({
    objective: z.string(),
    indicator: z.string(),
    limit: z.number(),
    unit: z.enum(['ms', '/s', 'ratio', 's', 'count', 'W', 'J', '°C', 'MHz', 'bytes']),
    observed: estimate,
    over: z.object({ count, of: count }).nullable(),
    betweenTrials: betweenTrials
      .exactOptional()
      .describe('of a cell with five valid trials or more: where its percentile lies from trial to trial'),
    verdict: verdictKind,
    needs: z.object({ requests: z.number(), seconds: z.number() }).nullable().describe('what a verdict would take'),
    phase: z.string().nullable().describe('the level that decides; null: all measure phases together'),
    window: z
      .object({
        kind: z.enum(['share', 'hang']).describe('hang: nothing was answered in its last two seconds'),
        startMs: ms,
        endMs: ms,
        over: count,
        of: count,
        low: z.number().nullable().describe('lower bound on the share over the limit'),
        confidence: z.number().nullable(),
      })
      .nullable()
      .describe('of an objective over a window, the first that breached'),
    blindToRarerThanS: z.number().nullable().describe('events rarer than one in so many seconds cannot be seen'),
    reason: reason.nullable(),
  })
  .meta({ id: 'objective' });
