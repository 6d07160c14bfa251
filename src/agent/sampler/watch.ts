import { BEAT_MS } from './words.ts';

/**
 * The life of a sampler as its agent watches it, as a pure step. It must speak at every beat; one that misses two, says
 * what cannot be read, or says too much, is killed, the gap is kept, and another is started a while later. Instants are
 * nanoseconds of the node's monotonic clock.
 */
export type Watch =
  | { readonly kind: 'off' }
  | {
      readonly kind: 'on';
      readonly heardNs: number;
      readonly bytes: number;
      readonly windowNs: number;
      readonly starts: number;
      /** Why nothing is known since `knownNs`; null: it has spoken, and everything is known up to its last block. */
      readonly silent: Loss | null;
      readonly knownNs: number;
    }
  /** Nothing is known since `lostNs`; another sampler is started at `againNs`. */
  | {
      readonly kind: 'lost';
      readonly lostNs: number;
      readonly againNs: number;
      readonly why: Loss;
      readonly starts: number;
    };

export const LOSSES = ['killed', 'ended', 'hung', 'flooding', 'rubbish', 'starting'] as const;

export interface Loss {
  readonly reason: (typeof LOSSES)[number];
  /** One sentence. */
  readonly message: string;
}

export type WatchEvent =
  | { readonly kind: 'begin'; readonly atNs: number }
  | { readonly kind: 'bytes'; readonly atNs: number; readonly count: number }
  /** What it read since `fromNs`. */
  | { readonly kind: 'block'; readonly atNs: number; readonly fromNs: number }
  | { readonly kind: 'rubbish'; readonly atNs: number; readonly message: string }
  | { readonly kind: 'exit'; readonly atNs: number; readonly how: string; readonly by: 'signal' | 'code' }
  | { readonly kind: 'tick'; readonly atNs: number }
  /** A trial is over: what is not known of it must be said now. */
  | { readonly kind: 'account'; readonly atNs: number }
  /** It was asked for its last readings of a trial, and nothing came in the time that the trial waits. */
  | { readonly kind: 'unanswered'; readonly atNs: number }
  | { readonly kind: 'end' };

export type WatchCommand =
  | { readonly kind: 'start' }
  | { readonly kind: 'kill' }
  | { readonly kind: 'gap'; readonly fromNs: number; readonly toNs: number; readonly loss: Loss };

type Step = readonly [Watch, readonly WatchCommand[]];

/** Two beats and what a busy machine may keep back a process of lower priority. */
export const SILENCE_NS = 2.5 * BEAT_MS * 1e6;
/** Loading its libraries and asking tools for a first answer may take this long. */
export const START_NS = 25e9;
/** Eight GPUs with seven instances each say some 50 KiB a second. */
const MOST_BYTES_PER_S = 1 << 20;
const WINDOW_NS = 1e9;
/** Between the loss of one and the start of the next: longer with every loss. */
const FIRST_PAUSE_NS = 0.5e9;
const LONGEST_PAUSE_NS = 30e9;

export const NO_SAMPLER: Watch = { kind: 'off' };
const MUTE: Loss = { reason: 'hung', message: 'the sampler did not answer when the trial ended' };
const STARTING: Loss = { reason: 'starting', message: 'the sampler had not spoken yet' };

export function watch(state: Watch, event: WatchEvent): Step {
  switch (event.kind) {
    case 'begin':
      return state.kind === 'off' ? started(event.atNs, 1, STARTING) : [state, []];
    case 'end':
      return [NO_SAMPLER, state.kind === 'on' ? [{ kind: 'kill' }] : []];
    case 'tick':
      return onTick(state, event.atNs);
    case 'account':
      return accounted(state, event.atNs);
    case 'unanswered':
      return accounted(state.kind === 'on' && state.silent === null ? mute(state) : state, event.atNs);
    default:
      return state.kind === 'on' ? heard(state, event) : blockAfterLoss(state, event);
  }
}

