import { expect, test } from 'vitest';
import { InverseProfile } from '../../../src/scenarios/inverse.ts';
import type { RateProfile } from '../../../src/scenarios/phase.ts';
import {
  arrivalCount,
  arrivalsBefore,
  constantRate,
  durationOf,
  integral,
  isConstant,
  maxRate,
  meanRate,
  rateAt,
  startingRate,
} from '../../../src/scenarios/profile.ts';
import { seconds } from '../../../src/time/ns.ts';

const spike: RateProfile = [
  { from: 50, to: 400, durationNs: seconds(1) },
  { from: 400, to: 400, durationNs: seconds(5) },
  { from: 400, to: 50, durationNs: seconds(1) },
];

test('the figures of a spike are those drawn by hand', () => {
  expect(integral(spike)).toBe(225 + 2000 + 225);
  expect(arrivalCount(spike)).toBe(2450);
  expect(durationOf(spike)).toBe(7e9);
  expect(meanRate(spike)).toBe(350);
  expect(startingRate(spike)).toBe(50);
  expect(maxRate(spike)).toBe(400);
  expect(isConstant(spike)).toBe(false);
  expect([0, 0.5, 1, 6, 6.5, 7].map((t) => rateAt(spike, seconds(t)))).toEqual([50, 225, 400, 400, 225, 0]);
  expect([-1, 0, 0.5, 1, 6, 6.5, 7, 8].map((t) => arrivalsBefore(spike, seconds(t)))).toEqual([
    0, 0, 68.75, 225, 2225, 2381.25, 2450, 2450,
  ]);
});

test('a count is the rounded integral', () => {
  expect(arrivalCount(constantRate(100, seconds(40 / 3)))).toBe(1333);
  expect(arrivalCount(constantRate(0.1, seconds(5)))).toBe(1);
  expect(arrivalCount(constantRate(0.1, seconds(4.9)))).toBe(0);
  expect(maxRate([{ from: 1, to: 5, durationNs: seconds(1) }])).toBe(5);
  expect(isConstant(constantRate(3, seconds(1)))).toBe(true);
});

test.each<[string, RateProfile, readonly [number, number][]]>([
  [
    'a constant rate',
    constantRate(4, seconds(10)),
    [
      [0, 0],
      [1, 0.25],
      [39, 9.75],
    ],
  ],
  [
    'a ramp from zero',
    [{ from: 0, to: 10, durationNs: seconds(10) }],
    [
      [0, 0],
      [0.5, 1],
      [2, 2],
      [32, 8],
      [50, 10],
    ],
  ],
  [
    'a ramp to zero',
    [{ from: 10, to: 0, durationNs: seconds(10) }],
    [
      [0, 0],
      [18, 2],
      [48, 8],
      [49.5, 9],
      [50, 10],
    ],
  ],
  [
    'a rise, a hold and a fall',
    spike,
    [
      [68.75, 0.5],
      [225, 1],
      [1225, 3.5],
      [2381.25, 6.5],
    ],
  ],
  [
    'a stretch without arrivals',
    [constantRate(2, seconds(1))[0], constantRate(0, seconds(3))[0], constantRate(1, seconds(1))[0]],
    [
      [1.5, 0.75],
      [2, 4],
      [2.5, 4.5],
    ],
  ],
])('the inverse integral of %s is the one drawn by hand', (_, profile, table) => {
  const inverse = new InverseProfile(profile);
  for (const [arrivals, at] of [...table, ...table.toReversed()]) expect(inverse.at(arrivals) / 1e9).toBeCloseTo(at, 9);
});

test('a slope that hardly is one moves nothing, up or down', () => {
  const flat = new InverseProfile(constantRate(1000, seconds(3600)));
  for (const to of [1000 + 1e-9, 1000 - 1e-9]) {
    const sloped = new InverseProfile([{ from: 1000, to, durationNs: seconds(3600) }]);
    for (const i of [1, 999, 1_800_000, 3_599_999]) expect(Math.abs(sloped.at(i) - flat.at(i))).toBeLessThan(4);
  }
});

test('the last arrivals of a long fall to zero keep their instants to the nanosecond', () => {
  // From 10,000/s to 0 in an hour: k arrivals before the end, time to the end is sqrt(2 k D / 10,000).
  const inverse = new InverseProfile([{ from: 10_000, to: 0, durationNs: seconds(3600) }]);
  for (const k of [1, 2, 100, 1e6]) {
    const expected = 3600e9 - Math.sqrt((2 * k * 3600) / 10_000) * 1e9;
    expect(Math.abs(inverse.at(18_000_000 - k) - expected)).toBeLessThan(0.01);
  }
});
