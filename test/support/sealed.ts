import { Outcome } from '../../src/stats/outcome.ts';
import { Tally } from '../../src/stats/tally.ts';
import { NS_PER_MS, NS_PER_S, ns } from '../../src/time/ns.ts';
import type { SealedSecond } from '../../src/verdict/window/sealed-second.ts';

/** What a made-up second holds, of one phase and against one limit. */
export interface MadeSecond {
  /** Answered in 10 ms. */
  readonly quick?: number;
  /** Answered at or over the limit: in 1 s. */
  readonly slow?: number;
  /** Of the slow ones, those that the harness alone made late. */
  readonly slowByLag?: number;
  readonly failed?: number;
  readonly timeouts?: number;
  readonly overdue?: number;
  readonly overdueLessLag?: number;
  readonly phase?: number;
}

/** The second that begins at `atS` of the trial's time line. */
export function sealed(atS: number, made: MadeSecond): SealedSecond {
  const { quick = 0, slow = 0, slowByLag = 0, failed = 0, timeouts = 0, overdue = 0, phase = 0 } = made;
  const tally = new Tally(1);
  tally.outcomes[Outcome.ok] = quick + slow;
  tally.outcomes[Outcome.targetError] = failed;
  tally.outcomes[Outcome.timeout] = timeouts;
  tally.started = quick + slow + failed;
  tally.inTime = quick + slow;
  for (let i = 0; i < quick; i++) tally.response.record(10 * NS_PER_MS);
  for (let i = 0; i < slow; i++) tally.response.record(NS_PER_S);
  tally.over[0] = slow;
  tally.overLessLag[0] = slow - slowByLag;
  return {
    startNs: ns(atS * NS_PER_S),
    endNs: ns((atS + 1) * NS_PER_S),
    phases: [{ phase, tally }],
    slots: [],
    answered: quick + slow + failed,
    overdue: [overdue],
    overdueLessLag: [made.overdueLessLag ?? overdue],
  };
}

/** `count` equal seconds from `fromS` on. */
export const sealedSeconds = (fromS: number, count: number, made: MadeSecond): readonly SealedSecond[] =>
  Array.from({ length: count }, (_, i) => sealed(fromS + i, made));
