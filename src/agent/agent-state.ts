import type { ServerTold } from '../targets/server-told.ts';
import type { Calibration, CalibrationRequest, CalibrationSpec } from '../wire/calibration.ts';
import type { TrialSpec } from '../wire/trial-spec.ts';
import type { FromRunner, ToRunner } from './runner/messages.ts';

/**
 * The life of an agent as a pure step. Commands of the coordinator and news of the runner go in; what to say, to tell
 * the runner, and to end comes out. Leases, streams and processes are edges (`agent.ts`).
 *
 * Commands are idempotent: one that is repeated is answered as before and starts nothing.
 */
export interface AgentState {
  readonly life: Life;
  /** What was answered last: said again on every new stream, since the old one may have lost it. */
  readonly answer: Answer | null;
}

/** `command`: what the coordinator called the present duty; answers carry it. */
export type Life =
  | { readonly kind: 'idle' }
  | { readonly kind: 'calibrating'; readonly command: bigint }
  | { readonly kind: 'preparing'; readonly command: bigint }
  | { readonly kind: 'ready'; readonly command: bigint }
  | {
      readonly kind: 'armed';
      readonly command: bigint;
      readonly startCommand: bigint;
      /** Instant 0 of the trial on the agent's clock. */
      readonly zero: bigint;
      readonly stopped: 'running' | 'stopping';
    }
  /** No more trials; what is unacknowledged is being delivered. */
  | { readonly kind: 'draining' }
  | { readonly kind: 'ended' };

export type Answer =
  | { readonly kind: 'calibrated'; readonly command: bigint; readonly result: Calibration }
  | {
      readonly kind: 'ready';
      readonly command: bigint;
      readonly facts: Extract<FromRunner, { readonly kind: 'ready' }>['facts'];
    }
  /** `zero`: of the trial on the agent's clock; null: not in time. */
  | {
      readonly kind: 'armed';
      readonly command: bigint;
      readonly inTime: boolean;
      readonly marginNs: bigint;
      readonly zero: bigint | null;
    }
  | {
      readonly kind: 'trial-done';
      readonly command: bigint;
      readonly lastSeq: number;
      /** What the server that was measured told of itself; null: this agent did not ask it. */
      readonly server: ServerTold | null;
    }
  | { readonly kind: 'fault'; readonly command: bigint; readonly code: FaultCode; readonly message: string };

export type FaultCode = Extract<FromRunner, { readonly kind: 'fault' }>['code'];

/** Instants are nanoseconds of the agent's clock. */
export type AgentEvent =
  | {
      readonly kind: 'calibrate';
      readonly command: bigint;
      readonly request: CalibrationRequest;
      /** One at hand that is young enough. */
      readonly cached: Calibration | null;
    }
  | { readonly kind: 'prepare'; readonly command: bigint; readonly spec: TrialSpec }
  /** `zero` null: the offset to the coordinator's clock is not known yet. */
  | {
      readonly kind: 'start';
      readonly command: bigint;
      readonly zero: bigint | null;
      readonly warmupNs: bigint;
      readonly now: bigint;
    }
  | { readonly kind: 'stop'; readonly at: bigint; readonly lastSeq: number }
  | { readonly kind: 'drain' }
  /** Every file of the trial that is being prepared is on this node, verified; `spec` says where. */
  | { readonly kind: 'files-provided'; readonly command: bigint; readonly spec: TrialSpec }
  /** One of them cannot be had: a sentence. */
  | { readonly kind: 'files-refused'; readonly command: bigint; readonly message: string }
  /** A lease was granted on a new stream; `anew`: under another epoch than before. */
  | { readonly kind: 'leased'; readonly anew: 'same-epoch' | 'other-epoch' }
  | { readonly kind: 'lease-expired' }
  | { readonly kind: 'runner-ready'; readonly facts: Extract<FromRunner, { readonly kind: 'ready' }>['facts'] }
  /** `lastSeq`: sequence number, over the agent's life, of the trial's last interval. */
  | { readonly kind: 'runner-done'; readonly lastSeq: number; readonly server: ServerTold | null }
  | { readonly kind: 'runner-calibrated'; readonly result: Calibration }
  | { readonly kind: 'runner-fault'; readonly code: FaultCode; readonly message: string }
  /** The process ended; `how` is a clause for people: "was ended by SIGKILL: out of memory". */
  | { readonly kind: 'runner-ended'; readonly how: string }
  /** Everything is acknowledged and the last clock probes are in. */
  | { readonly kind: 'delivered' };

