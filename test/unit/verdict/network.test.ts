import { expect, test } from 'vitest';
import type { DirectionFacts, NetworkFacts } from '../../../src/targets/network-facts.ts';
import { judgeTrial } from '../../../src/verdict/judge-trial.ts';
import { cellOf, latencyBelow, openPhase } from '../../support/cells.ts';
import { evidenceOf, request, withAgents } from '../../support/evidence.ts';
import { uniformMs } from '../../support/queue.ts';

const load = openPhase('load', 100, 20);
const cell = cellOf([load], [latencyBelow(0.95, 100)]);
const sound = evidenceOf(
  cell,
  uniformMs(load).map((at) => request(at, { service: 50 })),
);
const asAsked: DirectionFacts = { p50Ms: 20.1, p99Ms: 24.9, bitsPerSecond: 99e6 };
const asked: NetworkFacts = {
  delayMs: 20,
  jitterMs: 5,
  bandwidth: 100e6,
  samples: 256,
  up: asAsked,
  down: asAsked,
};
const verdictWith = (network: NetworkFacts) => judgeTrial(cell, withAgents(sound, { network }), () => 'node-1').verdict;

test('a network that does what its label says passes without a word', () => {
  expect(verdictWith(asked)).toEqual({ kind: 'pass', reasons: [], cautions: [] });
});

test.each([
  ['too late', { up: { ...asAsked, p50Ms: 22.1 } }, 'took 22.1 ms towards the endpoint'],
  ['too early', { down: { ...asAsked, p50Ms: 17.9 } }, 'took 17.9 ms back from the endpoint'],
  [
    'too slow',
    { up: { ...asAsked, bitsPerSecond: 89e6 } },
    'carried 89 Mbit/s towards the endpoint, expected 100 Mbit/s',
  ],
  ['too fast', { down: { ...asAsked, bitsPerSecond: 111e6 } }, 'carried 111 Mbit/s back from the endpoint'],
])('a network that is %s makes its trial invalid', (_, more, sentence) => {
  const { kind, reasons } = verdictWith({ ...asked, ...more });
  expect([kind, reasons.map(({ code }) => code)]).toEqual(['invalid', ['network-off']]);
  expect(reasons[0]?.message).toContain(sentence);
  expect(reasons[0]?.hint).toMatch(/^Run again/);
});

test('a long tail of the delay is a caution', () => {
  const { kind, cautions } = verdictWith({ ...asked, up: { ...asAsked, p99Ms: 28 } });
  expect([kind, cautions.map(({ code }) => code)]).toEqual(['pass', ['network-uneven']]);
});

test.each([
  [{ released: 1000, late: 10 }, 'pass', []],
  [{ released: 1000, late: 11 }, 'pass', ['network-uneven']],
  [{ released: 1000, late: 101 }, 'invalid', ['network-off']],
])('of what was let out while the trial ran %j was late: %s', (releases, kind, codes) => {
  const verdict = judgeTrial(cell, withAgents(sound, { network: asked, releases }), () => 'node-1').verdict;
  expect(verdict.kind).toBe(kind);
  expect([...verdict.reasons, ...verdict.cautions].map(({ code }) => code)).toEqual(codes);
});

test('a bandwidth that nobody asked for is not looked at', () => {
  const unbounded = { ...asked, bandwidth: null, up: { ...asAsked, bitsPerSecond: 4e9 } };
  expect(verdictWith(unbounded).kind).toBe('pass');
});
