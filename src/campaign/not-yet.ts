import type { Campaign } from './campaign.ts';
import type { Mistake } from './mistake.ts';
import { mistakeOf } from './parse.ts';

/** What the language says, and this version plans but does not run: the engine kubernetes. */
export function notYetRunnable(campaign: Campaign): readonly Mistake[] {
  const { engine } = campaign.fleet;
  if (engine !== 'kubernetes') return [];
  const message = `found the engine ${engine}, which this version reads and does not measure yet; expected local or slurm`;
  return [mistakeOf({ path: ['fleet', 'engine'], message }, campaign)];
}
