import { shortLevels, shortLevelsText } from '../../campaign/level-length.ts';
import type { Cell } from '../../campaign/plan.ts';
import { formatDuration } from '../../campaign/quantity.ts';
import type { Reason } from '../verdict.ts';

/** That the peak may be too high by more than a percent, for its levels are too short to tell. */
export function levelsShort({ id, open, objectives }: Cell): readonly Reason[] {
  if (open?.kind !== 'search') return [];
  const short = shortLevels(open, objectives);
  if (short === null) return [];
  return [
    {
      code: 'levels-short',
      where: id,
      message: `The peak may be too high by as much: ${shortLevelsText(short, open)}.`,
      hint: `Write \`every: ${formatDuration(short.enoughNs)}\` or more, or a tighter limit.`,
    },
  ];
}
