import type { ByteReader, OpenFile } from '../../src/scenarios/byte-reader.ts';
import type { Phase } from '../../src/scenarios/phase.ts';
import { phasesOf } from '../../src/scenarios/presets.ts';
import { TraceCursor } from '../../src/scenarios/trace-cursor.ts';
import { OURS } from '../../src/scenarios/trace-line.ts';
import { surveyTrace } from '../../src/scenarios/trace-survey.ts';
import { seconds } from '../../src/time/ns.ts';

/** A file in memory that gives at most `atOnce` bytes a read, and knows how often it was closed. */
export class MemoryFile implements ByteReader {
  closed = 0;
  readonly #bytes: Uint8Array;
  readonly #atOnce: number;

  constructor(text: string, atOnce = Number.POSITIVE_INFINITY) {
    this.#bytes = new TextEncoder().encode(text);
    this.#atOnce = atOnce;
  }

  read(into: Uint8Array, position: number): number {
    const part = this.#bytes.subarray(position, position + Math.min(into.length, this.#atOnce));
    into.set(part);
    return part.length;
  }

  close(): void {
    this.closed++;
  }
}

export const traceFile =
  (text: string): OpenFile =>
  () =>
    new MemoryFile(text);

/** The measure phase that replays a text. */
export function tracePhase(text: string, scale = 1, target: string | null = null): Phase {
  const { count, highest, durationNs } = surveyTrace(new MemoryFile(text), scale, target);
  const load = { kind: 'trace', path: '/t', sha256: 'ab', scale, target, count, highest } as const;
  const [phase] = phasesOf({ kind: 'trace', load, durationNs }, { warmupNs: seconds(5), places: 1 });
  if (phase === undefined) throw new Error('a trace has a phase');
  return phase;
}

/** Seconds, sample and whether it is ours, of every line. */
export function linesOf(text: string, scale = 1, target = 'classifier', atOnce?: number): [number, number, boolean][] {
  const cursor = new TraceCursor(new MemoryFile(text, atOnce), scale, target);
  const lines: [number, number, boolean][] = [];
  while (cursor.next()) lines.push([cursor.atNs / 1e9, cursor.sample, cursor.named === OURS]);
  return lines;
}
