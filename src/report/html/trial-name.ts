import type { TrialResult } from '../../verdict/trial-result.ts';

/** `trial 2`, and the attempt where there was an earlier one. */
export const trialName = ({ index, attempt }: Pick<TrialResult, 'index' | 'attempt'>): string =>
  attempt > 1 ? `trial ${index}, attempt ${attempt}` : `trial ${index}`;
