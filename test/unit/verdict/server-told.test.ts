import { expect, test } from 'vitest';
import { serverLines } from '../../../src/report/server-lines.ts';
import type { ServerReading, ServerTold } from '../../../src/targets/server-told.ts';
import { ns, seconds } from '../../../src/time/ns.ts';
import type { TrialEvidence } from '../../../src/verdict/evidence.ts';
import { judgeTrial } from '../../../src/verdict/judge-trial.ts';
import { cellOf, errorsBelow, openPhase } from '../../support/cells.ts';
import { evidenceOf, request } from '../../support/evidence.ts';
import { uniformMs } from '../../support/queue.ts';
import { countsAt, readingAt } from '../../support/server-told.ts';

const low = openPhase('low', 50, 4);
const high = openPhase('high', 100, 4, 4);
const cell = cellOf([low, high], [errorsBelow(0.05)]);
/** 200 requests, then 400. */
const requests = [
  ...uniformMs(low).map((at) => request(at, { service: 12 })),
  ...uniformMs(high).map((at) => request(at, { service: 12 }, { phase: 1 })),
];
const sound = evidenceOf(cell, requests);

const BEFORE = 1000;
const read = (starts: readonly (ServerReading | null)[], after: ServerReading): ServerTold => ({
  kind: 'read',
  source: 'GET /v2/models/m/stats',
  starts,
  after,
});
const whole = read(
  [readingAt(-20, countsAt(BEFORE)), readingAt(4000, countsAt(BEFORE + 200))],
  readingAt(8050, countsAt(BEFORE + 600)),
);
const judged = (told: ServerTold, more: Partial<TrialEvidence> = {}) =>
  judgeTrial(cell, { ...sound, server: { agent: 0, told }, ...more }, (agent) => `agent-${agent}`);
const cautionsOf = (told: ServerTold, more: Partial<TrialEvidence> = {}) =>
  judged(told, more).verdict.cautions.map(({ code }) => code);

test('figures are differences of two readings: nothing that was counted before belongs to the trial', () => {
  const { server } = judged(whole);
  expect(server).toMatchObject({
    source: 'GET /v2/models/m/stats',
    agent: 'agent-0',
    counted: 600,
    sent: 600,
    answered: 600,
    missing: [],
  });
  expect(server?.measured).toMatchObject({
    fromMs: -19,
    untilMs: 8051,
    ok: 600,
    failed: 0,
    samples: 1200,
    runs: 300,
    cacheHits: 0,
  });
  const { requestMs, queueMs, computeInputMs, computeInferMs, computeOutputMs } = server?.measured ?? {};
  for (const [found, expected] of [
    [requestMs, 10],
    [queueMs, 2],
    [computeInputMs, 1],
    [computeInferMs, 5],
    [computeOutputMs, 0.5],
  ]) {
    expect(found).toBeCloseTo(expected as number, 9);
  }
  expect(server?.phases.map(({ name, ok }) => [name, ok])).toEqual([
    ['low', 200],
    ['high', 400],
  ]);
  expect(cautionsOf(whole)).toEqual([]);
});

test('what the server says stands in sentences beside what was seen', () => {
  const lines = serverLines(judged(whole));
  expect(lines[0]).toBe('the server counted 600 inferences, 600 were sent');
  expect(lines[1]).toBe(
    "the server's own means: request 10.00 ms, queue 2.000 ms, input 1.000 ms, infer 5.000 ms, output 0.500 ms (600 ok, 4.000 samples a run); service as we saw it 12.00 ms",
  );
  expect(lines[2]).toContain('the server in low: ');
  expect(lines).toHaveLength(4);
});

test('requests that others sent are a caution, and one in a thousand is none', () => {
  const with1 = read(whole.kind === 'read' ? whole.starts : [], readingAt(8050, countsAt(BEFORE + 601)));
  expect(cautionsOf(with1)).toEqual(['server-other-clients']);
  const many = openPhase('load', 500, 4);
  const ofMany = evidenceOf(
    cellOf([many], [errorsBelow(0.05)]),
    uniformMs(many).map((at) => request(at, { service: 1 })),
  );
  const told = (counted: number): ServerTold => read([readingAt(-20, countsAt(0))], readingAt(4050, countsAt(counted)));
  const codes = (counted: number) =>
    judgeTrial(
      cellOf([many], [errorsBelow(0.05)]),
      { ...ofMany, server: { agent: 0, told: told(counted) } },
      String,
    ).verdict.cautions.map(({ code }) => code);
  expect(codes(2002)).toEqual([]);
  expect(codes(2003)).toEqual(['server-other-clients']);
});

