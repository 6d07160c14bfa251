import { maxRate } from '../../scenarios/profile.ts';
import { Outcome } from '../../stats/outcome.ts';
import { NS_PER_MS, NS_PER_S } from '../../time/ns.ts';
import { requestsEach } from '../k6/part.ts';
import { wholeOf } from '../trial-view.ts';
import { counted, inMs, inPercent } from '../wording.ts';
import { atAgent, type Examined, type Flaw, flaw, worstAgent } from './rule.ts';

/** Share of dropped iterations up to which k6's figures are not decided by them. */
const MOST_DROPPED = 0.001;

/**
 * An iteration for which k6 had no virtual user was never sent, and its wait is in no figure: its percentiles are those of
 * the lucky ones.
 */
export function k6Dropped({ cell, view, where }: Examined): readonly Flaw[] {
  if (cell.spec.kind !== 'k6') return [];
  const whole = wholeOf([view], 0);
  const dropped = whole.outcomes[Outcome.shed] ?? 0;
  if (dropped <= MOST_DROPPED * whole.settled) return [];
  const { vus, options } = cell.spec;
  const needed = vusNeeded(cell.phases, whole.service.maxNs / NS_PER_S);
  const message = `k6 dropped ${counted(dropped, 'iteration')} of ${whole.settled} (${inPercent(dropped / whole.settled)}), for none of its ${counted(vus, 'virtual user')} was free: what they would have waited is in no figure.`;
  const hint =
    needed !== null && needed <= vus
      ? 'Free ones would have been enough: k6 itself was short of CPU and fired late ticks in bursts. Keep other work off the node, use more agents, or more virtual users to take up bursts.'
      : options === 'own' || needed === null
        ? 'Give the script more preAllocatedVUs: the highest rate times the longest iteration.'
        : `Write \`vus: ${needed}\`: the highest rate times the longest iteration that was seen; the built-in driver charges every request for its wait.`;
  return [flaw('invalid', 'too-few-vus', where, message, hint)];
}

function vusNeeded(phases: Examined['cell']['phases'], longestS: number): number | null {
  const rates = phases.flatMap(({ load }) => (load.kind === 'open' ? [maxRate(load.profile)] : []));
  return rates.length === 0 || longestS === 0 ? null : Math.ceil(Math.max(...rates) * longestS * 1.1) + 1;
}

/** Exceptions that could not be given to an iteration stand in no count. */
export function k6Orphans({ evidence, where }: Examined): readonly Flaw[] {
  const orphans = evidence.k6?.orphans ?? 0;
  if (orphans === 0) return [];
  const message = `Of ${counted(orphans, 'exception')} that k6 logged no iteration was found: ${orphans === 1 ? 'it stands' : 'they stand'} in no count.`;
  return [flaw('caution', 'exception-unplaced', where, message, 'Look at the log of k6 run by hand.')];
}

/** The load was over, and what it was told stands; k6 alone would exit 107 (101 after its timeout). */
export function k6Teardown({ evidence, where }: Examined): readonly Flaw[] {
  const why = evidence.k6?.teardownFailed;
  if (why === undefined) return [];
  const message = `The script's teardown() failed after the load was over: ${why}.`;
  return [flaw('caution', 'teardown-failed', where, message, 'What it was to clean up may still be there.')];
}

/** Samples of a stock k6: what they cost, and what they do not tell. */
export function k6AsCsv({ evidence, where }: Examined): readonly Flaw[] {
  if (evidence.k6?.samples !== 'csv') return [];
  const untold = evidence.k6.parts.some(({ type }) => type === 'unknown')
    ? "; what kinds the script's own metrics are of is not told"
    : '';
  const message = `A stock k6 wrote every sample as CSV, which costs its agent some 30 µs of CPU an iteration, ten times what samples folded inside k6 do${untold}.`;
  const hint = 'Build k6 with `npm run setup:k6`, and take LOADCELL_K6 away if it names another one.';
  return [flaw('caution', 'samples-as-csv', where, message, hint)];
}

/** Share of the median service time above which k6's own part in it is worth saying. */
const MOST_OWN = 0.5;

/** k6's own time is in every latency that it tells: by its calibration it may be most of it. */
export function k6Floor(trial: Examined): readonly Flaw[] {
  const { evidence, view } = trial;
  const worst = worstAgent(evidence.agents, ({ floorMs }) => floorMs ?? 0);
  if (worst === null || worst.value === 0 || evidence.k6 === undefined) return [];
  const medianMs = wholeOf([view], 0).service.quantileNs(0.5) / NS_PER_MS;
  const ownMs = worst.value * requestsEach(evidence.k6.parts);
  // There is no median where half of them failed.
  if (!(ownMs > MOST_OWN * medianMs)) return [];
  const message = `Of the median service time of ${inMs(medianMs * NS_PER_MS)} k6's own part is about ${inMs(ownMs * NS_PER_MS)}, by its calibration against what answers at once.`;
  const hint = 'Hold such latencies against others by the same k6 only, or measure by the built-in driver.';
  return [flaw('caution', 'driver-floor', atAgent(trial, worst.agent.agent), message, hint)];
}
