import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Completion, lag, response, service, wait } from '../../src/stats/completion.ts';
import { Histogram } from '../../src/stats/histogram.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { SERVICE_PARTS } from '../../src/stats/service-parts.ts';
import { STREAM_METRICS } from '../../src/stats/stream-tally.ts';
import { plus, Tally } from '../../src/stats/tally.ts';
import { ns } from '../../src/time/ns.ts';

const LIMITS = 2;

const tallies = fc
  .array(
    fc.record({
      outcome: fc.constantFrom(...Object.values(Outcome)),
      ns: fc.integer({ min: 0, max: 60_000_000 }),
      limit: fc.integer({ min: 0, max: LIMITS - 1 }),
    }),
    { maxLength: 40 },
  )
  .map((requests) => {
    const tally = new Tally(LIMITS);
    for (const { outcome, ns: duration, limit } of requests) {
      tally.outcomes[outcome] = (tally.outcomes[outcome] ?? 0) + 1;
      tally.over[limit] = (tally.over[limit] ?? 0) + 1;
      tally.overLessLag[limit] = (tally.overLessLag[limit] ?? 0) + 2;
      tally.started++;
      tally.inTime += 3;
      tally.good += 4;
      tally.lag.record(duration);
      tally.response.record(duration + 1);
      tally.service.record(duration + 2);
      tally.wait.record(duration + 3);
      if (limit === 0) continue;
      for (const [i, part] of SERVICE_PARTS.entries()) tally.ownParts()[part].record(duration + 4 + i);
      for (const [i, metric] of STREAM_METRICS.entries()) tally.ownStream()[metric].record(duration + 8 + i);
      tally.ownStream().events += 5;
    }
    return tally;
  });

const content = (tally: Tally) => [
  [...tally.outcomes],
  [...tally.over],
  [...tally.overLessLag],
  [tally.started, tally.inTime, tally.good, tally.stream?.events ?? 0],
  ...[
    tally.response,
    tally.service,
    tally.wait,
    tally.lag,
    ...SERVICE_PARTS.map((part) => tally.parts?.[part] ?? new Histogram()),
    ...STREAM_METRICS.map((metric) => tally.stream?.[metric] ?? new Histogram()),
  ].map((histogram) => [
    histogram.total,
    histogram.sumNs,
    histogram.maxNs,
    ...Array.from({ length: histogram.highestBucket + 1 }, (_, bucket) => [bucket, histogram.at(bucket)] as const)
      .filter(([, count]) => count > 0)
      .flat(),
  ]),
];

test('tallies form a commutative monoid', () => {
  fc.assert(
    fc.property(tallies, tallies, tallies, (a, b, c) => {
      expect(content(plus(a, b))).toEqual(content(plus(b, a)));
      expect(content(plus(plus(a, b), c))).toEqual(content(plus(a, plus(b, c))));
      expect(content(plus(a, new Tally(LIMITS)))).toEqual(content(a));
    }),
    { numRuns: 25, seed: 1 },
  );
});

test('adding leaves what was added as it was, and clearing leaves zero', () => {
  fc.assert(
    fc.property(tallies, tallies, (a, b) => {
      const before = content(b);
      a.add(b);
      expect(content(b)).toEqual(before);
      a.clear();
      expect(a.isEmpty).toBe(true);
      expect(content(plus(a, b))).toEqual(before);
    }),
    { numRuns: 30, seed: 2 },
  );
});

test('response time is wait plus lag plus service', () => {
  const part = fc.integer({ min: 0, max: 10_000_000_000 });
  fc.assert(
    fc.property(part, part, part, part, (intended, waited, late, served) => {
      const completion: Completion = {
        seq: 0,
        outcome: Outcome.ok,
        intendedNs: ns(intended),
        readyNs: ns(intended + waited),
        startNs: ns(intended + waited + late),
        completedNs: ns(intended + waited + late + served),
      };
      expect([wait(completion), lag(completion), service(completion)]).toEqual([waited, late, served]);
      expect(response(completion)).toBe(waited + late + served);
    }),
    { numRuns: 200, seed: 3 },
  );
});
