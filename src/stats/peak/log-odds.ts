/** Log odds of a share between 0 and 1. */
export const logOdds = (share: number): number => Math.log(share / (1 - share));

/** Log odds of (over + 0.5) / (of + 1): finite also where none or all are over. Source: Cox, Analysis of Binary Data, 2.1. */
export const logOddsOf = (over: number, of: number): number => Math.log((over + 0.5) / (of - over + 0.5));

export const shareOfLogOdds = (value: number): number => 1 / (1 + Math.exp(-value));
