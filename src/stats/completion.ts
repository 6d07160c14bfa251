import { type Ns, ns } from '../time/ns.ts';
import type { Outcome } from './outcome.ts';

/**
 * One request's four instants and outcome.
 *
 * intended <= ready <= start <= completed. *ready* = max(intended, the instant a place was free).
 */
export interface Completion {
  readonly seq: number;
  readonly outcome: Outcome;
  readonly intendedNs: Ns;
  readonly readyNs: Ns;
  readonly startNs: Ns;
  readonly completedNs: Ns;
}

/** No place was free: the target's doing. */
export const wait = (c: Completion): Ns => ns(c.readyNs - c.intendedNs);
/** The harness was late. */
export const lag = (c: Completion): Ns => ns(c.startNs - c.readyNs);
export const service = (c: Completion): Ns => ns(c.completedNs - c.startNs);
/** = wait + lag + service: what a user who wanted the answer at the intended start had to wait. */
export const response = (c: Completion): Ns => ns(c.completedNs - c.intendedNs);
