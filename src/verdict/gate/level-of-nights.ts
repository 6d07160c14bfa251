import { stream } from '../../scenarios/rng.ts';
import { changePoints } from '../../stats/comparison/change-points.ts';
import type { GatedMetric } from './gated-metric.ts';
import type { GateReason } from './reason.ts';

interface Nights {
  readonly metric: GatedMetric;
  /** Means of logarithms, in order. */
  readonly nights: readonly number[];
}

/** Chance that nights of one level are called two. */
const ALPHA = 0.01;
const SEED = '1';

/**
 * That the nights which tonight is held against are not of one level. Their scatter then holds the change: a night that went
 * back to the worse of two levels passes. Only changes as large as the threshold are looked for.
 */
export function nightsOfTwoLevels({ metric, nights }: Nights): readonly GateReason[] {
  const found = changePoints(nights, {
    alpha: ALPHA,
    floor: Math.log1p(metric.threshold),
    random: stream(SEED, metric.id),
  });
  const last = found.at(-1);
  if (last === undefined) return [];
  const change = Math.expm1(last.change) * 100;
  return [
    {
      code: 'nights-changed',
      where: metric.id,
      message: `the ${nights.length} earlier nights are not of one level: the last ${nights.length - last.at} of them lie ${Number(Math.abs(change).toPrecision(3))} % ${change > 0 ? 'higher' : 'lower'} than those before, and tonight is held against all`,
      hint: 'see loadcell trend; once the new level is the right one, take the older nights away (loadcell baseline remove)',
    },
  ];
}
