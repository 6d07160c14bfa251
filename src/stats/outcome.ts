/**
 * What became of a request: a closed set. Numbers, because records and tallies hold them in typed arrays.
 * `unfinished`: still running or never started when the trial was closed.
 */
export const Outcome = {
  ok: 0,
  timeout: 1,
  rejected: 2,
  targetError: 3,
  wrongOutput: 4,
  shed: 5,
  unfinished: 6,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

export const OUTCOMES = 7;

/** The names used in files, in the order of the numbers. */
export const OUTCOME_NAMES = [
  'ok',
  'timeout',
  'rejected',
  'target-error',
  'wrong-output',
  'shed',
  'unfinished',
] as const;
export type OutcomeName = (typeof OUTCOME_NAMES)[number];

/** The classes of failure: a response came back, or its time was up, and it was not the wanted one. */
export const FAILURE_CLASSES = ['timeout', 'rejected', 'target-error', 'wrong-output'] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];
