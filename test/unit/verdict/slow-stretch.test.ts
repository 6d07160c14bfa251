import { expect, test } from 'vitest';
import { ns } from '../../../src/time/ns.ts';
import type { SecondEvidence } from '../../../src/verdict/evidence.ts';
import { type ObservedSecond, observedSeconds } from '../../../src/verdict/observed/second.ts';
import { slowStretches } from '../../../src/verdict/observed/slow-stretch.ts';
import { GPU, gpuWith, healthyGpu, hostSecond, nodeOf, readings } from '../../support/observed.ts';

const quiet: ObservedSecond = {
  gpuPower: 200,
  gpuClock: 1410,
  gpuTemperature: 54,
  gpuUtilization: 0.9,
  gpuSm: 0.5,
  gpuTensor: 0.3,
  gpuDram: 0.4,
  gpuHeld: 0,
  core: 0.5,
  pressureCpu: 0.05,
  pressureIo: 0,
  loopDelayMs: 1,
  runnerRss: 1e8,
  contextSwitches: 1000,
  received: 0,
  sent: 0,
};

/** Twenty seconds with a P95 of 10 ms, and something else in seconds 8 to 10. */
function trial(more: Partial<SecondEvidence>, observed: Partial<ObservedSecond> = {}): SecondEvidence[] {
  return Array.from({ length: 20 }, (_, second) => {
    const slow = second >= 8 && second <= 10;
    return {
      atNs: ns(second * 1e9),
      offered: 100,
      started: 100,
      achieved: 100,
      failed: 0,
      inFlight: 1,
      p50: 5,
      p95: 10,
      p99: 12,
      lagP99: 0,
      steal: 0,
      throttledUs: 0,
      loopDelayP99Ms: 0.5,
      cpu: 0.5,
      rssBytes: 1e8,
      ...(slow ? { p95: 40, ...more } : {}),
      observed: { ...quiet, ...(slow ? observed : {}) },
    };
  });
}

test.each<readonly [string, Partial<SecondEvidence>, Partial<ObservedSecond>, RegExp]>([
  ['noisy-neighbour', { steal: 0.2 }, { gpuClock: 900 }, /took 20 % of the CPU time/],
  ['clock-drop', {}, { gpuClock: 900 }, /900 MHz, against 1410 MHz/],
  ['clock-drop', {}, { gpuHeld: 0.6 }, /held down in 60 %/],
  ['host-bound', { lagP99: 25 }, {}, /itself started requests late, by 25 ms at P99 against 0 ms/],
  ['host-bound', { lagP99: 25 }, { gpuClock: 900, gpuHeld: 0.6 }, /itself started requests late, by 25 ms/],
  ['clock-drop', { lagP99: 10 }, { gpuClock: 900 }, /900 MHz, against 1410 MHz/],
  ['unknown', { lagP99: 10 }, {}, /Nothing that was observed/],
  ['host-bound', { throttledUs: 5e5 }, {}, /500 ms of each second/],
  ['host-bound', {}, { pressureCpu: 0.5 }, /waited for a CPU in 50 %/],
  ['host-bound', {}, { core: 1 }, /busiest processor worked 100 %/],
  ['memory-bound', {}, { gpuDram: 0.8 }, /80 % of the cycles/],
  ['tensor-bound', {}, { gpuTensor: 0.6 }, /60 % of the cycles/],
  ['queueing', { offered: 300 }, {}, /300 requests a second came, against 100/],
  ['queueing', { inFlight: 40 }, {}, /40 requests waited/],
  ['unknown', {}, {}, /Nothing that was observed/],
])('a slow stretch is put down to %s by the rule that it fits', (cause, more, observed, rule) => {
  const [stretch, ...others] = slowStretches(trial(more, observed));
  expect(others).toEqual([]);
  expect(stretch).toMatchObject({ startMs: 8000, endMs: 11_000, p95Ms: 40, usualMs: 10, cause });
  expect(stretch?.rule).toMatch(rule);
});

test('a host that is asked for too much all the time is the likely cause of its slow seconds too', () => {
  const pressed = (pressureCpu: number) =>
    trial({}).map((second) => ({ ...second, observed: { ...quiet, pressureCpu } }));
  expect(slowStretches(pressed(0.9))[0]).toMatchObject({
    cause: 'host-bound',
    rule: 'Some task waited for a CPU in 90 % of the time, against 90 % otherwise.',
  });
  expect(slowStretches(pressed(0.7))[0]?.cause).toBe('unknown');
});

test('seconds that are not half as slow again, or by less than a millisecond, are not slow', () => {
  expect(slowStretches(trial({ p95: 14.9 }))).toEqual([]);
  const fast = trial({}).map((second) => ({ ...second, p95: second.p95 === 40 ? 0.9 : 0.1 }));
  expect(slowStretches(fast)).toEqual([]);
});

test('two slow seconds with one between them are one stretch, further apart two', () => {
  const at = (...slow: number[]) =>
    trial({ p95: 10 }).map((second, index) => ({ ...second, p95: slow.includes(index) ? 50 : 10 }));
  expect(slowStretches(at(3, 5))).toHaveLength(1);
  expect(slowStretches(at(3, 6))).toHaveLength(2);
});

test('a second adds up the power of all GPUs, and tells none where one of them is missing', () => {
  const other = { ...healthyGpu(), device: { ...GPU, uuid: 'GPU-2', index: 1 } };
  const both = observedSeconds([nodeOf([healthyGpu(), other])], 0, 20);
  expect(both[5]?.gpuPower).toBe(400);
  expect(both[5]?.gpuClock).toBe(1410);
  const { 'power.draw': _, ...rest } = other.series;
  const one = observedSeconds([nodeOf([healthyGpu(), { ...other, series: rest }])], 0, 20);
  expect(one[5]?.gpuPower).toBeNull();
});

test('a second tells the share of readings that were held down, and of hosts the second that ends with a row', () => {
  const held = gpuWith({ events: readings((s) => (s >= 4 && s < 4.5 ? 0x4 : 0x1)) });
  const host = Array.from({ length: 21 }, (_, second) => hostSecond(second, { cores: [second === 5 ? 1 : 0.2] }));
  const rows = observedSeconds([nodeOf([held], { host })], 0, 20);
  expect(rows[4]?.gpuHeld).toBeCloseTo(0.6, 9);
  expect(rows[5]?.gpuHeld).toBe(0);
  expect(rows[4]?.core).toBe(1);
});
