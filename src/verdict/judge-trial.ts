import type { Cell } from '../campaign/plan.ts';
import { sumOf } from '../stats/blocks.ts';
import { Outcome } from '../stats/outcome.ts';
import { NS_PER_MS } from '../time/ns.ts';
import { asRun } from './as-run.ts';
import type { NotRun, NotRunCause, TrialEvidence } from './evidence.ts';
import { accountingOf, agentResult, cancelledOf, latencyOf, observedOf, phaseResult, ratesOf } from './figures.ts';
import { batchOf } from './judge-objective.ts';
import { k6Result } from './k6/k6-result.ts';
import { agentAsToldBy, asToldBy, slowAsToldBy } from './k6/latency.ts';
import { abortingThresholds, thresholdText } from './k6/threshold-abort.ts';
import { latencyLimits } from './limits.ts';
import { lookResult } from './looks/look-result.ts';
import { breakpointResult } from './objectives/held.ts';
import { hostNodeResult } from './observed/host-node.ts';
import { slowestStretches } from './observed/slow-stretch.ts';
import { pagesOf } from './observed/summary.ts';
import { windowOf } from './observed/window.ts';
import { seriesColumns, seriesPath } from './series.ts';
import { serverResult } from './server/told.ts';
import type { TrialResult } from './trial-result.ts';
import { type Judged, judgeTogether, verdictFrom } from './trial-verdict.ts';
import { blocksToBoundTrial, phaseView, type TrialView, trialView, wholeOf } from './trial-view.ts';
import { pacingShare } from './validity/capacity.ts';
import { sentence } from './validity/fleet.ts';
import { meanOf, measuredSeconds } from './validity/host.ts';
import { examine } from './validity.ts';
import type { Reason, Verdict } from './verdict.ts';
import { warmupAdvice } from './warmup-advice.ts';

/** Agent index to name. */
export type AgentNames = (agent: number) => string;

/** Everything that is said of one attempt of a trial, computed from its evidence and the plan's cell alone. */
export function judgeTrial(planned: Cell, evidence: TrialEvidence, names: AgentNames): TrialResult {
  const cell = asRun(planned, evidence);
  const where = placeOf(cell, evidence);
  const view = trialView(cell, evidence);
  const measured = view.phases;
  const whole = wholeOf([view], latencyLimits(cell.objectives).length);
  const judged = judgeTogether(cell, [evidence], where);
  const slow = slowestStretches(measured.map((phase) => measuredSeconds({ ...view, phases: [phase] })));
  const observed = observedOf(evidence, measured, batchOf(cell));
  const steady = measured.map((phase) => phase.steady).filter((found) => found !== null);
  return {
    index: evidence.trial,
    attempt: evidence.attempt,
    verdict: verdictOfTrial(cell, evidence, view, judged, names),
    scheduleDigest: cell.trials.find(({ index }) => index === evidence.trial)?.scheduleDigest ?? null,
    startedAt: evidence.startedAt,
    endedAt: evidence.endedAt,
    accounting: accountingOf(whole, cancelledOf(evidence.agents, measuredPhases(cell))),
    rates: ratesOf(cell, evidence.agents, measured),
    latency: asToldBy(cell, latencyOf(whole, blocksToBoundTrial(view))),
    ...serverOf(cell, evidence, names),
    ...k6Result(cell, evidence, view, whole.outcomes[Outcome.shed] ?? 0),
    phases: begunPhases(cell, evidence).map((phase) => {
      const result = phaseResult(cell, evidence, phase);
      return { ...result, latency: asToldBy(cell, result.latency) };
    }),
    perAgent: evidence.agents.map((agent) => {
      const own = sumOf(measured.flatMap(({ index }) => agent.phases[index] ?? []));
      return agentAsToldBy(cell, agentResult(agent, own, measuredPhases(cell), names(agent.agent)));
    }),
    failures: evidence.failures.map(({ firstNs, agent, ...failure }) => ({
      ...failure,
      firstMs: firstNs / NS_PER_MS,
      agent: names(agent),
    })),
    slowest: evidence.slowest.map(({ seq, sample, intendedNs, waitNs, lagNs, serviceNs, agent }) =>
      slowAsToldBy(cell, {
        seq,
        sample,
        intendedMs: intendedNs / NS_PER_MS,
        waitMs: waitNs / NS_PER_MS,
        lagMs: lagNs / NS_PER_MS,
        serviceMs: serviceNs / NS_PER_MS,
        agent: names(agent),
      }),
    ),
    objectives: judged.objectives.map(({ result }) => result),
    steady,
    warmupAdvice: warmupAdvice(cell, evidence, steady),
    breakpoint: breakpointResult(cell, [view]),
    ...lookResult(cell, evidence),
    series: {
      path: seriesPath(cell.id, evidence.trial, evidence.attempt),
      everyMs: 1000,
      columns: seriesColumns(evidence.seconds),
    },
    start: startOf(evidence),
    gpu: observed.gpu ?? null,
    host: hostOf(evidence, view, names),
    energy: observed.energy ?? null,
    ...pagesOf(evidence.observed ?? [], windowOf(view.phases)),
    ...(slow.length === 0 ? {} : { slow }),
  };
}

