import { expect, test } from 'vitest';
import {
  type CounterSample,
  checkedEnergy,
  counterEnergy,
  type Energy,
  inferenceEnergy,
  integratedEnergy,
  type PowerSample,
  totalEnergy,
} from '../../../src/gpu/energy.ts';
import { numberOf } from '../../../src/gpu/reading.ts';
import { stream } from '../../../src/scenarios/rng.ts';
import { realRecordings, recordingOf } from '../../support/gpu-recordings.ts';
import { testWith } from '../../support/tools.ts';

const S = 1e9;
const powers = (seconds: readonly number[], watts: (second: number) => number): readonly PowerSample[] =>
  seconds.map((second) => ({ atNs: second * S, watts: watts(second) }));
const every = (step: number, until: number): readonly number[] =>
  Array.from({ length: Math.floor(until / step) + 1 }, (_, at) => at * step);
const joulesOf = (energy: Energy): number => (energy.kind === 'measured' ? energy.joules : Number.NaN);

test('constant power is power times time, wherever the window cuts the readings', () => {
  const energy = integratedEnergy(
    powers(every(0.3, 12), () => 200),
    { fromNs: 1.05 * S, toNs: 11.25 * S },
  );
  expect(energy.kind).toBe('measured');
  expect(joulesOf(energy)).toBeCloseTo(200 * 10.2, 9);
  expect(energy).toMatchObject({ error: expect.closeTo(200 * 0.1, 9) });
});

test('a ramp is integrated exactly, edges within readings included', () => {
  const energy = integratedEnergy(
    powers(every(0.7, 14), (second) => 50 + 10 * second),
    { fromNs: 1 * S, toNs: 11 * S },
  );
  expect(joulesOf(energy)).toBeCloseTo(50 * 10 + 5 * (11 ** 2 - 1), 9);
});

test('readings that come twice at one instant count once', () => {
  const twice = powers(every(0.5, 10), () => 100).flatMap((sample) => [sample, sample]);
  expect(joulesOf(integratedEnergy(twice, { fromNs: 0, toNs: 10 * S }))).toBeCloseTo(1000, 9);
});

test.each([
  ['too-short', { fromNs: 1 * S, toNs: 2.9 * S }, every(0.1, 10)],
  ['not-bracketed', { fromNs: 1 * S, toNs: 11 * S }, every(0.1, 10)],
  ['not-bracketed', { fromNs: -1 * S, toNs: 5 * S }, every(0.1, 10)],
  ['not-bracketed', { fromNs: 1 * S, toNs: 5 * S }, []],
  ['gap', { fromNs: 1 * S, toNs: 9 * S }, [0, 0.5, 1, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9]],
] as const)('power is not measurable: %s', (reason, window, seconds) => {
  expect(
    integratedEnergy(
      powers(seconds, () => 100),
      window,
    ),
  ).toEqual({ kind: 'not-measurable', reason });
});

test('a gap outside the window is no gap of it', () => {
  const samples = powers([0, 5, 5.5, 6, 6.5, 7, 7.5, 8, 20], () => 100);
  expect(joulesOf(integratedEnergy(samples, { fromNs: 5 * S, toNs: 8 * S }))).toBeCloseTo(300, 9);
});

const counters = (rows: readonly (readonly [number, number])[]): readonly CounterSample[] =>
  rows.map(([second, joules]) => ({ atNs: second * S, joules }));

test('the counter is read at the edges; what lies outside them is taken off and widens the error', () => {
  const exact = counterEnergy(
    counters([
      [0, 1000],
      [5, 1500],
      [10, 3000],
    ]),
    { fromNs: 0, toNs: 10 * S },
  );
  expect(exact).toEqual({ kind: 'measured', joules: 2000, error: 20 });
  const wide = counterEnergy(
    counters([
      [0, 1000],
      [10.25, 3050],
    ]),
    { fromNs: 0, toNs: 10 * S },
  );
  expect(wide).toEqual({ kind: 'measured', joules: 2000, error: expect.closeTo(70, 9) });
});

test.each([
  [
    'counter-backwards',
    counters([
      [0, 1000],
      [5, 10],
      [10, 3000],
    ]),
  ],
  [
    'not-bracketed',
    counters([
      [0, 1000],
      [9.9, 3000],
    ]),
  ],
  [
    'gap',
    counters([
      [0, 1000],
      [12, 3000],
    ]),
  ],
] as const)('the counter tells nothing: %s', (reason, samples) => {
  expect(counterEnergy(samples, { fromNs: 0, toNs: 10 * S })).toEqual({ kind: 'not-measurable', reason });
});

test('a counter that fell before or after the window is no matter of it', () => {
  const samples = counters([
    [-5, 9000],
    [0, 1000],
    [10, 3000],
    [12, 5],
  ]);
  expect(joulesOf(counterEnergy(samples, { fromNs: 0, toNs: 10 * S }))).toBe(2000);
});

