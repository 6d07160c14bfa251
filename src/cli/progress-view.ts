import type { LiveSecond, ProgressEvent, TrialPosition } from '../coordinator/progress-events.ts';
import { countText, figureText } from '../report/figures.ts';
import type { Paint } from '../report/layout.ts';
import type { Stage } from '../stats/peak/level.ts';

/** Seconds that the pictures of rate and latency show. */
const HISTORY = 40;

/** What is on show: the last thing told, and the seconds of the running trial. */
export interface ProgressView {
  readonly last: ProgressEvent | null;
  /** Latest last, at most {@link HISTORY}. */
  readonly history: readonly LiveSecond[];
}

export const nothingYet: ProgressView = { last: null, history: [] };

/** The view after an event. A new trial starts with an empty history. */
export function viewAfter(view: ProgressView, event: ProgressEvent): ProgressView {
  switch (event.kind) {
    case 'second':
      return { last: event, history: [...view.history, event.live].slice(-HISTORY) };
    case 'preparing':
      return { last: event, history: [] };
    case 'fault':
      return view;
    default:
      return { ...view, last: event };
  }
}

/** The picture that stays in place on a terminal: a state, or the running trial in four lines. */
export function pictureLines({ last, history }: ProgressView, paint: Paint): readonly string[] {
  if (last === null) return [];
  if (last.kind !== 'second') return [stateLine(last)];
  const { at, live } = last;
  return [
    `${paint.strong(positionText(at))}${leftText('   run', live.runLeftS)}`,
    `  ${phaseText(live)}${leftText('', live.phaseLeftS)}`,
    `  ${ratesText(live, paint)}   ${paint.faint(sparkline(history.map(({ achieved }) => achieved)))}`,
    `  ${latencyText(live)}   ${paint.faint(sparkline(history.map(({ p95 }) => p95)))}`,
  ];
}

/** One line for a log that is not a terminal. */
export function plainLine(event: ProgressEvent): string {
  if (event.kind !== 'second') return stateLine(event);
  const { at, live } = event;
  const failed = `failed ${countText(live.failed)}, in flight ${countText(live.inFlight)}`;
  const rates = `offered ${figureText(live.offered)}/s, achieved ${figureText(live.achieved)}/s`;
  return `${positionText(at)}: ${phaseText(live)}: ${rates}, ${latencyText(live)}, ${failed}${leftText(', run', live.runLeftS)}`;
}

function stateLine(event: Exclude<ProgressEvent, { kind: 'second' }>): string {
  switch (event.kind) {
    case 'waiting':
      return `waiting for agents: ${event.registered} of ${event.of} registered${event.why === undefined ? '' : `; ${event.why}`}`;
    case 'calibrating':
      return `calibrating the harness on ${event.node} (${driverText(event)})`;
    case 'calibrated':
      return calibratedText(event);
    case 'sending':
      return `sending ${event.file} to agent ${event.agent}: ${mebibytes(event.bytes)} of ${mebibytes(event.of)} MiB`;
    case 'preparing':
      return `${positionText(event.at)}: opening the target`;
    case 'draining': {
      const flying = `${countText(event.inFlight)} in flight`;
      return `${positionText(event.at)}: load is over, waiting for ${flying}, at most ${figureText(event.leftS)} s`;
    }
    case 'ending-early':
      return `${positionText(event.at)}: ${event.cause === 'abort' ? 'aborted' : 'ends here'}: ${event.why}`;
    case 'trial-ended':
      return `${positionText(event.at)}: done`;
    case 'trial-retried':
      return `${positionText(event.at)}: invalid, run once more: ${event.why}`;
    case 'trial-not-run':
      return `${positionText(event.at)}: not run: ${event.why}`;
    case 'fault':
      return `fault: ${event.message}`;
    case 'interrupting':
      return `${event.signal}: stopping, draining, writing what there is; once more ends at once`;
    case 'judging':
      return 'judging';
  }
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

function driverText({ driver, pacing, workers, vus }: Extract<ProgressEvent, { kind: 'calibrating' }>): string {
  if (vus !== null) return `${driver}, ${vus} virtual ${vus === 1 ? 'user' : 'users'}`;
  return `${driver === 'in-process' ? '' : `${driver}, `}${pacing}, ${workers} ${workers === 1 ? 'worker' : 'workers'}`;
}

function calibratedText(event: Extract<ProgressEvent, { kind: 'calibrated' }>): string {
  const { node, ageS, ceilingPerSecond, lagP99Ms, ok } = event;
  const age = ageS === null ? '' : `, from ${durationText(ageS)} ago`;
  const lag = lagP99Ms === null ? '' : `, lag P99 ${figureText(lagP99Ms)} ms`;
  const figures = `up to ${countText(Math.round(ceilingPerSecond))}/s${lag}`;
  return `calibrated on ${node}: ${figures}${age}${ok ? '' : '; a known answer came out wrong'}`;
}

const STAGES: Readonly<Record<Stage, string>> = {
  bracket: 'bracketing the peak',
  narrow: 'looking inside the bracket',
  fit: 'measuring around the estimate',
  confirm: 'confirming the lower bound',
};

function levelText({ stage, rate, atMost }: NonNullable<TrialPosition['level']>): string {
  const left = atMost === 0 ? 'the last level' : `at most ${atMost} more ${atMost === 1 ? 'level' : 'levels'}`;
  return `${STAGES[stage]} at ${figureText(rate)}/s, ${left}`;
}

function positionText({ cellId, index, of, trial, trials, attempt, level }: TrialPosition): string {
  const ofTrials = trials > 1 ? `, trial ${trial} of ${trials}` : '';
  const which = level === undefined ? ofTrials : `, ${levelText(level)}`;
  const again = attempt > 1 ? `, attempt ${attempt}` : '';
  return `[${index}/${of}] ${cellId}${which}${again}`;
}

const phaseText = ({ phase, purpose }: LiveSecond): string => (purpose === 'warmup' ? 'warm-up' : phase);

const leftText = (before: string, leftS: number | null): string =>
  leftS === null ? '' : `${before} ${durationText(leftS)} left`;

function ratesText({ offered, achieved, failed, inFlight }: LiveSecond, paint: Paint): string {
  const failures = failed === 0 ? 'failed 0' : paint.bad(`failed ${countText(failed)}`);
  return `offered ${figureText(offered)}/s  achieved ${figureText(achieved)}/s  in flight ${countText(inFlight)}  ${failures}`;
}

function latencyText({ p50, p95, p99 }: LiveSecond): string {
  const value = (ms: number | null): string => (ms === null ? '-' : figureText(ms));
  return `P50 ${value(p50)}  P95 ${value(p95)}  P99 ${value(p99)} ms`;
}

/** 59 s, 4 min 05 s, 2 h 10 min. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

const LEVELS = '▁▂▃▄▅▆▇█';

/** Heights from zero to the largest value; a gap where there is none. */
export function sparkline(values: readonly (number | null)[]): string {
  const highest = Math.max(...values.map((value) => value ?? 0));
  const step = (value: number): number => (highest === 0 ? 0 : Math.round((value / highest) * (LEVELS.length - 1)));
  return values.map((value) => (value === null ? ' ' : LEVELS[step(value)])).join('');
}