export type AgentCommand =
  | { readonly kind: 'say'; readonly answer: Answer }
  /** Answered by `files-provided` or `files-refused`, unless the runner is ended before. */
  | { readonly kind: 'provide-files'; readonly command: bigint; readonly spec: TrialSpec }
  /** A fresh runner, told this first. */
  | { readonly kind: 'start-runner'; readonly message: Extract<ToRunner, { readonly kind: 'prepare' | 'calibrate' }> }
  | { readonly kind: 'tell-runner'; readonly message: Extract<ToRunner, { readonly kind: 'arm' | 'stop' }> }
  /** SIGKILL: its load stops at once; nothing is heard of it any more. Files that are on their way for it are not waited for. */
  | { readonly kind: 'end-runner' }
  /** It has said its last word and ends by itself. */
  | { readonly kind: 'release-runner' }
  | { readonly kind: 'keep-calibration'; readonly result: Calibration }
  | { readonly kind: 'deliver' }
  | { readonly kind: 'end'; readonly why: 'delivered' | 'lease-expired' };

export const NEW_AGENT: AgentState = { life: { kind: 'idle' }, answer: null };

/** Less than this before the first arrival is too late to arm a runner: nanoseconds. */
export const LEAST_MARGIN_NS = 5_000_000n;

type Step = readonly [AgentState, readonly AgentCommand[]];

const IDLE: Life = { kind: 'idle' };
const END_RUNNER: AgentCommand = { kind: 'end-runner' };
const same = (state: AgentState): Step => [state, []];

export function step(state: AgentState, event: AgentEvent): Step {
  if (state.life.kind === 'ended') return same(state);
  switch (event.kind) {
    case 'calibrate':
      return isRepeated(state, event.command) ? again(state, event.command) : calibrate(state, event);
    case 'prepare':
      return isRepeated(state, event.command) ? again(state, event.command) : prepare(state, event);
    case 'start':
      return start(state, event);
    case 'stop':
      return stop(state, event);
    case 'drain':
      return drain(state);
    case 'files-provided':
      return isPrepared(state, event.command) ? [state, [startRunner(event.spec)]] : same(state);
    case 'files-refused':
      return isPrepared(state, event.command) ? fault(event.command, 'target-setup', event.message) : same(state);
    case 'leased':
      return leased(state, event);
    case 'lease-expired':
      return [{ ...state, life: { kind: 'ended' } }, [END_RUNNER, { kind: 'end', why: 'lease-expired' }]];
    case 'delivered':
      return state.life.kind === 'draining'
        ? [{ ...state, life: { kind: 'ended' } }, [{ kind: 'end', why: 'delivered' }]]
        : same(state);
    default:
      return heardFromRunner(state, event);
  }
}

type RunnerNews = Extract<AgentEvent, { readonly kind: `runner-${string}` }>;

function heardFromRunner(state: AgentState, event: RunnerNews): Step {
  const { life } = state;
  if (!hasRunner(life)) return same(state);
  switch (event.kind) {
    case 'runner-ready':
      return life.kind === 'preparing'
        ? answer({ kind: 'ready', command: life.command }, { kind: 'ready', command: life.command, facts: event.facts })
        : same(state);
    case 'runner-done':
      return life.kind === 'armed' ? conclude(life.command, event, { kind: 'release-runner' }) : same(state);
    case 'runner-calibrated':
      return life.kind === 'calibrating' ? calibrated(life.command, event.result) : same(state);
    case 'runner-fault':
      return fault(life.command, event.code, event.message);
    case 'runner-ended':
      return fault(life.command, 'runner-died', `the runner ${event.how}`);
  }
}

const hasRunner = (life: Life): life is Extract<Life, { readonly command: bigint }> => 'command' in life;

/** A new life, and an answer that is said and kept. */
const answer = (life: Life, said: Answer, ...more: readonly AgentCommand[]): Step => [
  { life, answer: said },
  [{ kind: 'say', answer: said }, ...more],
];

const isRepeated = ({ life, answer: last }: AgentState, command: bigint): boolean =>
  last?.command === command || (hasRunner(life) && life.command === command);

/** A repeated command is answered as it was, once there is an answer. */
const again = (state: AgentState, command: bigint): Step =>
  state.answer?.command === command ? [state, [{ kind: 'say', answer: state.answer }]] : same(state);

/** What is under way ends when something else is ordered. */
const ending = (life: Life): readonly AgentCommand[] => (hasRunner(life) ? [END_RUNNER] : []);

