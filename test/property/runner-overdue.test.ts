import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Overdue } from '../../src/agent/runner/overdue.ts';
import { emptyRecord, type RequestRecord } from '../../src/agent/runner/record-ring.ts';
import type { LatencyLimit } from '../../src/stats/tally.ts';

const MS = 1e6;
const S = 1e9;
const SECONDS = 8;

const limits: readonly LatencyLimit[] = [
  { metric: 'response', limitNs: 300 * MS },
  { metric: 'response', limitNs: 2500 * MS },
  { metric: 'wait', limitNs: 400 * MS },
  { metric: 'service', limitNs: 700 * MS },
];

const request = fc.record({ at: fc.nat(3999), wait: fc.nat(2000), service: fc.nat(2500) });

const recordOf = ({ at, wait, service }: { at: number; wait: number; service: number }): RequestRecord => ({
  ...emptyRecord(),
  intendedNs: at * MS,
  readyNs: (at + wait) * MS,
  startNs: (at + wait) * MS,
  completedNs: (at + wait + service) * MS,
});

/** Every limit's count at `endNs`, request by request. */
function counted(records: readonly RequestRecord[], endNs: number): readonly number[] {
  return limits.map(({ metric, limitNs }) => {
    const age = ({ intendedNs, startNs }: RequestRecord): number => {
      if (metric === 'response') return endNs - intendedNs;
      return metric === 'service' ? endNs - startNs : Math.min(startNs, endNs) - intendedNs;
    };
    return records.filter((r) => r.intendedNs <= endNs && r.completedNs >= endNs && age(r) >= limitNs).length;
  });
}

test('counted as it becomes known, what is overdue is what a look at every request would find', () => {
  const late = fc.array(fc.nat(1500), { minLength: 60, maxLength: 60 });
  fc.assert(
    fc.property(fc.array(request, { minLength: 1, maxLength: 60 }), late, (requests, lateMs) => {
      const records = requests.map(recordOf);
      const overdue = new Overdue(limits, 2, 0);
      for (const record of records) overdue.arrive(record.intendedNs);
      const untold = new Set(
        records.map((record, i) => ({ record, knownNs: record.completedNs + (lateMs[i] ?? 0) * MS })),
      );
      for (let second = 1; second <= SECONDS; second++) {
        const endNs = second * S;
        // Sealed a little late, when some of what completed after the end is known already; in flight is the rest.
        for (const each of untold) {
          const isSettled = each.record.completedNs < endNs || each.knownNs < endNs + 0.5 * S;
          if (!isSettled) continue;
          untold.delete(each);
          overdue.settle(each.record, true);
        }
        for (const { record } of untold) overdue.running(record.intendedNs, record.startNs, true);
        expect(overdue.seal().overdue).toEqual(counted(records, endNs));
      }
    }),
    { numRuns: 200 },
  );
});
