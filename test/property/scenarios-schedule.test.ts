import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plannedCounts, shareCounts } from '../../src/scenarios/counts.ts';
import type { ArrivalLaw, Phase, RateProfile } from '../../src/scenarios/phase.ts';
import { phasesOf } from '../../src/scenarios/presets.ts';
import { integral } from '../../src/scenarios/profile.ts';
import type { ScenarioSpec } from '../../src/scenarios/scenario-spec.ts';
import { fleetArrivals, shareArrivals } from '../../src/scenarios/schedule.ts';
import { ns, seconds } from '../../src/time/ns.ts';
import { collect, openPhase, sharesOf } from '../support/schedules.ts';

const law = fc.constantFrom<ArrivalLaw>('uniform', 'poisson');
const rate = fc.double({ min: 0.01, max: 300, noNaN: true });
const rateOrNone = fc.oneof(rate, fc.constant(0));
const duration = fc.integer({ min: 1, max: 3_000_000_000 }).map(ns);
const piece = fc.record({ from: rateOrNone, to: rateOrNone, durationNs: duration });
const profile: fc.Arbitrary<RateProfile> = fc
  .tuple(piece, fc.array(piece, { maxLength: 3 }))
  .map(([first, rest]) => [first, ...rest]);

const spec: fc.Arbitrary<ScenarioSpec> = fc.oneof(
  fc.record({ kind: fc.constantFrom('load', 'soak'), law, rate, durationNs: duration }),
  fc.record({ kind: fc.constant('ramp'), law, from: rateOrNone, to: rateOrNone, durationNs: duration }),
  fc.record({
    kind: fc.constant('stress'),
    law,
    from: rate,
    to: rate,
    steps: fc.integer({ min: 1, max: 5 }),
    durationNs: duration,
  }),
  fc
    .tuple(law, rate, rate, fc.tuple(duration, duration, duration), fc.integer({ min: 2, max: 1_000_000_000 }))
    .map(([l, base, peak, [riseNs, holdNs, fallNs], room]): ScenarioSpec => {
      const durationNs = ns(riseNs + holdNs + fallNs + room);
      return { kind: 'spike', law: l, base, peak, riseNs, holdNs, fallNs, durationNs };
    }),
  fc.record({ kind: fc.constant('offline'), requests: fc.integer({ min: 1, max: 500 }) }),
  fc.record({ kind: fc.constant('singleStream'), durationNs: duration, atLeast: fc.constantFrom(null, 99) }),
);
const phases = fc
  .tuple(spec, fc.oneof(fc.constant(ns(0)), duration), fc.integer({ min: 1, max: 8 }))
  .map(([s, warmupNs, places]) => phasesOf(s, { warmupNs, places }));
const context = fc.record({
  seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
  scenario: fc.constantFrom('load', 'a b'),
  trial: fc.integer({ min: 1, max: 3 }),
});
const of = fc.integer({ min: 1, max: 11 });

const endOf = (phase: Phase) => phase.startNs + Math.max(1, phase.durationNs);

test('arrivals ascend, stay inside their phase, are whole nanoseconds and number what the phase says', () => {
  fc.assert(
    fc.property(phases, context, (all, c) => {
      const arrivals = collect(fleetArrivals(all, c));
      for (const [i, { seq, atNs, phase }] of arrivals.entries()) {
        expect(seq).toBe(i);
        expect(Number.isInteger(atNs)).toBe(true);
        expect(atNs).toBeGreaterThanOrEqual(arrivals[i - 1]?.atNs ?? Number.NEGATIVE_INFINITY);
        const own = all[phase];
        if (own === undefined) throw new Error(`no phase ${phase}`);
        expect(atNs).toBeGreaterThanOrEqual(own.startNs);
        expect(atNs).toBeLessThan(endOf(own));
      }
      const counts = all.map((_, phase) => arrivals.filter((a) => a.phase === phase).length);
      expect(counts).toEqual(all.map(({ load }) => (load.kind === 'closed' ? 0 : load.count)));
    }),
    { numRuns: 150 },
  );
});

test('the same seed gives the same arrivals', () => {
  fc.assert(
    fc.property(phases, context, (all, c) => {
      expect(collect(fleetArrivals(all, c))).toEqual(collect(fleetArrivals(all, c)));
    }),
    { numRuns: 30 },
  );
});

test('shares partition the schedule of the fleet, whatever their number, and differ by at most one in a phase', () => {
  fc.assert(
    fc.property(phases, context, of, (all, c, agents) => {
      const shares = sharesOf(agents).map((share) => collect(shareArrivals(all, share, c)));
      expect(shares.flat().toSorted((a, b) => a.seq - b.seq)).toEqual(collect(fleetArrivals(all, c)));
      for (const [i, share] of sharesOf(agents).entries()) {
        const counts = all.map((_, phase) => shares[i]?.filter((a) => a.phase === phase).length ?? 0);
        expect(shareCounts(all, share)).toEqual(counts);
      }
      for (const phase of all.keys()) {
        const counts = sharesOf(agents).map((share) => shareCounts(all, share)[phase] ?? 0);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 80 },
  );
});

test('what is planned before an instant is what the walk holds before it', () => {
  fc.assert(
    fc.property(phases, context, of, fc.integer({ min: -3e9, max: 9e9 }), (all, c, agents, until) => {
      for (const share of sharesOf(agents).slice(0, 3)) {
        const arrivals = collect(shareArrivals(all, share, c)).filter((a) => a.atNs < until);
        const expected = all.map(({ load }, phase) =>
          load.kind === 'closed' ? null : arrivals.filter((a) => a.phase === phase).length,
        );
        expect(plannedCounts(all, share, c, ns(until))).toEqual(expected);
      }
    }),
    { numRuns: 80 },
  );
});

test('uniform arrivals keep step with the integral of any profile', () => {
  fc.assert(
    fc.property(profile, (pieces) => {
      const phase = openPhase('uniform', pieces);
      const arrivals = collect(fleetArrivals([phase], { seed: '1', scenario: 's', trial: 1 }));
      expect(Math.abs(arrivals.length - integral(pieces))).toBeLessThanOrEqual(0.5);
      for (const [i, { atNs }] of arrivals.entries()) {
        // L(at) = i, but for the rounding of the instant to a nanosecond, in which at most 300e-9 arrivals are due.
        expect(Math.abs(arrivalsUpTo(pieces, atNs) - i)).toBeLessThan(1e-6);
      }
    }),
    { numRuns: 100 },
  );
});

/** The integral of the rate by Simpson's rule piece by piece, which is exact for lines: an independent L(t). */
function arrivalsUpTo(pieces: RateProfile, at: number): number {
  let [sum, start] = [0, 0];
  for (const { from, to, durationNs } of pieces) {
    const inside = Math.min(Math.max(at - start, 0), durationNs);
    const r = (t: number) => from + (to - from) * (t / durationNs);
    sum += ((r(0) + 4 * r(inside / 2) + r(inside)) / 6) * (inside / seconds(1));
    start += durationNs;
  }
  return sum;
}
