import { SAMPLE_DRAWN } from './arrivals.ts';
import { CsvFields } from './csv-fields.ts';
import type { LineReader } from './line-reader.ts';
import { shown, TraceError } from './trace-error.ts';
import {
  EXPECTED_INSTANT,
  INSTANT_COLUMNS,
  INSTANT_UNITS,
  type InstantColumn,
  SAMPLE,
  TARGET,
  type TraceFormat,
} from './trace-format.ts';
import { decimalNs, Timestamps, wholeNumber } from './trace-instant.ts';

/** Whom a line of a trace names. */
export const NOBODY = 0;
export const OURS = 1;
export const OTHER = 2;

/** What a line of a trace says. */
export interface TraceLine {
  /** Unscaled, whole nanoseconds. */
  atNs: number;
  /** {@link SAMPLE_DRAWN}: none is named. */
  sample: number;
  named: typeof NOBODY | typeof OURS | typeof OTHER;
}

/** Reads the current line; throws a {@link TraceError} where that is no arrival. */
export type ReadLine = (line: LineReader, into: TraceLine) => void;

const MOST_SAMPLES = 2 ** 32;
const decoder = new TextDecoder();

/** Reads lines of one format. `target`: the name that is ours. */
export function lineParser(format: TraceFormat, target: string): ReadLine {
  if (format.kind === 'json') return jsonLines(target);
  const lines = new CsvLines(format, target);
  return (line, into) => lines.read(line, into);
}

/** Allocates nothing for a line of plain decimals. Watched by `bench/schedule.ts`. */
class CsvLines {
  readonly #format: Extract<TraceFormat, { kind: 'csv' }>;
  readonly #fields: CsvFields;
  readonly #ours: Uint8Array;
  readonly #timestamps = new Timestamps();

  constructor(format: Extract<TraceFormat, { kind: 'csv' }>, target: string) {
    this.#format = format;
    this.#fields = new CsvFields(Math.max(format.at, format.sample, format.target) + 1);
    this.#ours = new TextEncoder().encode(target);
  }

  read(line: LineReader, into: TraceLine): void {
    const { at, sample, target } = this.#format;
    const fields = this.#fields;
    const found = fields.split(line.bytes, line.start, line.end);
    if (found < fields.from.length) {
      throw new TraceError(line.number, `found ${found} of the columns, expected at least ${fields.from.length}`);
    }
    into.atNs = this.#instant(line, fields.from[at] as number, fields.to[at] as number);
    into.sample =
      sample < 0 ? SAMPLE_DRAWN : sampleIn(line, fields.from[sample] as number, fields.to[sample] as number);
    into.named =
      target < 0 ? NOBODY : whom(line.bytes, fields.from[target] as number, fields.to[target] as number, this.#ours);
  }

  #instant(line: LineReader, start: number, end: number): number {
    const { unitNs } = this.#format;
    const plain = decimalNs(line.bytes, start, end, unitNs);
    if (plain >= 0) return plain;
    const text = textOf(line, start, end);
    const isNumber = /^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/iu.test(text);
    const atNs = isNumber ? Math.round(Number(text) * unitNs) : this.#timestamps.since(text);
    return atNs >= 0 ? atNs : refuseInstant(line.number, text);
  }
}

const textOf = ({ bytes }: LineReader, start: number, end: number): string =>
  decoder.decode(bytes.subarray(start, end));

function sampleIn(line: LineReader, start: number, end: number): number {
  if (start === end) return SAMPLE_DRAWN;
  const sample = wholeNumber(line.bytes, start, end);
  return sample < MOST_SAMPLES ? sample : refuseSample(line.number, textOf(line, start, end));
}

function whom(bytes: Uint8Array, start: number, end: number, ours: Uint8Array): TraceLine['named'] {
  if (start === end) return NOBODY;
  if (end - start !== ours.length) return OTHER;
  for (let i = 0; i < ours.length; i++) if (bytes[start + i] !== ours[i]) return OTHER;
  return OURS;
}

function refuseInstant(line: number, found: string): never {
  const example = '1.25 or 2026-01-31T12:00:00.5Z';
  throw new TraceError(
    line,
    `found ${shown(found)}, expected an instant at or after the start, for example ${example}`,
  );
}

function refuseSample(line: number, found: string): never {
  throw new TraceError(line, `found the sample ${shown(found)}, expected its index, a whole number from 0`);
}

/** One object a line: `{ "at": 1.25, "sample": 3, "target": "classifier" }`. */
function jsonLines(target: string): ReadLine {
  const timestamps = new Timestamps();
  return (line, into) => {
    const map = mapIn(line.number, textOf(line, line.start, line.end));
    into.atNs = instantOf(map, timestamps, line.number);
    const sample = map[SAMPLE] ?? SAMPLE_DRAWN;
    into.sample = sample === SAMPLE_DRAWN || isSample(sample) ? sample : refuseSample(line.number, String(sample));
    const named = map[TARGET] ?? '';
    if (typeof named !== 'string')
      throw new TraceError(line.number, 'found a target that is no text, expected its name');
    into.named = named === '' ? NOBODY : named === target ? OURS : OTHER;
  };
}

function mapIn(line: number, text: string): Readonly<Record<string, unknown>> {
  const found = parsed(text);
  if (isMap(found)) return found;
  throw new TraceError(line, `found ${shown(text)}, expected a JSON object, for example { "at": 1.25 }`);
}

const isMap = (found: unknown): found is Readonly<Record<string, unknown>> =>
  typeof found === 'object' && found !== null && !Array.isArray(found);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function instantOf(map: Readonly<Record<string, unknown>>, timestamps: Timestamps, line: number): number {
  let name: InstantColumn | null = null;
  for (const key of INSTANT_COLUMNS) {
    if (map[key] === undefined) continue;
    if (name !== null) throw new TraceError(line, `found ${name} and ${key}, expected ${EXPECTED_INSTANT}`);
    name = key;
  }
  if (name === null) throw new TraceError(line, `found no instant, expected ${EXPECTED_INSTANT}`);
  const found = map[name];
  const atNs = typeof found === 'number' ? Math.round(found * INSTANT_UNITS[name]) : timestamps.since(String(found));
  return atNs >= 0 ? atNs : refuseInstant(line, String(found));
}

const isSample = (found: unknown): found is number =>
  typeof found === 'number' && Number.isInteger(found) && found >= 0 && found < MOST_SAMPLES;
