import type { SteadyResult } from '../trial-result.ts';
import { inPercent, inSeconds } from '../wording.ts';
import { type Examined, type Flaw, flaw } from './rule.ts';

/** A long phase whose beginning is unlike what follows. Nothing of it is left out of any figure. */
export const settledLate = ({ view, where }: Examined): readonly Flaw[] =>
  view.phases.flatMap(({ steady }) => (steady === null ? [] : cautionOf(steady, where)));

function cautionOf({ phase, settledAt }: SteadyResult, where: string): readonly Flaw[] {
  if (settledAt === null) return [];
  const { afterMs, change, atBound } = settledAt;
  const how = `${inPercent(Math.abs(change))} ${change > 0 ? 'above' : 'below'} what followed`;
  const message = atBound
    ? `${phase} had not settled in its first half: until ${inSeconds(afterMs / 1000)} its mean response lay ${how}.`
    : `${phase} settled at ${inSeconds(afterMs / 1000)}: until then its mean response lay ${how}.`;
  const hint =
    'All of it is in every figure and in the verdict; write a longer `warmup` where the start is not to be judged.';
  return [flaw('caution', 'settled-at', where, message, hint)];
}
