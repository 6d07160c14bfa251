import { expect, test } from 'vitest';
import type { Cell } from '../../../src/campaign/plan.ts';
import { PLAIN_SESSION } from '../../../src/campaign/target-spec.ts';
import { Outcome } from '../../../src/stats/outcome.ts';
import { ns, seconds } from '../../../src/time/ns.ts';
import type { AgentEvidence, TrialEvidence } from '../../../src/verdict/evidence.ts';
import { judgeTrial } from '../../../src/verdict/judge-trial.ts';
import { cellOf, errorsBelow, latencyBelow, openPhase, recoversWithin } from '../../support/cells.ts';
import { evidenceOf, request, withAgents } from '../../support/evidence.ts';
import { served, uniformMs } from '../../support/queue.ts';

const load = openPhase('load', 100, 20);
const cell = cellOf([load], [latencyBelow(0.95, 100), errorsBelow(0.05)]);
const two: Cell = { ...cell, agents: 2 };
const requests = uniformMs(load).map((at) => request(at, { service: 10 }));
const sound = evidenceOf(cell, requests);

const names = (agent: number): string => `node-${agent}`;
const judge = (evidence: TrialEvidence, of: Cell = cell) => judgeTrial(of, evidence, names).verdict;
const codes = (evidence: TrialEvidence, of: Cell = cell) => {
  const { kind, reasons, cautions } = judge(evidence, of);
  return { kind, reasons: reasons.map(({ code }) => code), cautions: cautions.map(({ code }) => code) };
};
const agents = (more: Partial<AgentEvidence>) => withAgents(sound, more);

test('sound evidence passes without a caution', () => {
  expect(codes(sound)).toEqual({ kind: 'pass', reasons: [], cautions: [] });
});

test('every reason says where, in one sentence, with what to do', () => {
  const broken = agents({ missingIntervals: 2, inFlightS: 30, wallDrift: 0.02, notStartedThoughFree: 30 });
  const { reasons } = judge(broken);
  expect(reasons.length).toBeGreaterThan(3);
  for (const { where, message, hint } of reasons) {
    expect(message).toMatch(/\d/);
    expect(where).toMatch(/^target\/load/);
    expect(message).toMatch(/^[A-Z\d].*\.$/);
    expect(hint).toMatch(/^[A-Z].*[^\s]$/);
  }
});

test('a verdict that hangs on the lag of the harness is invalid', () => {
  const late = requests.map((_, i) => request(10 * i, { lag: i % 10 === 0 ? 95 : 0, service: 10 }));
  expect(codes(evidenceOf(cell, late))).toMatchObject({
    kind: 'invalid',
    reasons: ['generator-decides', 'generator-decides'],
  });
});

test('a slow harness is invalid and never fails the target', () => {
  const slow = requests.map((_, i) => request(10 * i, { lag: 200, service: 10 }));
  expect(judge(evidenceOf(cell, slow)).kind).toBe('invalid');
});

test.each([
  [10.5, 'invalid', ['generator-decides'], []],
  [9, 'pass', [], ['lag-high']],
  [0.9, 'pass', [], []],
])('a P99 lag of %d ms against a limit of 100 ms is %s', (lagMs, kind, reasons, cautions) => {
  const late = requests.map((_, i) => request(10 * i, { lag: i % 20 === 0 ? lagMs : 0, service: 10 }));
  expect(codes(evidenceOf(cell, late))).toEqual({ kind, reasons, cautions });
});

test('only pacing that is not precise yet is told to be', () => {
  const late = evidenceOf(
    cell,
    requests.map((_, i) => request(10 * i, { lag: i % 20 === 0 ? 9 : 0, service: 10 })),
  );
  const hint = (pacing: Cell['pacing']) => judge(late, { ...cell, pacing }).cautions[0]?.hint;
  expect(hint('lowCpu')).toMatch(/^Use `pacing: precise`, fewer workers/);
  expect(hint('precise')).toMatch(/^Use fewer workers/);
});

