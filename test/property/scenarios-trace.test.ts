import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fleetArrivals, shareArrivals } from '../../src/scenarios/schedule.ts';
import { collect, sharesOf, context as streams } from '../support/schedules.ts';
import { linesOf, traceFile, tracePhase } from '../support/traces.ts';

const gaps = fc.array(fc.integer({ min: 0, max: 3_000_000_000 }), { minLength: 1, maxLength: 60 });
const instants = gaps.map((all) => {
  let sum = 0;
  return all.map((gap) => (sum += gap));
});

/** The same instants in every way of writing them. */
const WRITINGS: Record<string, (ns: readonly number[]) => string> = {
  'a column': (all) => all.map((at) => `${seconds(at)}\n`).join(''),
  nanoseconds: (all) => `atNs\n${all.map((at) => `${at}\n`).join('')}`,
  milliseconds: (all) => `x,atMs\n${all.map((at) => `,${Math.floor(at / 1e6)}.${padded(at % 1e6, 6)}\n`).join('')}`,
  'JSON lines': (all) => all.map((at) => `${JSON.stringify({ atNs: at })}\n`).join(''),
};
const padded = (value: number, digits: number): string => String(value).padStart(digits, '0');
const seconds = (at: number): string => `${Math.floor(at / 1e9)}.${padded(at % 1e9, 9)}`;

test('every way of writing a trace gives the same whole nanoseconds', () => {
  fc.assert(
    fc.property(instants, fc.integer({ min: 1, max: 100_000 }), (all, atOnce) => {
      for (const [name, write] of Object.entries(WRITINGS)) {
        const found = linesOf(write(all), 1, '', atOnce).map(([at]) => Math.round(at * 1e9));
        expect(found, name).toEqual(all);
      }
    }),
    { numRuns: 100 },
  );
});

test('a replay ascends, lies inside its phase and is dealt whole, at any scale', () => {
  const scale = fc.double({ min: 0.01, max: 1000, noNaN: true });
  fc.assert(
    fc.property(instants, scale, fc.integer({ min: 1, max: 9 }), (all, factor, agents) => {
      const text = `${all.map(seconds).join('\n')}\n`;
      const phase = tracePhase(text, factor);
      const arrivals = collect(fleetArrivals([phase], streams, traceFile(text)));
      expect(arrivals.map(({ seq }) => seq)).toEqual(all.map((_, i) => i));
      for (const [i, { atNs }] of arrivals.entries()) {
        expect(atNs).toBe(Math.round((all[i] ?? Number.NaN) / factor));
        expect(atNs).toBeLessThan(phase.durationNs);
      }
      const shares = sharesOf(agents).flatMap((share) =>
        collect(shareArrivals([phase], share, streams, traceFile(text))),
      );
      expect(shares.toSorted((a, b) => a.seq - b.seq)).toEqual(arrivals);
    }),
    { numRuns: 100 },
  );
});
