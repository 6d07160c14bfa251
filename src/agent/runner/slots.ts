import { endsWhenDone, type Phase } from '../../scenarios/phase.ts';

/**
 * The slot of a phase in which an intended start lies: equal slots, by intended start. The quotient comes last: it is
 * exact on the edges, where uniform arrivals lie. A phase that lasts longer than its duration has further ones.
 */
export function slotOf(phase: Phase, intendedNs: number): number {
  if (phase.durationNs <= 0) return 0;
  const slot = Math.floor(((intendedNs - phase.startNs) * phase.slots) / phase.durationNs);
  const last = endsWhenDone(phase) ? Number.POSITIVE_INFINITY : phase.slots - 1;
  return Math.min(last, Math.max(0, slot));
}