test.each([
  [2, 'pass'],
  [3, 'invalid'],
])('%d of 2000 arrivals not started although a place was free: %s', (notStartedThoughFree, kind) => {
  expect(judge(agents({ notStartedThoughFree })).kind).toBe(kind);
});

test.each([
  [5.9, 'pass', []],
  [6.1, 'pass', ['harness-cpu']],
  [12.1, 'invalid', []],
])('%d s of harness work in 20 s of pacing: %s', (pacingCpuS, kind, cautions) => {
  expect(codes(agents({ pacingCpuS }))).toMatchObject({ kind, cautions });
});

test('a second that never arrived is invalid', () => {
  expect(codes(agents({ missingIntervals: 1 }))).toMatchObject({ kind: 'invalid', reasons: ['interval-lost'] });
});

test.each<[string, Partial<AgentEvidence>]>([
  ['an arrival that was planned and not offered', { planned: [2001] }],
  ['an arrival that was offered and not settled', { planned: [2001], offered: [2001] }],
  ['an arrival that was offered and not planned', { offered: [2001] }],
])('%s breaks the accounting', (_, more) => {
  expect(codes(agents(more))).toMatchObject({ kind: 'invalid', reasons: ['accounting-broken'] });
});

test('a request that a slot lost breaks the accounting of the fleet', () => {
  const fewer = evidenceOf(cell, requests.slice(1));
  expect(codes({ ...fewer, agents: sound.agents })).toMatchObject({ kind: 'invalid', reasons: ['accounting-broken'] });
});

test('arrivals that depend on completions have no plan to be held against', () => {
  expect(judge(agents({ planned: [null] })).kind).toBe('pass');
});

test.each([
  [20 * 1.0005, 'pass'],
  [20 * 1.002, 'invalid'],
  [20 * 0.998, 'invalid'],
])('%d request-seconds in flight against 20 of response times: %s', (inFlightS, kind) => {
  expect(judge(agents({ inFlightS, settledS: 20 })).kind).toBe(kind);
});

test.each([
  [0.0009, 'pass', []],
  [0.002, 'pass', ['clock-stepped']],
  [0.011, 'invalid', []],
])('a wall clock that moved by %d of the trial: %s', (wallDrift, kind, cautions) => {
  expect(codes(agents({ wallDrift }))).toMatchObject({ kind, cautions });
});

test.each([
  [9, 'pass', []],
  [11, 'pass', ['clock-unsynchronised', 'clock-unsynchronised']],
  [101, 'invalid', []],
])('clocks known to %d ms: %s', (boundMs, kind, cautions) => {
  const fleet = evidenceOf(two, requests);
  const clock = { offsetMs: 0, boundMs, driftPpm: 0 };
  expect(codes(withAgents(fleet, { clock }), two)).toMatchObject({ kind, cautions });
});

test.each([
  [9.9, 'pass', [], []],
  [10.1, 'pass', [], ['start-spread']],
  [100.1, 'invalid', ['start-spread'], []],
])('agents that may have begun %d ms apart: %s', (startSpreadMs, kind, reasons, cautions) => {
  expect(codes({ ...evidenceOf(two, requests), startSpreadMs }, two)).toEqual({ kind, reasons, cautions });
});

test.each([
  ['as a whole', cell, 'pass', [], ['coarse-seconds']],
  [
    'by windows',
    { ...cell, objectives: [{ ...latencyBelow(0.95, 100), overNs: seconds(10) }] },
    'invalid',
    ['coarse-seconds'],
    [],
  ],
  ['at a look half-way', { ...cell, stop: 'early' as const }, 'invalid', ['coarse-seconds'], []],
])('seconds that came merged, of a trial that is judged %s', (_, of, kind, reasons, cautions) => {
  const found = codes(agents({ coarseSeconds: 4 }), of);
  expect(found.kind).toBe(kind);
  expect(found.reasons).toEqual(expect.arrayContaining(reasons));
  expect(found.cautions).toEqual(expect.arrayContaining(cautions));
});

