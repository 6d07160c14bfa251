import type { Benchmarks } from '../verdict/result.ts';
import type { VerdictKind } from '../verdict/verdict.ts';

/** What a verdict of a whole run means, in one sentence for people who do not know the four words. */
export function verdictSentence({ verdict, cells }: Benchmarks): string {
  const judged = cells.filter((cell) => cell.judged).length;
  if (judged === 0 && verdict.kind === 'pass') return 'No cell of this run is judged; what was measured stands below.';
  return SENTENCES[verdict.kind];
}

const SENTENCES: Readonly<Record<VerdictKind, string>> = {
  pass: 'Every objective of every judged cell holds, surely enough.',
  fail: 'At least one objective is missed, surely enough or grossly.',
  inconclusive: 'Nothing is decided: the run is too short or too noisy for its objectives, or did not come to its end.',
  invalid: 'The harness itself decided the result: nothing is said of the target.',
};
