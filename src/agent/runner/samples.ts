import type { Phase } from '../../scenarios/phase.ts';
import { stream } from '../../scenarios/rng.ts';
import { type ScheduleContext, streamName } from '../../scenarios/streams.ts';

/** Per phase, 32 bits from its stream `samples/<scenario>/<trial>/<phase>`. */
export const sampleKeys = (phases: readonly Phase[], context: ScheduleContext): Int32Array =>
  Int32Array.from(phases, (phase) => {
    const name = streamName('samples', context.scenario, context.trial, phase.name);
    return Math.floor(stream(context.seed, name).next() * 2 ** 32) | 0;
  });

/**
 * The sample of request `seq`: 32 bits that depend on the phase's key and the sequence number alone, whichever worker
 * of whichever agent serves it, and that move no arrival. A target takes it modulo the size of its pool.
 *
 * Mixing by lowbias32 (Wellons, "Prospecting for hash functions", 2018).
 */
export function sampleOf(key: number, seq: number): number {
  let x = key ^ seq ^ Math.imul(seq / 2 ** 32, 0x9e3779b1);
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}
