import { networkOf } from '../campaign/cell-network.ts';
import type { Cell } from '../campaign/plan.ts';
import { viaText } from '../campaign/via-spec.ts';
import { betweenTrials } from '../stats/between-trials.ts';
import { toMilliseconds } from '../time/ns.ts';
import type { NotRun, TrialEvidence } from './evidence.ts';
import { type AgentNames, interrupted, judgeTrial, notRun, outOfTime } from './judge-trial.ts';
import type { ObjectiveResult } from './objective-result.ts';
import { breakpointResult } from './objectives/held.ts';
import { judgePeak } from './peak/judge-peak.ts';
import { levelsShort } from './peak/level-caution.ts';
import type { BetweenTrialsResult, CellResult } from './result.ts';
import { TRIALS_FOR_SPREAD } from './share-rule.ts';
import type { TrialResult } from './trial-result.ts';
import { type Judged, judgeTogether, verdictFrom } from './trial-verdict.ts';
import { trialView } from './trial-view.ts';
import type { Reason, Verdict } from './verdict.ts';

/** One attempt of a trial: what is known of it and what was said of it. */
interface Attempt {
  readonly evidence: TrialEvidence;
  readonly result: TrialResult;
}

/**
 * Judges a cell on its valid trials, counts pooled; every attempt is kept and shown. `missed`: trials of it that were not
 * run, and why, as far as that is recorded.
 */
export function judgeCell(
  cell: Cell,
  trials: readonly TrialEvidence[],
  names: AgentNames,
  missed: readonly NotRun[] = [],
): CellResult {
  const attempts = trials.map((evidence) => ({ evidence, result: judgeTrial(cell, evidence, names) }));
  const last = lastAttempts(attempts);
  if (cell.judgedBy === 'peak') return searchResult(cell, attempts, last, missed);
  const valid = last.filter(({ evidence, result }) => evidence.startedAt !== null && result.verdict.kind !== 'invalid');
  const judged = judgeTogether(
    cell,
    valid.map(({ evidence }) => evidence),
    cell.id,
  );
  return {
    id: cell.id,
    target: cell.target,
    scenario: cell.scenario,
    values: cell.values,
    ...instanceOf(cell),
    judged: cell.judge,
    ...labelOf(cell),
    verdict: verdictOfCell(cell, { attempts, last, valid, judged, missed }),
    objectives:
      valid.length > 0
        ? judged.objectives.map(({ result }) => withScatter(result, valid))
        : (last.at(-1)?.result.objectives ?? []),
    betweenTrials: betweenTrialsOf(valid),
    breakpoint: breakpointResult(
      cell,
      valid.map(({ evidence }) => trialView(cell, evidence)),
    ),
    peak: null,
    trials: attempts.map(({ result }) => result),
    notRun: missed,
  };
}

function labelOf(cell: Cell): Pick<CellResult, 'network'> {
  const via = networkOf(cell);
  if (via === null) return {};
  const { delayNs, jitterNs, bandwidth } = via;
  const label = viaText(via);
  return { network: { label, delayMs: toMilliseconds(delayNs), jitterMs: toMilliseconds(jitterNs), bandwidth } };
}

const instanceOf = ({ instance, measuredOn }: Cell): Pick<CellResult, 'instance' | 'measuredOn'> => ({
  ...(instance === undefined ? {} : { instance }),
  ...(measuredOn === undefined ? {} : { measuredOn }),
});

/** A search for a peak is judged by what its levels show one after the other. */
function searchResult(
  cell: Cell,
  attempts: readonly Attempt[],
  last: readonly Attempt[],
  missed: readonly NotRun[],
): CellResult {
  const { peak, objectives, verdict } = judgePeak(cell, last);
  const cautions = [
    ...cautionsOfLevels(cell, last),
    ...(peak.rate.value === null ? [] : levelsShort(cell)),
    ...(attempts.length > last.length ? [retried(cell, attempts.length - last.length)] : []),
  ];
  const cut = cutOff(cell, last);
  const open = cut ?? notRun(cell.id, missed[0] ?? null);
  const { id, target, scenario, values } = cell;
  return {
    id,
    target,
    scenario,
    values,
    ...instanceOf(cell),
    judged: cell.judge,
    ...labelOf(cell),
    verdict:
      cut !== null || verdict === null
        ? verdictFrom('inconclusive', [open], cautions)
        : verdictFrom(verdict.kind, verdict.reasons, cautions),
    objectives,
    betweenTrials: null,
    breakpoint: null,
    peak,
    trials: attempts.map(({ result }) => result),
    notRun: missed,
  };
}

/** Each kind once, told of the first level that has it; that a level is beyond capacity is what a search is for. */
function cautionsOfLevels(cell: Cell, levels: readonly Attempt[]): readonly Reason[] {
  const all = levels.flatMap(({ result }) => result.verdict.cautions).filter(({ code }) => code !== 'overloaded');
  const byCode = Map.groupBy(all, ({ code }) => code);
  return [...byCode.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const more = others.length === 0 ? '' : ` So it was at ${others.length} further levels.`;
    return [
      { ...first, where: cell.id, message: `At ${first.where.replace(`${cell.id}, `, '')}: ${first.message}${more}` },
    ];
  });
}

/** Of the valid trials' own percentiles. */
function betweenTrialsOf(valid: readonly Attempt[]): BetweenTrialsResult | null {
  if (valid.length < TRIALS_FOR_SPREAD) return null;
  const of = (name: 'p50' | 'p90' | 'p95' | 'p99' | 'p99.9') =>
    betweenTrials(valid.map(({ result }) => result.latency.response[name].value));
  return {
    unit: 'ms',
    response: { p50: of('p50'), p90: of('p90'), p95: of('p95'), p99: of('p99'), 'p99.9': of('p99.9') },
  };
}