test('counter and integral agree within five in a hundred, and each stands beside the other', () => {
  const window = { fromNs: 0, toNs: 10 * S };
  const counter = counters([
    [0, 0],
    [10, 1000],
  ]);
  const of = (watts: number) =>
    checkedEnergy(
      counter,
      powers(every(0.2, 10), () => watts),
      window,
    );
  expect(of(104.9)).toMatchObject({ by: 'counter', disagree: false, disagreement: expect.closeTo(0.049, 9) });
  expect(of(105.1)).toMatchObject({ by: 'counter', disagree: true });
  expect(of(94.9)).toMatchObject({ disagree: true, energy: { joules: 1000 } });
  const alone = checkedEnergy(
    [],
    powers(every(0.2, 10), () => 50),
    window,
  );
  expect(alone).toMatchObject({ by: 'integral', disagree: null, disagreement: null });
  expect(joulesOf(alone.energy)).toBeCloseTo(500, 9);
});

test('a counter that went backwards is not papered over by the integral', () => {
  const checked = checkedEnergy(
    counters([
      [0, 500],
      [10, 1],
    ]),
    powers(every(0.2, 10), () => 50),
    {
      fromNs: 0,
      toNs: 10 * S,
    },
  );
  expect(checked).toMatchObject({ by: 'counter', energy: { reason: 'counter-backwards' }, disagree: null });
});

test('an inference costs its share, gross and net of what the idle GPU takes', () => {
  const window = { fromNs: 0, toNs: 10 * S };
  const energy: Energy = { kind: 'measured', joules: 2000, error: 20 };
  expect(inferenceEnergy(energy, window, 400, { watts: 60, error: 2 })).toEqual({
    gross: { joules: 5, error: 0.05 },
    net: { joules: 3.5, error: 0.1 },
  });
  expect(inferenceEnergy(energy, window, 400, null)).toMatchObject({ net: null });
  expect(inferenceEnergy(energy, window, 0, null)).toBeNull();
  expect(inferenceEnergy({ kind: 'not-measurable', reason: 'gap' }, window, 400, null)).toBeNull();
});

test('a GPU and its MIG instances count once, and one that is not measurable leaves no sum', () => {
  const device = (uuid: string, parent: string | null) => ({ uuid, parent, index: null, name: null });
  const of = (joules: number): Energy => ({ kind: 'measured', joules, error: 1 });
  const mig = { device: device('MIG-a/1', 'GPU-a'), energy: of(100) };
  const sum = totalEnergy([
    mig,
    { device: device('MIG-a/2', 'GPU-a'), energy: of(100) },
    { device: device('GPU-a', null), energy: of(101) },
    { device: device('GPU-b', null), energy: of(50) },
  ]);
  expect(sum).toEqual({ kind: 'measured', joules: 151, error: 2 });
  const lost: Energy = { kind: 'not-measurable', reason: 'gap' };
  expect(totalEnergy([mig, { device: device('GPU-b', null), energy: lost }])).toEqual(lost);
  expect(totalEnergy([])).toMatchObject({ kind: 'not-measurable' });
});

/** The register holds each value until the next: the integral of those steps is what the GPU itself accounts for. */
function stepIntegral(samples: readonly PowerSample[], fromNs: number, toNs: number): number {
  let joules = 0;
  for (const [at, { atNs, watts }] of samples.entries()) {
    const from = Math.max(atNs, fromNs);
    const to = Math.min(samples[at + 1]?.atNs ?? atNs, toNs);
    if (to > from) joules += (watts * (to - from)) / 1e9;
  }
  return joules;
}

function traceOf(name: string): readonly PowerSample[] {
  return recordingOf(realRecordings, name).samples.flatMap(({ atNs, readings }) => {
    const watts = numberOf(readings['power.instant']);
    return watts === null || atNs === null ? [] : [{ atNs, watts }];
  });
}

const TRACES = ['timeseries/a100-lms-50pct-duty.csv', 'timeseries/a100-transient-step.csv'];

testWith('GPU recordings', 'the energy of a recorded A100 is the step integral of its register within 1 %', () => {
  for (const name of TRACES) {
    const trace = traceOf(name);
    const rng = stream('7', `windows of ${name}`);
    for (let trial = 0; trial < 100; trial++) {
      const fromNs = rng.next() * 4 * S;
      const toNs = fromNs + (2 + rng.next() * 6) * S;
      const exact = stepIntegral(trace, fromNs, toNs);
      const energy = integratedEnergy(trace, { fromNs, toNs });
      expect(Math.abs(joulesOf(energy) / exact - 1), name).toBeLessThan(0.01);
    }
  }
});

testWith('GPU recordings', 'sampled every 100 ms with jitter, a whole recorded trace keeps within 1 % too', () => {
  for (const name of TRACES) {
    const trace = traceOf(name);
    const rng = stream('7', `jitter of ${name}`);
    for (let trial = 0; trial < 50; trial++) {
      let next = 0;
      const sampled = trace.filter(({ atNs }) => {
        if (atNs < next) return false;
        next = atNs + 0.1 * S * (0.8 + 0.4 * rng.next());
        return true;
      });
      const window = { fromNs: 0.1 * S, toNs: (sampled.at(-1)?.atNs ?? 0) - 0.1 * S };
      const exact = stepIntegral(trace, window.fromNs, window.toNs);
      expect(Math.abs(joulesOf(integratedEnergy(sampled, window)) / exact - 1), name).toBeLessThan(0.01);
    }
  }
});
