import { type Interval, K6FactsSchema, type PartSums } from '../../wire/gen/loadcell/v1/fleet_pb.ts';
import { create } from '../../wire/protobuf.ts';

/** What only k6's driver knows of an interval. */
export interface K6Extra {
  readonly parts: readonly PartSums[];
  /** Set in the last interval. */
  readonly facts: K6Facts | null;
}

/** How samples came: folded inside k6, or as CSV of a stock k6. */
export type SamplesBy = 'folded' | 'csv';

interface K6Facts {
  readonly markedFailed: boolean;
  readonly orphans: number;
  readonly vusMax: number;
  readonly samples: SamplesBy;
  /** A clause; empty: it did not. */
  readonly teardownFailed: string;
}

export function addK6(interval: Interval, { parts, facts }: K6Extra): void {
  interval.parts = [...parts];
  if (facts === null) return;
  const { markedFailed, orphans, vusMax, samples, teardownFailed } = facts;
  interval.k6 = create(K6FactsSchema, {
    markedFailed,
    orphans: BigInt(orphans),
    vusMax: BigInt(Math.round(vusMax)),
    samplesAsCsv: samples === 'csv',
    teardownFailed,
  });
}
