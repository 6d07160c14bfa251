// Loaded before the program by `known-answers.ts`: has the sleep target write down when each request really began and
// ended, by the target's own clock. One file per thread that served, beside the name in LOADCELL_BENCH_WITNESS: pairs of
// doubles, nanoseconds of the node's monotonic clock.
import { writeFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { SleepTarget } from '../../src/targets/sleep.ts';

const file = process.env.LOADCELL_BENCH_WITNESS;
if (file !== undefined) {
  const instants = new Float64Array(2 * 1_000_000);
  let used = 0;
  const { infer, close } = SleepTarget.prototype;
  const now = (): number => Number(process.hrtime.bigint());
  SleepTarget.prototype.infer = function witnessed() {
    const began = now();
    const outcome = infer.call(this);
    instants[used++] = began;
    instants[used++] = now();
    return outcome;
  };
  SleepTarget.prototype.close = function leave() {
    if (used > 0) writeFileSync(`${file}.${began()}`, new Uint8Array(instants.buffer, 0, 8 * used));
    return close.call(this);
  };
  const began = (): string => `${String(instants[0]).padStart(20, '0')}.${process.pid}.${threadId}`;
}
