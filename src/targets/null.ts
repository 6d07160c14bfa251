import { Outcome } from '../stats/outcome.ts';
import type { Target } from './target.ts';

/** Answers at once: what is measured is the harness itself. */
export const nullTarget = (): Target => ({
  name: 'null',
  open: async () => ({ start: { sessionMs: 0, firstInferenceMs: 0 } }),
  infer: () => Outcome.ok,
  close: async () => {},
});
