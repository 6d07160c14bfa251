import type { Objective } from '../../campaign/objective.ts';
import type { Cell } from '../../campaign/plan.ts';
import { type Estimate, observed, scaled } from '../../stats/estimate.ts';
import { largestDuration } from '../../stats/mean.ts';
import { plainQuantileNs } from '../../stats/percentile.ts';
import { type Population, populationOf, sizeOf } from '../../stats/population.ts';
import type { Tally } from '../../stats/tally.ts';
import { NS_PER_MS, NS_PER_S } from '../../time/ns.ts';
import { type Finding, type Judgement, judged, nothingToJudge } from '../judgement.ts';
import type { LagView } from '../lag-view.ts';
import type { WindowResult } from '../objective-result.ts';
import type { Decision } from '../share-rule.ts';
import { durationOf, type TrialView } from '../trial-view.ts';
import { type Breach, HISTORY_S, SlidingWindow, type Window } from '../window/sliding-window.ts';
import { counted, digits, inMs, inPercent, inSeconds } from '../wording.ts';

/** An objective over a window, judged over trials. */
export interface JudgedWindows {
  readonly judgement: Judgement;
  /** The first that breached; null: none did. */
  readonly breach: WindowResult | null;
}

/** Fails when a window of any trial breaches; open where no window could be judged. */
export function judgeWindows(objective: Objective, cell: Cell, views: readonly TrialView[]): JudgedWindows {
  const found = views.map((view) => watch(objective, cell, view, 'response'));
  const breach = found.find((one) => one.breach !== null)?.breach ?? null;
  const shown = worstOf(found);
  if (shown === null) return { judgement: nothingToJudge(objective.text), breach: null };
  const lessLag = decide(views.map((view) => watch(objective, cell, view, 'less-lag')));
  const basis = {
    observed: observedIn(objective, shown),
    over: { count: shown.window.over, of: shown.window.of },
    lessLag,
    byBounds: false,
  };
  const judgement = judged(decide(found), basis, () =>
    breach === null ? tooShort(objective, views) : { finding: missed(objective, breach) },
  );
  return { judgement, breach: breach === null ? null : resultOf(breach) };
}

interface Shown {
  readonly window: Window;
  readonly settled: Tally;
}

interface Watched {
  readonly breach: Breach | null;
  /** Windows that were judged by their bound. */
  readonly judged: number;
  /** The one that breached, else the one with the largest share; null without any second. */
  readonly worst: Shown | null;
}

/** Goes through the seconds of a trial up to the first window that breaches. Windows with a second left out do not count. */
function watch(objective: Objective, cell: Cell, view: TrialView, lag: LagView): Watched {
  const windows = new SlidingWindow(objective, cell, lag);
  let judgedWindows = 0;
  let worst: Shown | null = null;
  for (const second of view.sealed) {
    const breach = windows.add(second);
    const { window } = windows;
    if (!view.keep(window.startNs, window.endNs)) continue;
    if (breach !== null) return { breach, judged: judgedWindows, worst: { window, settled: windows.settled } };
    if (windows.isJudged) judgedWindows++;
    if (worst === null || shareOf(window) > shareOf(worst.window)) worst = { window, settled: windows.settled };
  }
  return { breach: null, judged: judgedWindows, worst };
}

const shareOf = ({ over, of }: Window): number => (of === 0 ? 0 : over / of);

function worstOf(found: readonly Watched[]): Shown | null {
  const breached = found.find(({ breach }) => breach !== null);
  if (breached !== undefined) return breached.worst;
  const known = found.map(({ worst }) => worst).filter((worst) => worst !== null);
  return known.reduce<Shown | null>((a, b) => (a === null || shareOf(b.window) > shareOf(a.window) ? b : a), null);
}

function decide(found: readonly Watched[]): Decision {
  if (found.some(({ breach }) => breach !== null)) return 'fail';
  return found.some((one) => one.judged > 0) ? 'pass' : 'inconclusive';
}

/** What is shown of a window is a fact of it: those older than the limit and not settled stand at infinity. */
function observedIn({ indicator }: Objective, { window, settled }: Shown): Estimate {
  if (indicator.kind === 'errors') return observed(shareOf(window));
  const metric = indicator.kind === 'latency' ? indicator.metric : 'response';
  const known = populationOf(settled, metric);
  const population: Population = { ...known, infinite: known.infinite + Math.max(0, window.of - sizeOf(known)) };
  if (sizeOf(population) === 0) return { value: null, reason: 'too-few-samples', needs: 1 };
  if (indicator.kind !== 'latency') return scaled(largestDuration(population), 1 / NS_PER_MS);
  const value = plainQuantileNs(population, indicator.quantile);
  const censored = { value: null, reason: 'censored', low: known.finite.maxNs } as const;
  return scaled(value === null ? censored : observed(value), 1 / NS_PER_MS);
}

const resultOf = (breach: Breach): WindowResult => ({
  kind: breach.kind,
  startMs: breach.window.startNs / NS_PER_MS,
  endMs: breach.window.endNs / NS_PER_MS,
  over: breach.window.over,
  of: breach.window.of,
  low: breach.kind === 'share' ? breach.low : null,
  confidence: breach.kind === 'share' ? breach.confidence : null,
});

function missed(objective: Objective, breach: Breach): Finding {
  return {
    code: 'objective-missed',
    message: `${objective.text} is missed: ${whatHappened(objective, breach)}.`,
    hint: 'The series shows the seconds before it; the slowest requests and the failures say what they met.',
  };
}

/** A clause for people: which window breached, and how. */
export function whatHappened(objective: Objective, breach: Breach): string {
  const { over, of, startNs, endNs } = breach.window;
  const end = inSeconds(endNs / NS_PER_S);
  if (breach.kind === 'hang') {
    const waiting = `${counted(breach.overdue, 'request')} were older than ${ageIn(objective)}`;
    return `nothing was answered in the two seconds up to ${end}, while ${waiting}`;
  }
  const did = objective.indicator.kind === 'errors' ? 'failed' : `took ${ageIn(objective)} or longer, or failed`;
  const bound = `at least ${inPercent(breach.low)} at confidence ${digits(breach.confidence)}`;
  return `from ${inSeconds(startNs / NS_PER_S)} to ${end} ${over} of ${of} requests (${inPercent(shareOf(breach.window))}) ${did} (${bound})`;
}

const ageIn = ({ indicator, limit }: Objective): string => (indicator.kind === 'errors' ? 'the timeout' : inMs(limit));

function tooShort(objective: Objective, views: readonly TrialView[]) {
  const needed = HISTORY_S + (objective.overNs ?? 0) / NS_PER_S;
  const each = durationOf(views) / Math.max(1, views.length);
  const requests = views.reduce((sum, { phases }) => sum + phases.reduce((n, { whole }) => n + whole.settled, 0), 0);
  const seconds = Math.max(0, needed - each);
  return {
    finding: {
      code: 'needs-more-requests',
      message: `${objective.text} cannot be told: no window had ${HISTORY_S} s of measurement before it, so that only a hang could have shown.`,
      hint: `Make the measure phases at least ${inSeconds(needed)} long, or judge the whole: leave out \`over\`.`,
    } as const,
    needs: { requests: Math.ceil((requests / Math.max(1e-9, each * views.length)) * seconds), seconds },
  };
}
