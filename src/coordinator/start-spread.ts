import { type Ns, ns } from '../time/ns.ts';

/** An agent that is to begin at an instant of the coordinator's clock, which it has translated into its own. */
export interface Starter {
  /** Nanoseconds by which its clock's offset may be off. */
  readonly boundNs: number;
  /** The instant on its own clock, and which clock that is; null: not told. */
  readonly at: OnClock | null;
}

export interface OnClock {
  /** Equal for agents that read the same clock. */
  readonly clock: string;
  /** Nanoseconds of it. */
  readonly zeroNs: bigint;
}

/**
 * How far apart two agents may begin at most, as far as clocks go: null for an agent alone. Agents that read one clock begin so
 * far apart as their instants on it are, which is known and no matter of its offset. Others may each be off by their bound.
 */
export function startSpread(starters: readonly Starter[]): Ns | null {
  if (starters.length < 2) return null;
  const groups = Map.groupBy(starters, ({ at }) => at?.clock ?? Symbol('a clock of its own'));
  const within = [...groups.values()].map(spreadOnOneClock);
  const [worst = 0, second = 0] = [...groups.values()].map(worstBound).sort((a, b) => b - a);
  return ns(Math.max(...within, groups.size > 1 ? worst + second : 0));
}

const worstBound = (group: readonly Starter[]): number => Math.max(...group.map(({ boundNs }) => boundNs));

function spreadOnOneClock(group: readonly Starter[]): number {
  const zeros = group.flatMap(({ at }) => (at === null ? [] : [at.zeroNs]));
  const [first = 0n] = zeros;
  const after = zeros.map((zero) => Number(zero - first));
  return Math.max(0, ...after) - Math.min(0, ...after);
}
