import { setTimeout as delay } from 'node:timers/promises';
import type { HostFacts } from '../../agent/proc-stat.ts';
import { sleepLatenessNs } from '../../agent/runner/timer-probe.ts';
import { figureText, percentText } from '../../report/figures.ts';
import type { Clock } from '../../time/clock.ts';
import { NS_PER_MS, NS_PER_US } from '../../time/ns.ts';
import { STEAL_CAUTION } from '../../verdict/validity/host.ts';
import { type Finding, ok, warning } from './finding.ts';

export interface NoiseFacts {
  /** Shares of the node's CPU time over the whole look; null: the system does not tell. */
  readonly steal: number | null;
  /** Share that others worked while this process slept. */
  readonly othersBusy: number | null;
  /** How late sleeps of 1 ms ended. */
  readonly sleepLateP99Ns: number;
  readonly spin: SpinFacts;
}

/** A thread that only reads the clock: every gap is time in which it did not run. */
export interface SpinFacts {
  /** Share of the time that went in gaps. */
  readonly lost: number;
  readonly longestNs: number;
}

const IDLE_MS = 1000;
const SPIN_MS = 1000;
/** Shorter gaps are interrupts of an ordinary kernel. */
const GAP_NS = 100 * NS_PER_US;

const MOST_BUSY = 0.2;
const MOST_SLEEP_LATE_NS = NS_PER_MS;
const MOST_LOST = 0.02;
const MOST_GAP_NS = 10 * NS_PER_MS;

/** Looks for about 2.2 s, of which half spinning on the calling thread. `hostFacts` tells what happened since its last call. */
export async function noiseFacts(clock: Clock, newHostFacts: () => () => HostFacts): Promise<NoiseFacts> {
  const whole = newHostFacts();
  const idle = newHostFacts();
  await delay(IDLE_MS);
  const { cpu: othersBusy } = idle();
  const { p99: sleepLateP99Ns } = sleepLatenessNs(clock);
  const spin = spun(clock, SPIN_MS * NS_PER_MS);
  return { steal: whole().steal, othersBusy, sleepLateP99Ns, spin };
}

/** Reads the clock without pause for `forNs`. */
export function spun(clock: Clock, forNs: number): SpinFacts {
  const from: number = clock.now();
  let before = from;
  let lostNs = 0;
  let longestNs = 0;
  while (before - from < forNs) {
    const now: number = clock.now();
    const gap = now - before;
    if (gap > GAP_NS) lostNs += gap;
    if (gap > longestNs) longestNs = gap;
    before = now;
  }
  return { lost: lostNs / (before - from), longestNs };
}

export const judgeNoise = (facts: NoiseFacts): readonly Finding[] => [
  steal(facts),
  otherWork(facts),
  wakeUps(facts),
  interruptions(facts),
];

const UNTOLD = 'not shown by this system';

function steal({ steal: share }: NoiseFacts): Finding {
  if (share === null) return warning('steal', UNTOLD, 'seconds that the host takes cannot be told apart: be wary');
  const found = `${percentText(share)} of the CPU time went to the host`;
  if (share <= STEAL_CAUTION) return ok('steal', found);
  return warning('steal', found, 'noisy neighbours: take a dedicated or a quieter machine');
}

function otherWork({ othersBusy }: NoiseFacts): Finding {
  if (othersBusy === null) return ok('other work', UNTOLD);
  const found = `CPUs ${percentText(othersBusy)} busy while nothing was measured`;
  if (othersBusy <= MOST_BUSY) return ok('other work', found);
  return warning('other work', found, 'end other programs before measuring: top shows which');
}

function wakeUps({ sleepLateP99Ns }: NoiseFacts): Finding {
  const found = `P99 ${figureText(sleepLateP99Ns / NS_PER_US)} us late after a sleep`;
  if (sleepLateP99Ns <= MOST_SLEEP_LATE_NS) return ok('wake-ups', found);
  return warning('wake-ups', found, 'starts will be late: keep `pacing: precise`, and other work off this machine');
}

function interruptions({ spin }: NoiseFacts): Finding {
  const found = `${percentText(spin.lost)} of a busy second lost, longest gap ${figureText(spin.longestNs / NS_PER_MS)} ms`;
  if (spin.lost <= MOST_LOST && spin.longestNs <= MOST_GAP_NS) return ok('interruptions', found);
  return warning('interruptions', found, 'something else takes the CPU: other programs, a quota, or the host');
}