/** `heardNs` lies ahead at first: a sampler that starts has until then to speak. */
const started = (atNs: number, starts: number, silent: Loss): Step => [
  { kind: 'on', heardNs: atNs + START_NS - SILENCE_NS, bytes: 0, windowNs: atNs, starts, silent, knownNs: atNs },
  [{ kind: 'start' }],
];

type On = Extract<Watch, { readonly kind: 'on' }>;
type News = Exclude<WatchEvent, { readonly kind: 'begin' | 'end' | 'tick' | 'account' | 'unanswered' }>;

function heard(state: On, event: News): Step {
  switch (event.kind) {
    case 'block':
      return [{ ...state, heardNs: event.atNs, starts: 1, silent: null }, untilSpoken(state, event.fromNs)];
    case 'bytes':
      return counted(state, event);
    case 'rubbish':
      return lose(state, event.atNs, { reason: 'rubbish', message: event.message }, [{ kind: 'kill' }]);
    case 'exit': {
      const reason = event.by === 'signal' ? 'killed' : 'ended';
      return lose(state, event.atNs, { reason, message: `the sampler ${event.how}` }, []);
    }
  }
}

function counted(state: On, { atNs, count }: Extract<WatchEvent, { readonly kind: 'bytes' }>): Step {
  const fresh = atNs - state.windowNs > WINDOW_NS;
  const bytes = (fresh ? 0 : state.bytes) + count;
  if (bytes <= MOST_BYTES_PER_S) return [{ ...state, bytes, windowNs: fresh ? atNs : state.windowNs }, []];
  const message = `the sampler wrote more than ${MOST_BYTES_PER_S} bytes within a second`;
  return lose(state, atNs, { reason: 'flooding', message }, [{ kind: 'kill' }]);
}

function onTick(state: Watch, atNs: number): Step {
  if (state.kind === 'on' && atNs - state.heardNs > SILENCE_NS) {
    const message = 'the sampler missed two of its beats';
    return lose(state, atNs, { reason: 'hung', message }, [{ kind: 'kill' }]);
  }
  if (state.kind !== 'lost' || atNs < state.againNs) return [state, []];
  const [next, commands] = started(atNs, state.starts + 1, state.why);
  return [next, [gap(state.lostNs, atNs, state.why), ...commands]];
}

const gap = (fromNs: number, toNs: number, loss: Loss): WatchCommand => ({ kind: 'gap', fromNs, toNs, loss });

/** One that follows a lost one has to load before it knows anything. */
const untilSpoken = ({ silent, knownNs }: On, fromNs: number): readonly WatchCommand[] =>
  silent === null || silent === STARTING || fromNs <= knownNs ? [] : [gap(knownNs, fromNs, silent)];

/** The gap that is open is told up to now, and goes on from here. */
function accounted(state: Watch, atNs: number): Step {
  if (state.kind === 'lost') return [{ ...state, lostNs: atNs }, [gap(state.lostNs, atNs, state.why)]];
  if (state.kind === 'off' || state.silent === null) return [state, []];
  return [{ ...state, knownNs: atNs }, [gap(state.knownNs, atNs, state.silent)]];
}

/** It may yet answer, or be found to hang: until then nothing is known since its last block. */
const mute = (state: On): On => ({ ...state, silent: MUTE, knownNs: state.heardNs });

/** What is known ends with the last block. */
function lose(state: On, atNs: number, why: Loss, commands: readonly WatchCommand[]): Step {
  const pauseNs = Math.min(LONGEST_PAUSE_NS, FIRST_PAUSE_NS * 2 ** (state.starts - 1));
  const lostNs = state.silent === null ? Math.min(state.heardNs, atNs) : state.knownNs;
  return [{ kind: 'lost', lostNs, againNs: atNs + pauseNs, why, starts: state.starts }, commands];
}

/** Words of a sampler that was given up count no more. */
const blockAfterLoss = (state: Watch, _event: News): Step => [state, []];