test('a clock that was never compared is invalid among several agents and nothing to one alone', () => {
  expect(judge(withAgents(evidenceOf(two, requests), { clock: null }), two).kind).toBe('invalid');
  expect(codes(agents({ clock: null }))).toEqual({ kind: 'pass', reasons: [], cautions: [] });
});

test.each(['runner-died', 'agent-lost', 'own-fault', 'target-setup', 'target-changed'] as const)(
  '%s makes a trial invalid and is the only reason',
  (code) => {
    const cut = {
      ...agents({ planned: [2500], inFlightS: 99 }),
      faults: [{ agent: 0, code, message: 'Gone with SIGKILL' }],
    };
    const { kind, reasons } = judge({ ...cut, stop: { atNs: ns(19e9), cause: 'fault' } });
    expect({ kind, reasons }).toMatchObject({
      kind: 'invalid',
      reasons: [{ code, where: 'target/load, agent node-0', message: 'Gone with SIGKILL.' }],
    });
  },
);

test('a rate above 70 % of the calibrated ceiling is a caution', () => {
  expect(codes(agents({ ceilingPerSecond: 142 })).cautions).toEqual(['near-ceiling']);
  expect(codes(agents({ ceilingPerSecond: 143 })).cautions).toEqual([]);
});

test('a calibration that failed, or none, is a caution', () => {
  expect(codes(agents({ calibrationOk: false })).cautions).toEqual(['calibration-failed']);
  expect(judge(agents({ calibrationOk: false, ceilingPerSecond: null })).cautions[0]?.message).toContain(
    'no calibration',
  );
});

const onnx: Cell = {
  ...cell,
  spec: {
    kind: 'onnx',
    model: { kind: 'file', path: '/m.onnx', sha256: '0' },
    providers: ['cuda', 'cpu'],
    require: null,
    threads: 1,
    session: PLAIN_SESSION,
    batch: 1,
    bind: {},
    inputs: { kind: 'random', samples: 1 },
  },
};

test('a provider other than the first that was asked for is a caution', () => {
  expect(codes(agents({ provider: 'cpu' }), onnx).cautions).toEqual(['provider-fallback']);
  expect(codes(agents({ provider: 'cuda' }), onnx).cautions).toEqual([]);
});

test('an endpoint that answered repeated samples faster is a caution, with its figures; one that did not is none', () => {
  const repeats = {
    kind: 'faster-again',
    pairs: 32,
    firstMs: 20,
    againMs: 2,
    ratio: 9.5,
    pValue: 2e-5,
    level: 0.002,
  } as const;
  const [caution] = judge(agents({ repeats })).cautions;
  expect(caution).toMatchObject({
    code: 'answers-from-cache',
    where: 'target/load, agent node-0',
    message:
      'Asked again, the same sample was answered 9.5 times as fast (median of 32 samples: 2 ms after 20 ms, p = 0.00002): the endpoint seems to answer from a cache.',
  });
  for (const kind of ['nothing-found', 'too-few'] as const)
    expect(codes(agents({ repeats: { ...repeats, kind } })).cautions).toEqual([]);
});

test('nodes left on the cpu by the provider in use are a caution that names them and their time', () => {
  const cpu = { count: 12, ms: 3.125, operators: { Shape: 8, Gather: 4 } };
  const cuda = { count: 156, ms: 1.875, operators: { Conv: 156 } };
  const [caution] = judge(agents({ provider: 'cuda', nodes: { cpu, cuda } }), onnx).cautions;
  expect(caution).toEqual({
    code: 'nodes-on-cpu',
    where: 'target/load, agent node-0',
    message:
      'The model ran on cuda with 12 of 168 nodes on cpu (Shape 8, Gather 4): 3.125 of the 5 ms of a profiled request.',
    hint: expect.stringContaining('`require: cuda`'),
  });
  expect(codes(agents({ provider: 'cuda', nodes: { cuda } }), onnx).cautions).toEqual([]);
  expect(
    codes(agents({ provider: 'cpu', nodes: { cpu } }), {
      ...onnx,
      spec: { ...onnx.spec, providers: ['cpu'] } as Cell['spec'],
    }).cautions,
  ).toEqual([]);
  expect(codes(agents({ provider: 'cpu', nodes: { cpu } }), onnx).cautions).toEqual(['provider-fallback']);
});

