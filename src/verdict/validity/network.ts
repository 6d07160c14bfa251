import type { DirectionFacts, NetworkFacts } from '../../targets/network-facts.ts';
import { atAgent, type Examined, type Flaw, flaw } from './rule.ts';

/**
 * How far a network may be from what its results are labelled with, each way: the median of its delay by 1 ms or 5 %, its
 * bandwidth by 10 %. Beside the jitter a fifth of it is allowed for what the quantiles of a few hundred draws scatter.
 */
const MEDIAN = { ms: 1, share: 0.05 } as const;
const BANDWIDTH = 0.1;
/** P99 of a uniform law lies at 98 % of its half width above the middle; a tail that is longer is a caution. */
const TAIL = { ms: 2, share: 0.1, at: 0.98 } as const;
const SCATTER = 0.2;

/** The network that an agent put between clients and endpoint, where it was not the one that the results bear. */
export function networkOff(trial: Examined): readonly Flaw[] {
  return trial.evidence.agents.flatMap(({ agent, network }) => {
    if (network === undefined) return [];
    const [off] = WAYS.flatMap((way) => offText(network, network[way], WORDS[way]));
    if (off !== undefined) {
      const hint =
        'Run again on a quieter node, or ask for a network that one process on it can be: a longer delay, less bandwidth.';
      return [flaw('invalid', 'network-off', atAgent(trial, agent), off, hint)];
    }
    const [uneven] = WAYS.flatMap((way) => tailText(network, network[way], WORDS[way]));
    if (uneven === undefined) return [];
    const hint = 'Leave the node to this run: what else it does delays the proxy of via at times.';
    return [flaw('caution', 'network-uneven', atAgent(trial, agent), uneven, hint)];
  });
}

const WAYS = ['up', 'down'] as const;
const WORDS = { up: 'towards the endpoint', down: 'back from the endpoint' } as const;

const allowed = ({ delayMs, jitterMs }: NetworkFacts, { ms, share }: { readonly ms: number; readonly share: number }) =>
  Math.max(ms, share * delayMs) + SCATTER * jitterMs;

function offText(network: NetworkFacts, { p50Ms, bitsPerSecond }: DirectionFacts, way: string): string[] {
  const { delayMs, bandwidth } = network;
  const most = allowed(network, MEDIAN);
  const delay =
    Math.abs(p50Ms - delayMs) > most
      ? [
          `Its network took ${shown(p50Ms)} ms ${way} in the median, expected ${shown(delayMs)} ms within ${shown(most)} ms.`,
        ]
      : [];
  if (bandwidth === null || Math.abs(bitsPerSecond / bandwidth - 1) <= BANDWIDTH) return delay;
  return [
    ...delay,
    `Its network carried ${shown(bitsPerSecond / 1e6)} Mbit/s ${way}, expected ${shown(bandwidth / 1e6)} Mbit/s within ${100 * BANDWIDTH} %.`,
  ];
}

function tailText(network: NetworkFacts, { p99Ms }: DirectionFacts, way: string): string[] {
  const latest = network.delayMs + TAIL.at * network.jitterMs + allowed(network, TAIL);
  if (p99Ms <= latest) return [];
  return [`Its network took ${shown(p99Ms)} ms ${way} at P99, expected at most ${shown(latest)} ms.`];
}

const shown = (value: number): string => String(Number(value.toPrecision(3)));
