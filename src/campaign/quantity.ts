import { type Ns, ns } from '../time/ns.ts';

/** A value read from text, or what is wrong with it: `found …, expected …, for example …`. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export const read = <T>(value: T): Reading<T> => ({ ok: true, value });
export const refuse = (problem: string): Reading<never> => ({ ok: false, problem });

/** How a value that was found is quoted in a sentence: short, on one line. */
export function quoted(found: unknown): string {
  if (found === undefined || found === null) return 'nothing';
  if (typeof found === 'number') return Number.isNaN(found) ? 'NaN' : String(found);
  if (Array.isArray(found)) return 'a list';
  if (typeof found === 'object') return 'a map';
  const text = String(found).replaceAll(/\s+/g, ' ');
  if (text === '') return 'an empty text';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

interface QuantityForm {
  /** `a duration`, `a rate`. */
  readonly noun: string;
  readonly example: string;
  /** Unit to its size in the base unit. */
  readonly units: Readonly<Record<string, number>>;
  /** The unit that a bare number is shown with. */
  readonly shownUnit: string;
  /** Largest value in the base unit that makes sense, and how it is written. */
  readonly most: number;
  readonly mostText: string;
}

const DURATION: QuantityForm = {
  noun: 'a duration',
  example: '20s',
  units: { h: 3600e9, m: 60e9, s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, ns: 1 },
  shownUnit: 's',
  most: 100 * 24 * 3600e9,
  mostText: '2400h',
};

const RATE: QuantityForm = {
  noun: 'a rate',
  example: '120/s',
  units: { '/s': 1, '/m': 1 / 60, '/h': 1 / 3600 },
  shownUnit: '/s',
  most: 1e8,
  mostText: '100000000/s',
};

const SHARE: QuantityForm = {
  noun: 'a share',
  example: '5%',
  units: { '%': 0.01 },
  shownUnit: '%',
  most: 1,
  mostText: '100%',
};

const BYTES: QuantityForm = {
  noun: 'a size',
  example: '4KiB',
  units: { B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 },
  shownUnit: 'KiB',
  most: 2 ** 50,
  mostText: '1048576GiB',
};

const BANDWIDTH: QuantityForm = {
  noun: 'a bandwidth',
  example: '100Mbit',
  units: { bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9 },
  shownUnit: 'Mbit',
  most: 1e15,
  mostText: '1000000Gbit',
};

const unitForm = (noun: string, unit: string, example: string, units: QuantityForm['units']): QuantityForm => ({
  noun,
  example,
  units,
  shownUnit: unit,
  most: 1e15,
  mostText: `1000000000000000${unit}`,
});

const POWER = unitForm('a power', 'W', '300W', { W: 1, kW: 1e3, mW: 1e-3 });
const ENERGY = unitForm('an energy', 'J', '2J', { J: 1, mJ: 1e-3, kJ: 1e3 });
const TEMPERATURE = unitForm('a temperature', 'C', '85C', { C: 1, '°C': 1 });
const FREQUENCY = unitForm('a frequency', 'MHz', '1200MHz', { MHz: 1, GHz: 1e3 });

const AMOUNT = /^(-?)(\d+(?:\.\d+)?)(.*)$/u;
const DURATION_PART = /(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/gu;
const DURATION_TEXT = /^(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|ns))+$/u;

/** A duration above or at zero, in whole nanoseconds: `20s`, `250ms`, `1h30m`. */
export function parseDuration(found: unknown): Reading<Ns> {
  const early = refuseEarly(found, DURATION);
  if (early !== null) return early;
  const text = String(found).trim();
  if (!DURATION_TEXT.test(text)) return refuse(badAmount(text, DURATION));
  let total = 0;
  let largestAllowed = Number.POSITIVE_INFINITY;
  for (const [, amount, unit] of text.matchAll(DURATION_PART)) {
    const size = DURATION.units[unit ?? ''] ?? 0;
    if (size >= largestAllowed)
      return refuse(`found ${quoted(text)}, expected each unit once and the largest first, for example 1h30m`);
    largestAllowed = size;
    total += Number(amount) * size;
  }
  const whole = Math.round(total);
  if (whole === 0 && total > 0) return refuse(`found ${quoted(text)}, expected at least 1ns`);
  return withinReason(text, whole, DURATION, ns);
}

/** As {@link parseDuration}, above zero. */
export function parsePositiveDuration(found: unknown): Reading<Ns> {
  const reading = parseDuration(found);
  if (reading.ok && reading.value === 0) {
    return refuse(`found ${quoted(found)}, expected a duration above zero, for example ${DURATION.example}`);
  }
  return reading;
}

/** Requests per second, at or above zero: `120/s`, `6000/m`, `90/h`. */
export function parseRate(found: unknown): Reading<number> {
  return parseSimple(found, RATE, perSecond);
}

/** As {@link parseRate}, above zero. */
export function parsePositiveRate(found: unknown): Reading<number> {
  const reading = parseRate(found);
  if (reading.ok && reading.value === 0) {
    return refuse(`found ${quoted(found)}, expected a rate above zero, for example 50/s`);
  }
  return reading;
}

/** A share of 1: `5%` is 0.05. */
export const parseShare = (found: unknown): Reading<number> => parseSimple(found, SHARE, ofHundred);

/** Whole bytes: `4KiB`, `1MB`. */
export const parseBytes = (found: unknown): Reading<number> =>
  parseSimple(found, BYTES, (amount, unit) => Math.round(Number(amount) * (BYTES.units[unit] ?? 0)));

/** Bits per second, as `tc` writes them: `100Mbit`. */
export const parseBandwidth = (found: unknown): Reading<number> =>
  parseSimple(found, BANDWIDTH, (amount, unit) => Math.round(Number(amount) * (BANDWIDTH.units[unit] ?? 0)));

const inUnit =
  (form: QuantityForm) =>
  (found: unknown): Reading<number> =>
    parseSimple(found, form, (amount, unit) => Number((Number(amount) * (form.units[unit] ?? 0)).toPrecision(15)));

/** Watts: `300W`, `0.3kW`. */
export const parsePower = inUnit(POWER);
/** Joules: `2J`, `500mJ`. */
export const parseEnergy = inUnit(ENERGY);
/** Degrees Celsius: `85C`. */
export const parseTemperature = inUnit(TEMPERATURE);
/** Megahertz: `1200MHz`, `1.4GHz`. */
export const parseFrequency = inUnit(FREQUENCY);

/** Divides where the unit is longer than a second, so that 6000/m is exactly 100/s. */
function perSecond(amount: string, unit: string): number {
  return Number(amount) / (unit === '/h' ? 3600 : unit === '/m' ? 60 : 1);
}

/** The double nearest to the decimal share: 99.9 % is 0.999. */
const ofHundred = (amount: string): number => Number(`${amount}e-2`);

function parseSimple(
  found: unknown,
  form: QuantityForm,
  value: (amount: string, unit: string) => number,
): Reading<number> {
  const early = refuseEarly(found, form);
  if (early !== null) return early;
  const text = String(found).trim();
  const [, sign, amount = '', unit = ''] = AMOUNT.exec(text) ?? [];
  if (sign === undefined || !Object.hasOwn(form.units, unit)) return refuse(badAmount(text, form));
  return withinReason(text, value(amount, unit), form, Number);
}

/** What is no text with an amount at all: nothing, a bare number, a list; or a negative amount. Null: worth reading. */
function refuseEarly(found: unknown, form: QuantityForm): Reading<never> | null {
  if (isBareNumber(found)) {
    const usable = Number.isFinite(Number(found)) && Number(found) > 0 && !String(found).includes('e');
    const example = usable ? `${String(found)}${form.shownUnit}` : form.example;
    return refuse(`found ${quoted(found)}, expected ${form.noun} with its unit, for example ${example}`);
  }
  if (typeof found !== 'string')
    return refuse(`found ${quoted(found)}, expected ${form.noun}, for example ${form.example}`);
  if (/^\s*-/u.test(found)) {
    return refuse(`found ${quoted(found)}, expected ${form.noun} that is not negative, for example ${form.example}`);
  }
  return null;
}

const isBareNumber = (found: unknown): boolean =>
  typeof found === 'number' || typeof found === 'bigint' || (typeof found === 'string' && /^\d+(\.\d+)?$/u.test(found));

function badAmount(text: string, form: QuantityForm): string {
  const unit = (AMOUNT.exec(text)?.[3] ?? '').trim();
  const known = Object.keys(form.units).filter((name) => name !== 'µs' && name !== 'KB');
  if (unit !== '' && !known.includes(unit) && !/\d/u.test(unit)) {
    return `found ${quoted(text)}, expected ${form.noun} in ${listed(known)} ("${quoted(unit)}" is no such unit), for example ${form.example}`;
  }
  return `found ${quoted(text)}, expected ${form.noun} like ${form.example}: an amount and, without a space, its unit`;
}

function withinReason<T>(text: string, value: number, form: QuantityForm, brand: (value: number) => T): Reading<T> {
  if (value > form.most || !Number.isFinite(value)) {
    return refuse(
      `found ${quoted(text)}, expected ${form.noun} of at most ${form.mostText}, for example ${form.example}`,
    );
  }
  return read(brand(value));
}

/** `a, b or c`. */
export function listed(words: readonly string[]): string {
  if (words.length <= 1) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

/** The shortest form that {@link parseDuration} reads back to the same nanoseconds: `1h30m`, `250ms`, `1.5s`. */
export function formatDuration(duration: Ns): string {
  if (duration === 0) return '0s';
  if (duration % 1e9 === 0) return wholeSeconds(duration / 1e9);
  const [unit, size] =
    duration >= 1e9 ? ['s', 1e9] : duration >= 1e6 ? ['ms', 1e6] : duration >= 1e3 ? ['us', 1e3] : ['ns', 1];
  const text = `${duration / size}${unit}`;
  const back = parseDuration(text);
  return back.ok && back.value === duration ? text : `${duration}ns`;
}

function wholeSeconds(total: number): string {
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const rest = total % 60;
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${rest > 0 ? `${rest}s` : ''}`;
}

/** The largest unit that leaves no more than three decimals: `100Mbit`, `1.5Gbit`. */
export function formatBandwidth(bitsPerSecond: number): string {
  const [unit, size] = Object.entries(BANDWIDTH.units).findLast(([, bits]) => bitsPerSecond >= bits) ?? ['bit', 1];
  return `${decimal(bitsPerSecond / size, 3)}${unit}`;
}

/** `120/s`; at most nine decimals. */
export const formatRate = (rate: number): string => `${decimal(rate, 9)}/s`;

/** `5%`. */
export const formatShare = (share: number): string => `${decimal(share * 100, 9)}%`;

/** A number in plain decimal notation without trailing zeros. */
function decimal(value: number, places: number): string {
  const text = value.toFixed(places);
  return text.replace(/\.?0+$/u, '');
}

/** `300W`, `85C`: a number in plain decimal notation and its unit. */
export const formatAmount = (value: number, unit: string): string => `${decimal(value, 9)}${unit}`;
