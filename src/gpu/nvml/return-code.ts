import { type MissingReason, missing, type Reading } from '../reading.ts';

/** nvmlReturn_t (nvml.h) as far as it is told apart. */
export const NVML = {
  success: 0,
  notSupported: 3,
  noPermission: 4,
  notFound: 6,
  insufficientSize: 7,
  functionNotFound: 13,
  gpuIsLost: 15,
  resetRequired: 16,
  deprecated: 26,
} as const;

const REASONS: ReadonlyMap<number, MissingReason> = new Map([
  [NVML.notSupported, 'not_supported'],
  [NVML.functionNotFound, 'not_supported'],
  [NVML.noPermission, 'no_permission'],
  [NVML.gpuIsLost, 'gpu_lost'],
  [NVML.resetRequired, 'needs_reset'],
  [NVML.deprecated, 'deprecated'],
]);

/** Why a call that did not succeed has no number. */
export const nvmlMissing = (code: number): Reading => missing(REASONS.get(code) ?? 'not_collected');

const WORDS: ReadonlyMap<number, string> = new Map([
  [1, 'the library is not initialised'],
  [2, 'an invalid argument'],
  [3, 'not supported'],
  [4, 'no permission'],
  [6, 'not found'],
  [9, 'the NVIDIA driver is not loaded'],
  [10, 'a time-out'],
  [12, 'a library that it needs is missing'],
  [13, 'the driver has no such function'],
  [15, 'the GPU is lost'],
  [16, 'the GPU needs a reset'],
  [17, 'the operating system blocks the driver'],
  [18, 'the driver and its library are of different versions'],
  [20, 'not enough memory'],
  [999, 'an unknown error'],
]);

/** What a return code says, as a clause. */
export const nvmlWords = (code: number): string => WORDS.get(code) ?? `error ${code}`;
