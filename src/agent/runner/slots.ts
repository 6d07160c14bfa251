import type { Phase } from '../../scenarios/phase.ts';

/**
 * The slot of a phase in which an intended start lies: equal slots, by intended start. The quotient comes last: it is
 * exact on the edges, where uniform arrivals lie.
 */
export function slotOf(phase: Phase, intendedNs: number): number {
  if (phase.durationNs <= 0) return 0;
  const slot = Math.floor(((intendedNs - phase.startNs) * phase.slots) / phase.durationNs);
  return Math.min(phase.slots - 1, Math.max(0, slot));
}
