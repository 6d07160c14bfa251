/**
 * Nanoseconds on one monotonic time line, as a double: exact to the nanosecond for 104 days.
 *
 * Inside a trial, instants are relative to the start of its first measure phase, so warm-up lies below zero.
 */
export type Ns = number & { readonly __unit: 'ns' };

/** The one constructor of {@link Ns}; the caller vouches for the unit. */
export const ns = (value: number): Ns => value as Ns;

export const NS_PER_US = 1e3;
export const NS_PER_MS = 1e6;
export const NS_PER_S = 1e9;

export const seconds = (value: number): Ns => ns(value * NS_PER_S);
export const milliseconds = (value: number): Ns => ns(value * NS_PER_MS);
export const microseconds = (value: number): Ns => ns(value * NS_PER_US);

export const toSeconds = (value: Ns): number => value / NS_PER_S;
export const toMilliseconds = (value: Ns): number => value / NS_PER_MS;