function serverOf(cell: Cell, evidence: TrialEvidence, names: AgentNames): Pick<TrialResult, 'server'> {
  const server = serverResult(cell, evidence, names);
  return server === null ? {} : { server };
}

/** `target/scenario`, and the trial and attempt where there are several. */
function placeOf(cell: Cell, { trial, attempt }: TrialEvidence): string {
  const numbered = cell.trials.length > 1 || attempt > 1 ? `${cell.id}, trial ${trial}` : cell.id;
  return attempt > 1 ? `${numbered}, attempt ${attempt}` : numbered;
}

function verdictOfTrial(
  cell: Cell,
  evidence: TrialEvidence,
  view: TrialView,
  judged: Judged,
  names: AgentNames,
): Verdict {
  const where = placeOf(cell, evidence);
  const flaws = examine({ cell, evidence, view, judged: judged.objectives, names, where });
  const of = (severity: 'invalid' | 'caution'): readonly Reason[] =>
    flaws.filter((flaw) => flaw.severity === severity).map(({ reason }) => reason);
  const cautions = of('caution');
  if (evidence.startedAt === null) return verdictOfNotRun(evidence, of('invalid'), where);
  const invalid = of('invalid');
  if (invalid.length > 0) return verdictFrom('invalid', invalid, cautions);
  switch (evidence.stop?.cause) {
    case 'interrupt':
      return verdictFrom('inconclusive', [interrupted(where)], cautions);
    case 'deadline':
      return verdictFrom('inconclusive', [outOfTime(where)], cautions);
    case 'abort':
      return verdictFrom('fail', [aborted(where, abortersOf(cell, judged)), ...judged.reasons], cautions);
    case 'fault':
      return verdictFrom('invalid', [faultWithoutName(where)], cautions);
    case 'broke':
    case 'sure':
    case undefined:
      return verdictFrom(judged.decision, judged.reasons, cautions);
  }
}

/** A trial that never started shows nothing: what kept it from starting is all there is to say. */
function verdictOfNotRun({ faults }: TrialEvidence, invalid: readonly Reason[], where: string): Verdict {
  const setUp = faults.filter(({ code }) => code === 'target-setup');
  const lost = invalid.filter(({ code }) => code === 'runner-died' || code === 'agent-lost' || code === 'own-fault');
  if (setUp.length > 0)
    return verdictFrom(
      'inconclusive',
      setUp.map(({ message }) => setUpFailed(message, where)),
      [],
    );
  if (lost.length > 0) return verdictFrom('invalid', lost, []);
  return verdictFrom('inconclusive', [notRun(where)], []);
}

const setUpFailed = (message: string, where: string): Reason => ({
  code: 'target-setup',
  where,
  message: `The target could not be opened: ${sentence(message)}`,
  hint: 'Try it with `loadcell doctor`, or open the model on the node by hand.',
});

/** Null: nothing is recorded of why. */
export const notRun = (where: string, missed: Omit<NotRun, 'trial'> | null = null): Reason => ({
  code: missed?.cause === 'deadline' ? 'deadline' : 'not-run',
  where,
  message: missed === null ? 'It was not run.' : `It was not run: ${sentence(missed.why)}`,
  hint: missed === null ? ENDED_BEFORE : (HINTS[missed.cause] ?? ENDED_BEFORE),
});

