/** Judged on response itself, or on what is left of it without the harness's lag. */
export type LagView = 'response' | 'less-lag';
