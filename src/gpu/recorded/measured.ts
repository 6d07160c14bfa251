import { METRICS, type Metric, type MetricName } from '../metric.ts';
import { type MissingReason, missing, numberReading, type Reading } from '../reading.ts';
import { blankValue, missingWord } from './missing-words.ts';

type Unit = Metric['unit'];

/** Units as tools write them: what they measure, and how many of the metric's own unit one of them is. */
const UNITS: Readonly<Record<string, readonly [Unit, number]>> = {
  W: ['W', 1],
  mW: ['W', 1e-3],
  J: ['J', 1],
  mJ: ['J', 1e-3],
  MHz: ['MHz', 1],
  Hz: ['MHz', 1e-6],
  C: ['°C', 1],
  '°C': ['°C', 1],
  '%': ['ratio', 0.01],
  ratio: ['ratio', 1],
  B: ['bytes', 1],
  KiB: ['bytes', 2 ** 10],
  MiB: ['bytes', 2 ** 20],
  GiB: ['bytes', 2 ** 30],
  'B/s': ['bytes/s', 1],
  'KB/s': ['bytes/s', 1e3],
  'MB/s': ['bytes/s', 1e6],
  s: ['s', 1],
  ms: ['s', 1e-3],
  us: ['s', 1e-6],
  ns: ['s', 1e-9],
  count: ['count', 1],
  code: ['code', 1],
  mask: ['mask', 1],
};

/** A unit that the table knows, as the key under which it stands. */
export type UnitWord = string;

export const knownUnit = (word: string): boolean => Object.hasOwn(UNITS, word);

/** The highest share that is still one: profiling counters overshoot by rounding. */
const RATIO_LIMIT = 1.01;
const ABSOLUTE_ZERO = -273.15;

/** Whether a number can be what its unit says at all. */
function possible(value: number, unit: Unit): boolean {
  switch (unit) {
    case 'ratio':
      return value >= 0 && value <= RATIO_LIMIT;
    case '°C':
      return value >= ABSOLUTE_ZERO && value < 1000;
    case 'count':
    case 'code':
    case 'mask':
      return value >= 0 && Number.isSafeInteger(value);
    case 'W':
    case 'J':
    case 'MHz':
    case 'bytes':
    case 'bytes/s':
    case 's':
      return value >= 0 && value < 2 ** 63;
  }
}

const NUMBER = /^([-+]?(?:\d{1,25}(?:\.\d{0,25})?|\.\d{1,25})(?:[eE][-+]?\d{1,3})?)\s*(\D.{0,11})?$/s;
const HEX = /^0x([0-9a-f]{1,16})$/i;

/**
 * The reading in a cell: `631.95 W`, `100`, `[N/A]`, `0x0000000000000004`, `9223372036854775794`.
 *
 * The unit comes from the cell; where it prints none, from `unit` (the column's header, or what the tool's manual says of
 * the field). A cell whose unit is not of the metric's kind, or contradicts the header, is a `parse_error`: no number goes
 * through without its unit.
 */
export function measured(cell: string, metric: MetricName, unit: UnitWord): Reading {
  return measuredIn(cell, METRICS[metric].unit, unit);
}

/** The same for a value that is no metric. */
export function measuredIn(cell: string, into: Unit, unit: UnitWord): Reading {
  const text = cell.trim();
  const word = missingWord(text);
  if (word !== null) return missing(word);
  return into === 'mask' ? maskIn(text) : numberIn(text, into, unit);
}

function numberIn(text: string, into: Unit, unit: UnitWord): Reading {
  const [, digits, printed] = NUMBER.exec(text) ?? [];
  if (digits === undefined) return broken();
  const blank = blankValue(digits);
  if (blank !== null) return missing(blank);
  const word = printed?.trim() ?? unit;
  const known = knownUnit(word) && knownUnit(unit) ? UNITS[word] : undefined;
  if (known === undefined || known[0] !== into || UNITS[unit]?.[0] !== into) return broken();
  // A division keeps decimals exact where a factor such as 0.01 would not: 29 % is 0.29.
  const value = known[1] < 1 ? Number(digits) / Math.round(1 / known[1]) : Number(digits) * known[1];
  return possible(value, into) ? numberReading(value) : broken();
}

/** A mask in hexadecimal or decimal digits. */
function maskIn(text: string): Reading {
  const value = HEX.test(text) || /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) {
    const blank = blankValue(text);
    return blank === null ? broken() : missing(blank);
  }
  const blank = HEX.test(text) ? null : blankValue(text);
  if (blank !== null) return missing(blank);
  return Number.isSafeInteger(value) ? numberReading(value) : broken();
}

const broken = (): Reading => missing('parse_error');

/** The sum of parts that must all be there: one that is missing makes the sum missing for the same reason. */
export function sumOf(parts: readonly Reading[]): Reading {
  let sum = 0;
  for (const part of parts) {
    if (part.kind === 'missing') return part;
    sum += part.value;
  }
  return parts.length === 0 ? missing('not_collected') : numberReading(sum);
}

/** The words in which people read why there is no number. */
export const REASON_WORDS: Readonly<Record<MissingReason, string>> = {
  not_supported: 'not supported by this GPU, driver or mode',
  no_permission: 'no permission',
  gpu_lost: 'the GPU is lost',
  needs_reset: 'the GPU needs a reset',
  deprecated: 'no longer told by this driver',
  parse_error: 'not understood',
  stale: 'stale',
  not_collected: 'not collected',
};
