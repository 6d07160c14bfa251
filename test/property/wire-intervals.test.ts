import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram } from '../../src/stats/histogram.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { SERVICE_PARTS } from '../../src/stats/service-parts.ts';
import { STREAM_METRICS } from '../../src/stats/stream-tally.ts';
import { Tally } from '../../src/stats/tally.ts';
import { IntervalSchema } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import {
  addSlotTo,
  decodeHistogram,
  decodeInterval,
  encodeHistogram,
  encodeInterval,
  tallyToSlot,
} from '../../src/wire/interval-codec.ts';

/** Whole nanoseconds from nothing to beyond the hour that a histogram holds, small ones as likely as large ones. */
const durationNs = fc.double({ min: 0, max: 42.5, noNaN: true }).map((exponent) => Math.floor(2 ** exponent) - 1);

test('any histogram survives the wire', () => {
  fc.assert(
    fc.property(fc.array(durationNs, { maxLength: 500 }), (durations) => {
      const histogram = new Histogram();
      for (const duration of durations) histogram.record(duration);
      const back = decodeHistogram(encodeHistogram(histogram));
      expect(back.equals(histogram)).toBe(true);
      expect([back.sumNs, back.maxNs]).toEqual([histogram.sumNs, histogram.maxNs]);
    }),
    { seed: 1, numRuns: 200 },
  );
});

const AGENTS = 8;
const request = fc.record({
  agent: fc.nat(AGENTS - 1),
  second: fc.nat(3),
  slot: fc.nat(2),
  responseNs: durationNs,
  lagNs: durationNs,
});

test("the merge of eight agents' intervals is identical to one tally of all their requests", () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 400 }), (requests) => {
      const whole = new Tally(1);
      const parts = new Map<string, { slot: number; tally: Tally }>();
      for (const r of requests) {
        const key = `${r.agent}/${r.second}/${r.slot}`;
        const part = parts.get(key) ?? { slot: r.slot, tally: new Tally(1) };
        parts.set(key, part);
        count(part.tally, r.responseNs, r.lagNs);
        count(whole, r.responseNs, r.lagNs);
      }
      const merged = new Tally(1);
      for (const { slot, tally } of parts.values()) {
        const bytes = encodeInterval(create(IntervalSchema, { slots: [tallyToSlot(0, slot, tally)] }));
        for (const received of decodeInterval(bytes).slots) addSlotTo(merged, received);
      }
      expect(merged.response.equals(whole.response)).toBe(true);
      expect(merged.lag.equals(whole.lag)).toBe(true);
      expect(requests.length === 0 || holdsTheSame(merged, whole)).toBe(true);
      expect([merged.response.sumNs, merged.response.maxNs]).toEqual([whole.response.sumNs, whole.response.maxNs]);
      expect([...merged.outcomes, ...merged.over]).toEqual([...whole.outcomes, ...whole.over]);
    }),
    { seed: 2, numRuns: 100 },
  );
});

const holdsTheSame = (a: Tally, b: Tally): boolean =>
  SERVICE_PARTS.every((part) => a.ownParts()[part].equals(b.ownParts()[part])) &&
  STREAM_METRICS.every((metric) => a.ownStream()[metric].equals(b.ownStream()[metric])) &&
  a.ownStream().events === b.ownStream().events;

function count(tally: Tally, responseNs: number, lagNs: number): void {
  tally.outcomes[Outcome.ok] = (tally.outcomes[Outcome.ok] ?? 0) + 1;
  tally.response.record(responseNs);
  for (const [i, part] of SERVICE_PARTS.entries()) tally.ownParts()[part].record(responseNs + i * lagNs);
  for (const [i, metric] of STREAM_METRICS.entries()) tally.ownStream()[metric].record(responseNs + i * lagNs);
  tally.ownStream().events += 3;
  tally.lag.record(lagNs);
  if (responseNs >= 1e6) tally.over[0] = (tally.over[0] ?? 0) + 1;
}
