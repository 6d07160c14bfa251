import {
  type DirectionFacts,
  lateAfterMs,
  type NetworkFacts,
  type NetworkReleases,
} from '../../targets/network-facts.ts';
import { digits, inPercent } from '../wording.ts';
import { atAgent, type Examined, type Flaw, flaw, severityOf } from './rule.ts';

/**
 * How far a network may be from what its results are labelled with, each way: the median of its delay by 1 ms or 5 %, its
 * bandwidth by 10 %. Beside the jitter a fifth of it is allowed for what the quantiles of a few hundred draws scatter.
 */
const BANDWIDTH = 0.1;
const SCATTER = 0.2;
/** P99 of a uniform law lies at 98 % of its half width above the middle; a tail that is longer is a caution. */
const TAIL = { times: 2, at: 0.98 } as const;
/** Share of the stretches of bytes that were let out late while the trial ran: above the first a caution, above the second invalid. */
const LATE = { caution: 0.01, invalid: 0.1 } as const;

const OFF_HINT =
  'Run again on a quieter node, or ask for a network that one process on it can be: a longer delay, less bandwidth, a lower rate per agent.';
const UNEVEN_HINT = 'Leave the node to this run: what else it does delays the proxy of via at times.';

/** The network that an agent put between clients and endpoint, where it was not the one that the results bear. */
export function networkOff(trial: Examined): readonly Flaw[] {
  return trial.evidence.agents.flatMap(({ agent, network, releases }) => {
    if (network === undefined) return [];
    const found = [...WAYS.flatMap((way) => examined(network, way)), ...lateFlaws(network, releases)];
    const worst = found.find(({ severity }) => severity === 'invalid') ?? found[0];
    if (worst === undefined) return [];
    const [code, hint] =
      worst.severity === 'invalid' ? (['network-off', OFF_HINT] as const) : (['network-uneven', UNEVEN_HINT] as const);
    return [flaw(worst.severity, code, atAgent(trial, agent), worst.message, hint)];
  });
}

interface Found {
  readonly severity: Flaw['severity'];
  readonly message: string;
}

const WAYS = ['up', 'down'] as const;
const WORDS = { up: 'towards the endpoint', down: 'back from the endpoint' } as const;

/** What was found of one direction before the load. */
function examined(network: NetworkFacts, way: (typeof WAYS)[number]): readonly Found[] {
  const { delayMs, jitterMs, bandwidth } = network;
  const { p50Ms, p99Ms, bitsPerSecond }: DirectionFacts = network[way];
  const where = WORDS[way];
  const most = lateAfterMs(delayMs) + SCATTER * jitterMs;
  const latest = delayMs + TAIL.at * jitterMs + TAIL.times * lateAfterMs(delayMs) + SCATTER * jitterMs;
  const found: Found[] = [];
  if (Math.abs(p50Ms - delayMs) > most) {
    const message = `Its network took ${digits(p50Ms)} ms ${where} in the median, expected ${digits(delayMs)} ms within ${digits(most)} ms.`;
    found.push({ severity: 'invalid', message });
  }
  if (bandwidth !== null && Math.abs(bitsPerSecond / bandwidth - 1) > BANDWIDTH) {
    const message = `Its network carried ${digits(bitsPerSecond / 1e6)} Mbit/s ${where}, expected ${digits(bandwidth / 1e6)} Mbit/s within ${inPercent(BANDWIDTH)}.`;
    found.push({ severity: 'invalid', message });
  }
  if (p99Ms > latest) {
    const message = `Its network took ${digits(p99Ms)} ms ${where} at P99, expected at most ${digits(latest)} ms.`;
    found.push({ severity: 'caution', message });
  }
  return found;
}

/** What it did while the trial ran. */
function lateFlaws({ delayMs }: NetworkFacts, releases: NetworkReleases | undefined): readonly Found[] {
  if (releases === undefined || releases.released === 0) return [];
  const { released, late } = releases;
  const severity = severityOf(late / released, LATE.caution, LATE.invalid);
  if (severity === null) return [];
  const message = `Its network let ${inPercent(late / released)} of ${digits(released)} stretches of bytes out more than ${digits(lateAfterMs(delayMs))} ms late while the trial ran; at most ${inPercent(LATE.caution)} may be.`;
  return [{ severity, message }];
}
