import { NS_PER_MS, NS_PER_S } from '../../time/ns.ts';
import type { TrialSpec } from '../../wire/trial-spec.ts';
import { Fold } from './fold.ts';
import { emptyRecord } from './record-ring.ts';
import type { Uplink } from './uplink.ts';

/** Records folded: enough to make the code hot, some ten milliseconds. */
const RECORDS = 4000;
const INTERVALS = 3;

/**
 * Folds and encodes intervals that nobody will see, so that the first one of a trial does not meet cold code (a cold
 * encoding costs 4-18 ms, in which workers may run out of tickets).
 */
export function rehearseFold(spec: TrialSpec, uplink: Uplink): void {
  const fold = new Fold(spec);
  const record = emptyRecord();
  const firstNs = fold.openStartNs;
  for (let i = 0; i < RECORDS; i++) {
    const intendedNs = firstNs + (i * INTERVALS * NS_PER_S) / RECORDS;
    record.seq = i;
    record.phase = i % spec.phases.length;
    record.outcome = i % 50 === 0 ? 3 : 0;
    record.intendedNs = intendedNs;
    record.readyNs = intendedNs;
    record.startNs = intendedNs + 1e3 * (i % 97);
    record.completedNs = record.startNs + NS_PER_MS * (i % 31);
    fold.offer(record.phase, intendedNs);
    fold.settle(0, record);
  }
  for (let i = 0; i < INTERVALS; i++) {
    const sealed = fold.seal();
    uplink.encode(sealed, { cpuS: 0, wallS: 0 });
    fold.recycle(sealed);
  }
}
