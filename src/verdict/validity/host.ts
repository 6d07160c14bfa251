import { NS_PER_S } from '../../time/ns.ts';
import type { SecondEvidence } from '../evidence.ts';
import type { SlotFilter, TrialView } from '../trial-view.ts';
import { digits, inPercent } from '../wording.ts';
import { type Examined, type Flaw, flaw } from './rule.ts';

/** Shares of the node's CPU time taken by its host: worth a caution, and such that a second does not count. */
export const STEAL_CAUTION = 0.02;
const STEAL_NOISE = 0.05;

/** The seconds of a trial that lie in its measure phases. */
export function measuredSeconds({ phases, seconds }: TrialView): readonly SecondEvidence[] {
  const first = phases[0];
  const last = phases.at(-1);
  if (first === undefined || last === undefined) return [];
  const endNs = last.phase.startNs + last.durationS * NS_PER_S;
  return seconds.filter(({ atNs }) => atNs + NS_PER_S > first.phase.startNs && atNs < endNs);
}

/** Mean of what is known; null when nothing is. */
export function meanOf(rows: readonly SecondEvidence[], value: (row: SecondEvidence) => number | null): number | null {
  const known = rows.map(value).filter((found) => found !== null);
  return known.length === 0 ? null : known.reduce((sum, found) => sum + found, 0) / known.length;
}

/** CPU time that the hypervisor gave to others. */
export function cpuSteal({ view, where }: Examined): readonly Flaw[] {
  const steal = meanOf(measuredSeconds(view), (row) => row.steal) ?? 0;
  if (steal <= STEAL_CAUTION) return [];
  const message = `${inPercent(steal)} of the node's CPU time was stolen by its host.`;
  return [flaw('caution', 'cpu-steal', where, message, 'Run on a dedicated or a quieter machine.')];
}

/** Time in which a cgroup's quota held the node's processes. */
export function cpuThrottled({ view, where }: Examined): readonly Flaw[] {
  const throttledUs = measuredSeconds(view).reduce((sum, row) => sum + (row.throttledUs ?? 0), 0);
  if (throttledUs === 0) return [];
  const message = `The CPU quota held the node's processes for ${digits(throttledUs / 1e6)} s.`;
  return [flaw('caution', 'cpu-throttled', where, message, 'Raise the CPU limit of the container or the cgroup.')];
}

/** Leaves out the slots that touch a second with steal above 5 %; null when there is none. */
export function withoutStolenSeconds(view: TrialView): SlotFilter | null {
  const stolen = measuredSeconds(view).filter(({ steal }) => steal !== null && steal > STEAL_NOISE);
  if (stolen.length === 0) return null;
  return (startNs, endNs) => !stolen.some(({ atNs }) => atNs < endNs && atNs + NS_PER_S > startNs);
}
