import type { Objective } from '../../campaign/objective.ts';
import type { Phase } from '../../scenarios/phase.ts';
import { type Estimate, observed } from '../../stats/estimate.ts';
import { NS_PER_MS, NS_PER_S, type Ns } from '../../time/ns.ts';
import type { SecondEvidence } from '../evidence.ts';
import { type Judgement, judged, nothingToJudge } from '../judgement.ts';
import type { TrialView } from '../trial-view.ts';
import { inMs, inSeconds, keeps } from '../wording.ts';

/** Name of the phase whose end a recovery is counted from. */
export const PEAK = 'peak';

/** A second has recovered when its P95 is below `to`; it counts when as many follow without a bad one between. */
const STAYS_FOR_S = 3;

/** Seconds from the end of the peak until P95 is below `toNs` and stays there for 3 s; the slowest trial counts. */
export function judgeRecovery(objective: Objective, toNs: Ns, views: readonly TrialView[]): Judgement {
  const times = views.map((view) => recoveryS(view, toNs));
  const known = times.filter((time) => time !== null);
  if (known.length < times.length || known.length === 0) return nothingToJudge(objective.text);
  const slowest = known.reduce((a, b) => (b.seconds > a.seconds || !b.recovered ? b : a));
  const decision = slowest.recovered && keeps(objective, slowest.seconds * NS_PER_S) ? 'pass' : 'fail';
  const estimate: Estimate = slowest.recovered
    ? observed(slowest.seconds)
    : { value: null, reason: 'censored', low: slowest.seconds };
  const found = { observed: estimate, over: null, lessLag: decision, byBounds: false } as const;
  const waited = slowest.recovered
    ? `P95 came below ${inMs(toNs)} for good only ${inSeconds(slowest.seconds)} after the peak`
    : `P95 did not come below ${inMs(toNs)} for ${STAYS_FOR_S} s in the ${inSeconds(slowest.seconds)} after the peak`;
  return judged(decision, found, () => ({
    finding: {
      code: 'objective-missed',
      message: `${objective.text} is missed: ${waited}.`,
      hint: 'The series shows how the backlog of the peak drains; a lower peak, a shed limit or more capacity shortens it.',
    },
  }));
}

interface Recovery {
  readonly recovered: boolean;
  /** Until it had recovered, or as long as was looked. */
  readonly seconds: number;
}

/** Null: the trial has no peak, or ended before its end. */
function recoveryS(view: TrialView, toNs: Ns): Recovery | null {
  const peak = view.phases.find(({ phase }) => phase.name === PEAK);
  const last = view.phases.at(-1);
  if (peak === undefined || last === undefined || !peak.complete) return null;
  const peakEndNs = endOf(peak.phase);
  const endNs = last.phase.startNs + last.durationS * NS_PER_S;
  const rows = view.seconds.filter(
    ({ atNs }) => atNs + NS_PER_S > peakEndNs && atNs + NS_PER_S <= endNs && atNs < endNs,
  );
  const first = startOfCalm(rows.filter(isOccupied), toNs);
  return first === null
    ? { recovered: false, seconds: Math.max(0, endNs - peakEndNs) / NS_PER_S }
    : { recovered: true, seconds: Math.max(0, first.atNs - peakEndNs) / NS_PER_S };
}

const endOf = (phase: Phase): number => phase.startNs + phase.durationNs;

function startOfCalm(rows: readonly SecondEvidence[], toNs: Ns): SecondEvidence | null {
  let calm: SecondEvidence[] = [];
  for (const row of rows) {
    calm = isCalm(row, toNs) ? [...calm, row] : [];
    if (calm.length >= STAYS_FOR_S) return calm[0] ?? null;
  }
  return null;
}

/** A second in which nothing was offered, finished or waiting says nothing. */
const isOccupied = (row: SecondEvidence): boolean =>
  row.p95 !== null || row.offered > 0 || row.inFlight > 0 || row.achieved + row.failed > 0;

/** Failures stand at infinity: P95 is null when they reach the last twentieth of a second. */
const isCalm = ({ p95 }: SecondEvidence, toNs: Ns): boolean => p95 !== null && p95 * NS_PER_MS < toNs;
