import { z } from 'zod';
import { REASON_CODES } from '../../verdict/verdict.ts';

export const reason = z
  .object({
    code: z.enum(REASON_CODES),
    where: z.string().describe('the cell, trial, phase or objective that it is about'),
    message: z.string().describe('one sentence'),
    hint: z.string().describe('what would be right'),
  })
  .meta({ id: 'reason' });

export const verdictKind = z.enum(['pass', 'fail', 'inconclusive', 'invalid']);

const passed = { kind: z.literal('pass'), reasons: z.tuple([]), cautions: z.array(reason) };
const notPassed = {
  kind: z.enum(['fail', 'inconclusive', 'invalid']),
  reasons: z.tuple([reason], reason),
  cautions: z.array(reason),
};

export const verdict = z.union([z.object(passed), z.object(notPassed)]).meta({ id: 'verdict' });

const exitCode = { exitCode: z.int().describe('the exit code that the verdict leads to without --strict') };
export const runVerdict = z.union([z.object({ ...passed, ...exitCode }), z.object({ ...notPassed, ...exitCode })]);