test('fewer than were answered means that something else answered', () => {
  const fewer = read(whole.kind === 'read' ? whole.starts : [], readingAt(8050, countsAt(BEFORE + 500)));
  expect(cautionsOf(fewer)).toEqual(['server-counted-fewer']);
});

test('a response cache that answered in the measured part is a caution', () => {
  const cached = { cacheHit: { count: 30, ns: 30e3 } };
  const told = read(whole.kind === 'read' ? whole.starts : [], readingAt(8050, countsAt(BEFORE + 600, cached)));
  const { verdict, server } = judged(told);
  expect(verdict.cautions.map(({ code }) => code)).toEqual(['server-cache']);
  expect(verdict.cautions[0]?.message).toContain('30 requests of 600 (5 %)');
  expect(server?.measured?.cacheHits).toBe(30);
});

test('a server that was started anew has nothing to tell, and the result says why', () => {
  const restarted = read(whole.kind === 'read' ? whole.starts : [], readingAt(8050, countsAt(10)));
  const { server, verdict } = judged(restarted);
  expect([server?.counted, server?.measured]).toEqual([null, null]);
  expect(server?.missing).toEqual([
    'the server counted less than before: it, or its model, was started anew meanwhile',
  ]);
  expect(verdict.cautions).toEqual([]);
});

test('counts that come after the load has begun are held against nothing that was sent', () => {
  const late = read(
    [readingAt(10, countsAt(BEFORE + 3)), readingAt(4000, countsAt(BEFORE + 200))],
    readingAt(8050, countsAt(BEFORE + 603)),
  );
  const { server, verdict } = judged(late);
  expect(server?.counted).toBeNull();
  expect(server?.missing).toEqual(['the server told its first counts only after the load had begun']);
  expect(server?.measured?.ok).toBe(600);
  expect(verdict.cautions).toEqual([]);
});

test('a boundary without an answer leaves out the phases beside it alone', () => {
  const why = 'http://127.0.0.1:8000: no answer within 500 ms, expected one';
  const gap = read(
    [readingAt(-20, countsAt(BEFORE)), { kind: 'missing', askedNs: 4e9, why }],
    readingAt(8050, countsAt(BEFORE + 600)),
  );
  const { server } = judged(gap);
  expect([server?.counted, server?.measured?.ok, server?.phases, server?.missing]).toEqual([600, 600, [], [why]]);
});

test('of a trial that was stopped, the phase that it stopped in lasts to its end', () => {
  const stop = { atNs: ns(seconds(5)), cause: 'sure' } as const;
  const { server } = judged(whole, { stop });
  expect(server?.phases.map(({ name, ok }) => [name, ok])).toEqual([
    ['low', 200],
    ['high', 400],
  ]);
  const early = judged(whole, { stop: { ...stop, atNs: ns(seconds(3)) } });
  expect(early.server?.phases).toEqual([]);
  expect(early.server?.measured?.ok).toBe(600);
});

test('a server that tells nothing is told with its reason, and where an agent was lost nothing is concluded', () => {
  const { server } = judged({ kind: 'nothing', why: 'the server does not name the extension statistics' });
  expect(server).toMatchObject({ source: null, counted: null, measured: null, sent: 600 });
  expect(server?.missing).toEqual(['the server does not name the extension statistics']);
  const lost = { agent: 0, code: 'agent-lost', message: 'it was lost' } as const;
  const more = read(whole.kind === 'read' ? whole.starts : [], readingAt(8050, countsAt(BEFORE + 900)));
  expect(cautionsOf(more, { faults: [lost] })).not.toContain('server-other-clients');
});

test('a trial whose server nobody asked says nothing of it', () => {
  expect('server' in judgeTrial(cell, sound, String)).toBe(false);
});
