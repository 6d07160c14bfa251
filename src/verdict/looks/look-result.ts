import type { Cell } from '../../campaign/plan.ts';
import { EARLY_LOOK, LAST_LOOK, LOOKS } from '../../stats/looks.ts';
import { NS_PER_MS, NS_PER_S } from '../../time/ns.ts';
import type { TrialEvidence } from '../evidence.ts';
import type { TrialResult } from '../trial-result.ts';
import { wholeOf } from '../trial-view.ts';
import { decidingView, endedAtLook } from './look-view.ts';

/** Which look decided a trial, as it stands in results; nothing where it has none, or where it was cut off. */
export function lookResult(cell: Cell, evidence: TrialEvidence): Pick<TrialResult, 'look'> {
  const { stop, startedAt } = evidence;
  const byLook = endedAtLook(evidence);
  if (cell.stop !== 'early' || startedAt === null || (stop !== null && !byLook)) return {};
  const view = decidingView(cell, evidence);
  const [part] = view.phases;
  if (part === undefined) return {};
  const { number, errorShare } = byLook ? EARLY_LOOK : LAST_LOOK;
  return {
    look: {
      number,
      of: LOOKS.length,
      atMs: part.phase.startNs / NS_PER_MS + (part.durationS * NS_PER_S) / NS_PER_MS,
      requests: wholeOf([view], 0).settled,
      errorShare,
      stoppedMs: stop === null ? null : stop.atNs / NS_PER_MS,
    },
  };
}
