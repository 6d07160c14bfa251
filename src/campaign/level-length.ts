import { type Ns, seconds } from '../time/ns.ts';
import type { Objective } from './objective.ts';
import type { SearchLoad } from './open-load.ts';
import { formatDuration } from './quantity.ts';

/** A hidden overload above this share is worth a word: peaks are to be right within one percent. */
const LARGEST = 0.01;

/** Levels that are short beside what the search's objectives let a request wait. */
export interface ShortLevels {
  /** Tightest limit on what a queue adds to, or the second in which work counts as done in time. */
  readonly limitNs: Ns;
  /** How far above what the target keeps up a level may be offered and hold, a share of 1. */
  readonly hidden: number;
  /** Length of a level at which that is one percent. */
  readonly enoughNs: Ns;
}

/**
 * A queue that is offered r where c is kept up grows by r/c - 1 of the time, warm-up included: at the end of a level of
 * length T it is T (r/c - 1) long, and while that is below the limit the level holds, though no longer one would. So a
 * peak may be too high by the limit over T. Null where that is one percent or less.
 */
export function shortLevels(
  { everyNs, warmupNs }: Pick<SearchLoad, 'everyNs' | 'warmupNs'>,
  objectives: readonly Objective[],
): ShortLevels | null {
  const limitNs = Math.min(...objectives.flatMap(queueLimit), IN_TIME_NS) as Ns;
  const hidden = limitNs / (everyNs + warmupNs);
  return hidden <= LARGEST ? null : { limitNs, hidden, enoughNs: wholeSeconds(limitNs / LARGEST - warmupNs) };
}

/** Without a limit on responses, a second after its end a level's work is late. */
const IN_TIME_NS = seconds(1);

const queueLimit = ({ indicator, limit }: Objective): readonly number[] =>
  indicator.kind === 'latency' && indicator.metric !== 'service' ? [limit] : [];

const wholeSeconds = (durationNs: number): Ns => seconds(Math.ceil(durationNs / seconds(1) - 1e-9));

/** One sentence without its subject, for plans and results alike. */
export const shortLevelsText = ({ limitNs, hidden }: ShortLevels, { everyNs }: Pick<SearchLoad, 'everyNs'>): string =>
  `levels of ${formatDuration(everyNs)} are short beside ${formatDuration(limitNs)} that a request may wait: at up to ${percent(hidden)} more than the target keeps up, a queue has no time to grow so long`;

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;