function calibrate(state: AgentState, event: Extract<AgentEvent, { readonly kind: 'calibrate' }>): Step {
  if (state.life.kind === 'draining') return same(state);
  const { command, request, cached } = event;
  if (cached !== null) return answer(IDLE, { kind: 'calibrated', command, result: cached }, ...ending(state.life));
  const { driver, size, pacing, workers } = request;
  const spec: CalibrationSpec = { driver, size: size ?? null, pacing, workers };
  return [
    { ...state, life: { kind: 'calibrating', command } },
    [...ending(state.life), { kind: 'start-runner', message: { kind: 'calibrate', spec } }],
  ];
}

const calibrated = (command: bigint, result: Calibration): Step =>
  answer(
    IDLE,
    { kind: 'calibrated', command, result },
    { kind: 'keep-calibration', result },
    { kind: 'release-runner' },
  );

/** A trial whose files are to be provided waits for them before it is given a runner. */
function prepare(state: AgentState, event: Extract<AgentEvent, { readonly kind: 'prepare' }>): Step {
  if (state.life.kind === 'draining') return same(state);
  const { command, spec } = event;
  const next: AgentCommand = spec.files === undefined ? startRunner(spec) : { kind: 'provide-files', command, spec };
  return [{ ...state, life: { kind: 'preparing', command } }, [...ending(state.life), next]];
}

const startRunner = (spec: TrialSpec): AgentCommand => ({ kind: 'start-runner', message: { kind: 'prepare', spec } });

const isPrepared = ({ life }: AgentState, command: bigint): boolean =>
  life.kind === 'preparing' && life.command === command;

/** Arms, or arms again at another instant; says so when there is no time left to. */
function start(state: AgentState, event: Extract<AgentEvent, { readonly kind: 'start' }>): Step {
  const { life } = state;
  if (life.kind === 'armed' && life.startCommand === event.command) return again(state, event.command);
  if (life.kind !== 'ready' && life.kind !== 'armed') return same(state);
  const marginNs = event.zero === null ? 0n : event.zero - event.warmupNs - event.now;
  const inTime = event.zero !== null && marginNs >= LEAST_MARGIN_NS;
  const said: Answer = { kind: 'armed', command: event.command, inTime, marginNs, zero: inTime ? event.zero : null };
  if (event.zero === null || !inTime) return answer(life, said);
  const { command } = life;
  const armed: Life = { kind: 'armed', command, startCommand: event.command, zero: event.zero, stopped: 'running' };
  return answer(armed, said, { kind: 'tell-runner', message: { kind: 'arm', zero: event.zero } });
}

/** A trial that runs is stopped and drained by its runner; one that has not begun is over at once. */
function stop(state: AgentState, event: Extract<AgentEvent, { readonly kind: 'stop' }>): Step {
  const { life } = state;
  switch (life.kind) {
    case 'armed': {
      if (life.stopped === 'stopping') return same(state);
      const atNs = Number(event.at - life.zero) as Extract<ToRunner, { readonly kind: 'stop' }>['atNs'];
      return [
        { ...state, life: { ...life, stopped: 'stopping' } },
        [{ kind: 'tell-runner', message: { kind: 'stop', atNs } }],
      ];
    }
    case 'preparing':
    case 'ready':
      return conclude(life.command, { lastSeq: event.lastSeq, server: null }, END_RUNNER);
    case 'calibrating':
      return [{ ...state, life: IDLE }, [END_RUNNER]];
    default:
      return same(state);
  }
}

const conclude = (
  command: bigint,
  { lastSeq, server }: Pick<Extract<AgentEvent, { readonly kind: 'runner-done' }>, 'lastSeq' | 'server'>,
  runner: AgentCommand,
): Step => answer(IDLE, { kind: 'trial-done', command, lastSeq, server }, runner);

const fault = (command: bigint, code: FaultCode, message: string): Step =>
  answer(IDLE, { kind: 'fault', command, code, message }, END_RUNNER);

function drain(state: AgentState): Step {
  if (state.life.kind === 'draining') return same(state);
  return [{ ...state, life: { kind: 'draining' } }, [...ending(state.life), { kind: 'deliver' }]];
}

function leased(state: AgentState, event: Extract<AgentEvent, { readonly kind: 'leased' }>): Step {
  if (event.anew === 'other-epoch') {
    return [{ ...state, life: hasRunner(state.life) ? IDLE : state.life, answer: null }, ending(state.life)];
  }
  return state.answer === null ? same(state) : [state, [{ kind: 'say', answer: state.answer }]];
}
