import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GatePair } from '../../src/verdict/gate/pair.ts';
import { gateStep } from '../../src/verdict/gate/step.ts';
import { gatedMetric, question } from '../support/gate-pairs.ts';

const asked = question({ metrics: [gatedMetric('a', { floor: 0 }), gatedMetric('b', { floor: 0 })] });
const figure = fc.double({ min: 1, max: 1000, noNaN: true });
const pair = fc.record({ baseline: figure, candidate: figure });
const valid = fc
  .record({ a: pair, b: pair })
  .map((figures): GatePair => ({ kind: 'valid', figures: new Map(Object.entries(figures)) }));
const invalid = fc.constant<GatePair>({ kind: 'invalid', why: 'late' });
const pairs = fc.array(fc.oneof({ weight: 3, arbitrary: valid }, { weight: 1, arbitrary: invalid }), { maxLength: 20 });

const scaled =
  (by: number) =>
  (one: GatePair): GatePair =>
    one.kind === 'invalid'
      ? one
      : {
          kind: 'valid',
          figures: new Map(
            [...one.figures].map(([id, { baseline, candidate }]) => [
              id,
              { baseline: baseline * by, candidate: candidate * by },
            ]),
          ),
        };

test('nothing is decided before the first look, and something always at the last', () => {
  fc.assert(
    fc.property(pairs, (found) => {
      const { kind } = gateStep(asked, found);
      if (found.length < 8) expect(kind).toBe('more');
      if (found.length >= 16) expect(kind).not.toBe('more');
    }),
  );
});

test('the unit of a figure decides nothing', () => {
  fc.assert(
    fc.property(pairs, fc.constantFrom(0.125, 2, 64), (found, by) => {
      expect(gateStep(asked, found.map(scaled(by))).kind).toBe(gateStep(asked, found).kind);
    }),
  );
});

test('what fails in one direction does not in the other', () => {
  const turned = (one: GatePair): GatePair =>
    one.kind === 'invalid'
      ? one
      : {
          kind: 'valid',
          figures: new Map(
            [...one.figures].map(([id, { baseline, candidate }]) => [id, { baseline: candidate, candidate: baseline }]),
          ),
        };
  const worse = fc.array(
    fc.record({
      noise: fc.double({ min: 0.95, max: 1.05, noNaN: true }),
      by: fc.double({ min: 1.2, max: 1.6, noNaN: true }),
    }),
    { minLength: 8, maxLength: 8 },
  );
  fc.assert(
    fc.property(worse, (found) => {
      const failing = found.map(({ noise, by }): GatePair => {
        const one = { baseline: 10 * noise, candidate: 10 * noise * by };
        return {
          kind: 'valid',
          figures: new Map([
            ['a', one],
            ['b', one],
          ]),
        };
      });
      expect(gateStep(asked, failing).kind).toBe('fail');
      expect(gateStep(asked, failing.map(turned)).kind).toBe('pass');
    }),
  );
});

test('with more than half of the pairs invalid nothing fails', () => {
  const mostly = fc.tuple(fc.array(valid, { minLength: 0, maxLength: 3 }), fc.integer({ min: 5, max: 8 }));
  fc.assert(
    fc.property(mostly, ([good, bad]) => {
      const found: GatePair[] = [
        ...good,
        ...Array.from({ length: bad }, (): GatePair => ({ kind: 'invalid', why: 'late' })),
      ];
      const { kind } = gateStep(asked, found);
      expect(found.length < 8 ? 'more' : 'invalid').toBe(kind);
    }),
  );
});
