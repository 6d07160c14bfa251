import type { MissingReason } from '../reading.ts';

/** What tools print where a number would stand, in lower case and without brackets: nvidia-smi's manual, nvml.h. */
const WORDS: Readonly<Record<string, MissingReason>> = {
  'n/a': 'not_supported',
  none: 'not_supported',
  '-': 'not_supported',
  'not supported': 'not_supported',
  'not available': 'not_supported',
  'insufficient permissions': 'no_permission',
  'no permission': 'no_permission',
  'gpu is lost': 'gpu_lost',
  'gpu requires reset': 'needs_reset',
  'reset required': 'needs_reset',
  'requested functionality has been deprecated': 'deprecated',
  deprecated: 'deprecated',
  'unknown error': 'not_collected',
  'not found': 'not_collected',
};

/** DCGM's values for none, in this order: blank, not found, not supported, not permissioned (dcgm_structs.h). */
const BLANKS: readonly MissingReason[] = ['not_collected', 'not_collected', 'not_supported', 'no_permission'];
const FIRST_BLANKS = ['2147483632', '9223372036854775792', '140737488355328'] as const;

/** The reason behind a cell that holds words instead of a number; null: it holds something else. */
export function missingWord(cell: string): MissingReason | null {
  // Of a long series nearly every cell is a number.
  if (/^\s*\d/.test(cell)) return null;
  const bare = cell
    .trim()
    .replace(/^\[(.*)\]$/s, '$1')
    .trim()
    .toLowerCase();
  return Object.hasOwn(WORDS, bare) ? (WORDS[bare] ?? null) : null;
}

/**
 * The reason behind one of DCGM's values for none. Read from the digits: a double cannot tell the 64-bit ones apart, and
 * one that lost its digits (`9.223372036854776e+18`) tells only that nothing was collected.
 */
export function blankValue(digits: string): MissingReason | null {
  const whole = /^(\d+)(?:\.0+)?$/.exec(digits)?.[1];
  if (whole !== undefined && whole.length <= 20) {
    const offset = FIRST_BLANKS.map((first) => BigInt(whole) - BigInt(first)).find((n) => n >= 0n && n < 4n);
    if (offset !== undefined) return BLANKS[Number(offset)] ?? null;
  }
  return Number(digits) === 2 ** 63 ? 'not_collected' : null;
}
