import type { ByteReader } from './byte-reader.ts';
import { LineReader, LineTooLong } from './line-reader.ts';
import { shown, TraceError } from './trace-error.ts';
import { traceFormat } from './trace-format.ts';
import { lineParser, NOBODY, type ReadLine, type TraceLine } from './trace-line.ts';

/** The longest trace: instants stay exact to the nanosecond. */
const MOST_NS = 2400 * 3600e9;

/**
 * The arrivals of a trace file in order, one at a time, in constant memory. Blank lines are passed over.
 *
 * `next()` throws a {@link TraceError} that names the first line that is no arrival, or that comes before an earlier one.
 */
export class TraceCursor implements TraceLine {
  atNs = 0;
  sample = 0;
  named: TraceLine['named'] = NOBODY;
  readonly #lines: LineReader;
  readonly #read: ReadLine;
  readonly #scale: number;
  readonly #raw: TraceLine = { atNs: 0, sample: 0, named: NOBODY };
  /** The current line of the file has not been looked at yet. */
  #pending: boolean;

  /**
   * @param scale factor on the rate: instants are divided by it.
   * @param target the name that counts as ours.
   */
  constructor(reader: ByteReader, scale: number, target: string) {
    this.#scale = scale;
    this.#lines = new LineReader(reader);
    if (!this.#advance()) throw new TraceError(null, 'found an empty file, expected a line for every arrival');
    const format = traceFormat(this.#text(), this.line);
    this.#read = lineParser(format, target);
    this.#pending = format.kind === 'json' || format.header === 'absent';
  }

  next(): boolean {
    if (!this.#pending && !this.#advance()) {
      this.#lines.close();
      return false;
    }
    this.#pending = false;
    const raw = this.#raw;
    const before = raw.atNs;
    this.#read(this.#lines, raw);
    if (raw.atNs < before) this.#refuseOrder(before);
    if (raw.atNs > MOST_NS || raw.atNs / this.#scale > MOST_NS) this.#refuseLength();
    this.atNs = Math.round(raw.atNs / this.#scale);
    this.sample = raw.sample;
    this.named = raw.named;
    return true;
  }

  /** Number of the current line, from 1. */
  get line(): number {
    return this.#lines.number;
  }

  close(): void {
    this.#lines.close();
  }

  /** Moves on to the next line that is not blank. */
  #advance(): boolean {
    const lines = this.#lines;
    try {
      while (lines.next()) if (!isBlank(lines)) return true;
      return false;
    } catch (error) {
      if (error instanceof LineTooLong) {
        throw new TraceError(lines.number + 1, 'found a line of more than 65,535 bytes, expected one arrival a line');
      }
      throw error;
    }
  }

  #text(): string {
    const { bytes, start, end } = this.#lines;
    return new TextDecoder().decode(bytes.subarray(start, end));
  }

  #refuseOrder(before: number): never {
    const at = (value: number): string => `${value / 1e9} s`;
    throw new TraceError(
      this.line,
      `found ${at(this.#raw.atNs)} after ${at(before)}, expected instants in ascending order`,
    );
  }

  #refuseLength(): never {
    throw new TraceError(
      this.line,
      `found ${shown(this.#text())}, more than 2400 h after the start; expected instants from the start of the trace, or timestamps such as 2026-01-31T12:00:00Z`,
    );
  }
}

function isBlank({ bytes, start, end }: LineReader): boolean {
  for (let i = start; i < end; i++) if ((bytes[i] as number) > 32) return false;
  return true;
}
