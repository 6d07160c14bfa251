import type { ArrivalCursor, Phase } from './phase.ts';
import { scheduledIn } from './schedule.ts';

/** A running digest of text, encoded as UTF-8. */
export interface TextHash {
  update(text: string): void;
  /** Lowercase hexadecimal. */
  hex(): string;
}

/**
 * The arrival that the cursor stands on, as a line: sequence number, phase, intended nanoseconds, divided by tabs. The
 * number counts from the first measure arrival, as instants count from the first measure phase: warm-up lies below
 * zero in both, and its length moves neither.
 */
export function arrivalLine(cursor: ArrivalCursor, phases: readonly Phase[]): string {
  return lineOf(cursor, phases, warmupArrivals(phases));
}

/** The lines of all arrivals of the measure phases, each with its line feed. */
export function* arrivalLines(cursor: ArrivalCursor, phases: readonly Phase[]): Generator<string, void, undefined> {
  const first = warmupArrivals(phases);
  while (cursor.next()) if (cursor.seq >= first) yield lineOf(cursor, phases, first);
}

const CHUNK_CHARACTERS = 65_536;

/** The digest of all of {@link arrivalLines}, one after the other: what a hash tool gives for them as a file. */
export function scheduleDigest(cursor: ArrivalCursor, phases: readonly Phase[], hash: TextHash): string {
  let chunk = '';
  for (const line of arrivalLines(cursor, phases)) {
    chunk += line;
    if (chunk.length >= CHUNK_CHARACTERS) {
      hash.update(chunk);
      chunk = '';
    }
  }
  hash.update(chunk);
  return hash.hex();
}

/** Arrivals of the measure phases over the whole fleet; null where arrivals depend on completions. */
export function measureArrivals(phases: readonly Phase[]): number | null {
  const measured = phases.filter((phase) => phase.purpose === 'measure');
  if (measured.some((phase) => phase.load.kind === 'closed')) return null;
  return measured.reduce((sum, phase) => sum + scheduledIn(phase), 0);
}

const lineOf = (cursor: ArrivalCursor, phases: readonly Phase[], first: number): string =>
  `${cursor.seq - first}\t${(phases[cursor.phase] as Phase).name}\t${cursor.atNs}\n`;

/** Warm-up comes before every measure phase. */
const warmupArrivals = (phases: readonly Phase[]): number =>
  phases.reduce((sum, phase) => (phase.purpose === 'warmup' ? sum + scheduledIn(phase) : sum), 0);
