import { REPEAT_LEVEL, type Repeat, type RepeatFinding, repeatFinding } from '../../stats/comparison/repeats.ts';
import { NS_PER_MS } from '../../time/ns.ts';

/** A finding as it stands among the facts of a target: milliseconds. */
export interface RepeatFacts extends Pick<RepeatFinding, 'kind' | 'pairs' | 'ratio' | 'pValue'> {
  readonly firstMs: number | null;
  readonly againMs: number | null;
  /** What `pValue` is held against. */
  readonly level: number;
}

export function repeatFacts({ kind, pairs, firstNs, againNs, ratio, pValue }: RepeatFinding): RepeatFacts {
  const inMs = (durationNs: number | null): number | null => (durationNs === null ? null : durationNs / NS_PER_MS);
  return { kind, pairs, firstMs: inMs(firstNs), againMs: inMs(againNs), ratio, pValue, level: REPEAT_LEVEL };
}

/** How samples are asked for twice before the load. */
export interface AuditParts {
  /** Samples that may be asked for, each a different request. */
  readonly count: number;
  /** Most of them that are asked for twice. */
  readonly pairs: number;
  readonly withinNs: number;
  /** Sends the request of a sample and reads its answer; false: it was none that counts. */
  readonly ask: (sample: number) => Promise<boolean>;
  readonly now: () => number;
  /** Uniform draws in [0, 1). */
  readonly random: () => number;
}

/** Requests before the first that counts: an endpoint that was at rest gets faster at first. */
export const AUDIT_WARM = 16;
/**
 * A sample is asked for again so many requests later at most. Uniform from 1 to 11, which is the same forwards and backwards
 * modulo 2, 3, 4, 6 and 12: what takes turns behind the endpoint, such as its replicas, favours neither time.
 */
const FARTHEST = 11;

interface Turn {
  readonly sample: number;
  readonly time: 'warm' | 'first' | 'again';
}

/** In which order samples are asked for: warm ones once, the others twice. */
export function auditOrder(count: number, pairs: number, random: () => number): readonly Turn[] {
  const warm = Math.min(AUDIT_WARM, Math.floor(count / 3));
  const turns: Turn[] = Array.from({ length: warm }, (_, sample) => ({ sample, time: 'warm' }));
  const last = Math.min(count, warm + pairs);
  const again = new Map<number, number>();
  for (let at = 0, sample = warm; sample < last || again.size > 0; at++) {
    const due = again.get(at);
    if (due !== undefined) {
      again.delete(at);
      turns.push({ sample: due, time: 'again' });
    } else if (sample < last) {
      const free = Array.from({ length: FARTHEST }, (_, i) => at + 1 + i).filter((slot) => !again.has(slot));
      again.set(free[Math.floor(random() * free.length)] ?? at + FARTHEST + 1, sample);
      turns.push({ sample: sample++, time: 'first' });
    }
  }
  return turns;
}

/**
 * The same-sample audit: every sample is asked for once and, some requests later, again, one request at a time, in an order
 * that is drawn.
 */
export async function sameSampleAudit(parts: AuditParts): Promise<RepeatFinding> {
  const { count, pairs, withinNs, now, random } = parts;
  const untilNs = now() + withinNs;
  const firstNs = new Map<number, number>();
  const found: Repeat[] = [];
  for (const { sample, time } of auditOrder(count, pairs, random)) {
    if (now() >= untilNs) break;
    const tookNs = await timed(parts, sample);
    const before = firstNs.get(sample);
    if (tookNs === null) continue;
    if (time === 'first') firstNs.set(sample, tookNs);
    else if (time === 'again' && before !== undefined) found.push({ firstNs: before, againNs: tookNs });
  }
  return repeatFinding(found);
}

/** Null: its answer was none that counts. */
async function timed({ ask, now }: AuditParts, sample: number): Promise<number | null> {
  const began = now();
  const isRight = await ask(sample);
  return isRight ? Math.max(1, now() - began) : null;
}
