import { NS_PER_S, type Ns, ns } from '../time/ns.ts';
import type { ByteReader } from './byte-reader.ts';
import { TraceCursor } from './trace-cursor.ts';
import { TraceError } from './trace-error.ts';
import { NOBODY, OURS } from './trace-line.ts';

/** Requests that a trial may hold. */
const MOST_ARRIVALS = 1e9;

/** What must be known of a trace before its start, of all its lines or of those of one target. */
export interface TraceSurvey {
  readonly count: number;
  /** Up to the end of the second in which the last arrival lies; 0 without any. */
  readonly durationNs: Ns;
  /** Most arrivals of one second, counted from the start. */
  readonly highest: number;
  /** Some line names a target. */
  readonly namesTargets: boolean;
}

/**
 * Reads a trace from its first line to its last, in constant memory.
 *
 * @param target only the lines of this one; null: all.
 * @throws TraceError
 */
export function surveyTrace(reader: ByteReader, scale: number, target: string | null): TraceSurvey {
  try {
    return survey(new TraceCursor(reader, scale, target ?? ''), target);
  } finally {
    reader.close();
  }
}

function survey(cursor: TraceCursor, target: string | null): TraceSurvey {
  let [count, lastNs, highest] = [0, 0, 0];
  let [second, inSecond] = [0, 0];
  let namesTargets = false;
  while (cursor.next()) {
    if (cursor.named !== NOBODY) namesTargets = true;
    if (target !== null && cursor.named !== OURS) continue;
    count++;
    lastNs = cursor.atNs;
    const at = Math.floor(lastNs / NS_PER_S);
    inSecond = at === second ? inSecond + 1 : 1;
    second = at;
    if (inSecond > highest) highest = inSecond;
    if (count > MOST_ARRIVALS) throw new TraceError(cursor.line, `found more than ${MOST_ARRIVALS} arrivals`);
  }
  const durationNs = count === 0 ? ns(0) : ns((Math.floor(lastNs / NS_PER_S) + 1) * NS_PER_S);
  return { count, durationNs, highest, namesTargets };
}