const ENDED_BEFORE = 'The run ended before it, or its place could not be filled: go on with `loadcell run --resume`.';
const HINTS: Partial<Readonly<Record<NotRunCause, string>>> = {
  deadline: 'Go on with `loadcell run --resume`, or give a longer `--deadline`.',
  'no-peak': 'See why the search found no peak, and write a rate where this is to run all the same.',
};

/** What ran was stopped by the deadline of the whole command. */
export const outOfTime = (where: string): Reason => ({
  code: 'deadline',
  where,
  message: 'It was stopped by the deadline; what was measured until then is in the results.',
  hint: 'Go on with `loadcell run --resume`, or give a longer `--deadline`.',
});

export const interrupted = (where: string): Reason => ({
  code: 'interrupted',
  where,
  message: 'It was interrupted; what was measured until then is in the results.',
  hint: 'Run again to the end.',
});

/** `by`: the objectives whose windows breached, and the thresholds that were crossed. */
const aborted = (where: string, by: readonly string[]): Reason => ({
  code: 'aborted',
  where,
  message: `The trial was ended early by ${by.length === 0 ? 'an objective with `abort: true`' : by.join(' and ')}; it is judged up to there.`,
  hint: 'The series shows the seconds before it.',
});

function abortersOf({ objectives, spec }: Cell, judged: Judged): readonly string[] {
  const breached = objectives.filter(
    ({ abort, text }) =>
      abort && judged.objectives.some(({ result }) => result.objective === text && result.window !== null),
  );
  const crossed = abortingThresholds(spec)
    .map(thresholdText)
    .filter((text) => judged.objectives.some(({ result }) => result.objective === text && result.verdict === 'fail'));
  return [
    ...breached.map(({ text }) => `${text} with \`abort: true\``),
    ...crossed.map((text) => `the script's threshold ${text} with \`abortOnFail\``),
  ];
}

const faultWithoutName = (where: string): Reason => ({
  code: 'own-fault',
  where,
  message: 'The harness stopped the trial for a fault of its own.',
  hint: 'This is a fault of the harness, not of the target: please report it with the results folder.',
});

const measuredPhases = (cell: Cell): readonly { readonly index: number }[] =>
  cell.phases.flatMap(({ purpose }, index) => (purpose === 'measure' ? [{ index }] : []));

/** All phases that had begun before the stop, warm-up included. */
function begunPhases(cell: Cell, evidence: TrialEvidence) {
  if (evidence.startedAt === null) return [];
  const stopNs = evidence.stop?.atNs ?? Number.POSITIVE_INFINITY;
  return cell.phases.flatMap((phase, index) => (phase.startNs < stopNs ? [phaseView(cell, index, evidence)] : []));
}

/** The slowest agent's start-up. */
function startOf({ agents, startSpreadMs }: TrialEvidence): TrialResult['start'] {
  return {
    sessionMs: largest(agents.map(({ sessionMs }) => sessionMs)),
    firstInferenceMs: largest(agents.map(({ firstInferenceMs }) => firstInferenceMs)),
    spreadMs: startSpreadMs,
  };
}

/** Means over the measured seconds; throttling summed, memory and the pacing threads' share at their largest. */
function hostOf({ agents, observed = [] }: TrialEvidence, view: TrialView, names: AgentNames): TrialResult['host'] {
  const window = windowOf(view.phases);
  const nodes = window === null ? [] : observed.map((node) => hostNodeResult(node, window, names(node.agent)));
  const rows = measuredSeconds(view);
  const throttled = rows.map(({ throttledUs }) => throttledUs).filter((us) => us !== null);
  const runnerLoopDelayP99Ms = largest(rows.map(({ loopDelayP99Ms }) => loopDelayP99Ms));
  return {
    cpu: meanOf(rows, ({ cpu }) => cpu),
    steal: meanOf(rows, ({ steal }) => steal),
    throttledUs: throttled.length === 0 ? null : throttled.reduce((sum, us) => sum + us, 0),
    rssBytes: largest(rows.map(({ rssBytes }) => rssBytes)),
    pacingCpu: largest(agents.map(pacingShare)),
    ...(runnerLoopDelayP99Ms === null ? {} : { runnerLoopDelayP99Ms }),
    ...(nodes.length === 0 ? {} : { nodes }),
  };
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => Math.max(a, b));
}
