import type { Window } from '../../gpu/observation.ts';
import { NS_PER_S } from '../../time/ns.ts';
import type { PhaseView } from '../phase-view.ts';

/** From the start of the first phase to the end of the last, as far as they ran; null: none did. */
export function windowOf(phases: readonly PhaseView[]): Window | null {
  const [first, last] = [phases.at(0), phases.at(-1)];
  if (first === undefined || last === undefined) return null;
  const window = { fromNs: first.phase.startNs, toNs: last.phase.startNs + last.durationS * NS_PER_S };
  return window.toNs > window.fromNs ? window : null;
}