test('an overloaded target fails and is never invalid, with the caution that its backlog grew', () => {
  const queue = served(uniformMs(load), () => 15);
  expect(codes(evidenceOf(cell, queue))).toEqual({ kind: 'fail', reasons: ['gross-breach'], cautions: ['overloaded'] });
});

test('a target that sheds and times out half of its load fails and is never invalid', () => {
  const lost = requests.map((_, i) =>
    i % 2 === 0
      ? request(10 * i, { wait: 5000, service: 0 }, { outcome: Outcome.timeout, wasStarted: false })
      : request(10 * i, { service: 90 }),
  );
  expect(codes(evidenceOf(cell, lost))).toMatchObject({ kind: 'fail', reasons: ['gross-breach', 'gross-breach'] });
});

test('a backlog that comes and goes is no overload', () => {
  const burst = served(uniformMs(load), (i) => (i > 500 && i < 700 ? 15 : 5));
  expect(codes(evidenceOf(cell, burst)).cautions).toEqual([]);
});

const noisy = (evidence: TrialEvidence, steal: (atS: number) => number): TrialEvidence => ({
  ...evidence,
  seconds: evidence.seconds.map((row) => ({ ...row, steal: steal(row.atNs / 1e9) })),
});

test('steal above 2 % and any throttling are cautions', () => {
  expect(codes(noisy(sound, () => 0.019)).cautions).toEqual([]);
  expect(codes(noisy(sound, () => 0.021)).cautions).toEqual(['cpu-steal']);
  const held = { ...sound, seconds: sound.seconds.map((row) => ({ ...row, throttledUs: row.atNs === 0 ? 1 : 0 })) };
  expect(codes(held).cautions).toEqual(['cpu-throttled']);
});

const slowIn = (from: number, to: number) =>
  evidenceOf(
    cell,
    requests.map((_, i) => request(10 * i, { service: i >= from * 100 && i < to * 100 ? 150 : 10 })),
  );

test('a fail that hangs on the seconds that the host took is inconclusive', () => {
  const stolen = noisy(slowIn(4, 8), (atS) => (atS >= 4 && atS < 8 ? 0.3 : 0));
  expect(codes(slowIn(4, 8)).kind).toBe('fail');
  expect(codes(stolen)).toMatchObject({ kind: 'inconclusive', reasons: ['host-noise'], cautions: ['cpu-steal'] });
});

test('a fail that stands without those seconds stays a fail', () => {
  const stolen = noisy(slowIn(2, 12), (atS) => (atS >= 4 && atS < 6 ? 0.3 : 0));
  expect(codes(stolen)).toMatchObject({ kind: 'fail', cautions: ['cpu-steal'] });
});

test('a pass that merely loses its certainty keeps the caution', () => {
  const stolen = noisy(sound, (atS) => (atS >= 0.5 ? 0.3 : 0));
  expect(codes(stolen)).toEqual({ kind: 'pass', reasons: [], cautions: ['cpu-steal'] });
});

test('a recovery stands as found: seconds that the host took cannot be left out of a stretch of time', () => {
  const spike = cellOf(
    [openPhase('before', 100, 4), openPhase('peak', 100, 4, 4), openPhase('after', 100, 12, 8)],
    [recoversWithin(5, 100)],
  );
  const calm = evidenceOf(
    spike,
    Array.from({ length: 2000 }, (_, i) => request(10 * i, { service: 10 }, { phase: i < 400 ? 0 : i < 800 ? 1 : 2 })),
  );
  const stolen = noisy(calm, (atS) => (atS >= 9 ? 0.3 : 0));
  expect(judgeTrial(spike, calm, String).verdict.kind).toBe('pass');
  expect(judgeTrial(spike, stolen, String).verdict.kind).toBe('pass');
});
