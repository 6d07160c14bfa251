import { z } from 'zod';

export const count = z.int().nonnegative();
export const ms = z.number();
/** Null: nobody told it. */
export const share = z.number().nullable();
export const instant = z.iso.datetime().describe('ISO 8601 UTC');
export const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
