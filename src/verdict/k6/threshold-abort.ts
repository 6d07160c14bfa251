import type { AbortingThreshold, TargetSpec } from '../../campaign/target-spec.ts';
import { NS_PER_S, type Ns } from '../../time/ns.ts';
import { digits } from '../wording.ts';
import type { PartEvidence } from './part.ts';
import { judgeThreshold } from './threshold.ts';

/** Thresholds of a script that end a trial; empty of any other target. */
export const abortingThresholds = (spec: TargetSpec): readonly AbortingThreshold[] =>
  spec.kind === 'k6' ? (spec.aborts ?? []) : [];

/** As a judged threshold calls itself. */
export const thresholdText = ({ metric, threshold }: Pick<AbortingThreshold, 'metric' | 'threshold'>): string =>
  `${metric}: ${threshold}`;

/**
 * The clause that says which threshold is crossed, over everything that the fleet has told so far; null: none that may be
 * looked at yet. `atNs`: on the trial's time line.
 */
export function crossedSoFar(
  aborting: readonly AbortingThreshold[],
  parts: readonly PartEvidence[],
  atNs: Ns,
): string | null {
  for (const each of aborting) {
    if (atNs < each.afterNs) continue;
    const { verdict, observed } = judgeThreshold(each.metric, each.threshold, parts, atNs / NS_PER_S);
    if (verdict === 'crossed')
      return `${thresholdText(each)}: it came to ${digits(observed ?? 0)} over the whole fleet`;
  }
  return null;
}