/** A percentile as it was judged over the trials together, and from trial to trial. */
function withScatter(result: ObjectiveResult, valid: readonly Attempt[]): ObjectiveResult {
  if (!/\.p\d/.test(result.indicator) || result.phase !== null) return result;
  const each = valid.map(({ result: trial }) =>
    trial.objectives.find(({ objective }) => objective === result.objective),
  );
  const scatter = betweenTrials(each.map((found) => found?.observed.value ?? null));
  return scatter === null ? result : { ...result, betweenTrials: scatter };
}

/** The last attempt of each trial, in the order of trials. */
function lastAttempts(attempts: readonly Attempt[]): readonly Attempt[] {
  const byTrial = new Map<number, Attempt>();
  for (const attempt of attempts) {
    const known = byTrial.get(attempt.result.index);
    if (known === undefined || known.result.attempt < attempt.result.attempt)
      byTrial.set(attempt.result.index, attempt);
  }
  return [...byTrial.values()].sort((a, b) => a.result.index - b.result.index);
}

/** What a cell's verdict rests on. */
interface Basis {
  readonly attempts: readonly Attempt[];
  /** The last attempt of each trial. */
  readonly last: readonly Attempt[];
  readonly valid: readonly Attempt[];
  /** What the valid ones say together. */
  readonly judged: Judged;
  /** Trials that were not run. */
  readonly missed: readonly NotRun[];
}

function verdictOfCell(cell: Cell, basis: Basis): Verdict {
  const { last, valid, judged } = basis;
  const cautions = cautionsOf(cell, basis);
  const cut = cutOff(cell, last);
  if (cut !== null) return verdictFrom('inconclusive', [cut], cautions);
  const aborted = valid.filter(({ evidence }) => evidence.stop?.cause === 'abort');
  if (aborted.length > 0)
    return verdictFrom(
      'fail',
      aborted.flatMap(({ result }) => result.verdict.reasons),
      cautions,
    );
  if (valid.length === 0 || 2 * valid.length < cell.trials.length) return withoutEnough(cell, basis, cautions);
  return verdictFrom(judged.decision, judged.reasons, cautions);
}

/** A trial that was stopped for the sake of something else leaves its cell open. */
function cutOff(cell: Cell, last: readonly Attempt[]): Reason | null {
  const causes = last.map(({ evidence }) => evidence.stop?.cause);
  if (causes.includes('interrupt')) return interrupted(cell.id);
  return causes.includes('deadline') ? outOfTime(cell.id) : null;
}

/** Fewer than half of the planned trials are valid. */
function withoutEnough(cell: Cell, { last, missed }: Basis, cautions: readonly Reason[]): Verdict {
  const invalid = last.filter(({ result }) => result.verdict.kind === 'invalid');
  const reasons = last.flatMap(({ result }) => result.verdict.reasons);
  if (invalid.length === 0)
    return verdictFrom('inconclusive', reasons.length > 0 ? reasons : [notRun(cell.id, missed[0] ?? null)], cautions);
  const why = invalid.flatMap(({ result }) => result.verdict.reasons);
  if (cell.trials.length === 1) return verdictFrom('invalid', why, cautions);
  const tooFew: Reason = {
    code: 'too-few-valid-trials',
    where: cell.id,
    message: `${invalid.length} of ${cell.trials.length} trials are invalid; at least half must be valid.`,
    hint: 'Mend what made them invalid, or write `retryInvalid`.',
  };
  return verdictFrom('invalid', [tooFew, ...why], cautions);
}

function cautionsOf(cell: Cell, { attempts, last, valid, judged, missed }: Basis): readonly Reason[] {
  const own = (valid.length > 0 ? valid : last).flatMap(({ result }) => result.verdict.cautions);
  const missing = cell.trials.length - valid.length;
  return [
    ...own,
    ...(valid.length > 0 && missing > 0 ? [someMissing(cell, missing, missed[0]?.why ?? null)] : []),
    ...(attempts.length > last.length ? [retried(cell, attempts.length - last.length)] : []),
    ...(valid.length > 0 && valid.length < TRIALS_FOR_SPREAD && boundsDecided(judged)
      ? [spreadUnknown(cell, valid.length)]
      : []),
  ];
}

/** The verdict rests on bounds, and so claims something beyond the run itself. */
const boundsDecided = ({ objectives, decision }: Judged): boolean =>
  decision !== 'inconclusive' && objectives.some(({ decides, byBounds }) => decides && byBounds);

const someMissing = (cell: Cell, missing: number, whyNotRun: string | null): Reason => ({
  code: 'invalid-trial-among-valid',
  where: cell.id,
  message: `${missing} of ${cell.trials.length} trials are invalid or were not run${whyNotRun === null ? '' : ` (${whyNotRun})`}; the verdict rests on the others.`,
  hint: 'Look at the reasons of those trials.',
});

const retried = (cell: Cell, more: number): Reason => ({
  code: 'retried',
  where: cell.id,
  message: `${more === 1 ? 'An attempt that was invalid or cut off was' : `${more} attempts that were invalid or cut off were`} repeated; all are shown, the last one of each trial counts.`,
  hint: 'Look at the reasons of the attempts that were repeated.',
});

const spreadUnknown = (cell: Cell, trials: number): Reason => ({
  code: 'run-to-run-not-covered',
  where: cell.id,
  message: `The bounds hold for ${trials === 1 ? 'this one trial' : `these ${trials} trials`}; how much trials differ from one another is not in them.`,
  hint: `Write \`trials: ${TRIALS_FOR_SPREAD}\` or more to have it judged.`,
});
