/** One attempt of a trial. `cell` indexes the plan's cells, `trial` and `attempt` count from 1. */
export interface TrialRef {
  readonly cell: number;
  readonly trial: number;
  readonly attempt: number;
}

/** The reference alone of whatever bears one. */
export const refOf = ({ cell, trial, attempt }: TrialRef): TrialRef => ({ cell, trial, attempt });

export const isSameAttempt = (a: TrialRef, b: TrialRef): boolean => isSameTrial(a, b) && a.attempt === b.attempt;

export const isSameTrial = (a: Omit<TrialRef, 'attempt'>, b: Omit<TrialRef, 'attempt'>): boolean =>
  a.cell === b.cell && a.trial === b.trial;

/** As a key of a map. */
export const keyOf = ({ cell, trial, attempt }: TrialRef): string => `${cell}/${trial}/${attempt}`;
