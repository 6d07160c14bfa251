import { expect, test } from 'vitest';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { judgeObjectives } from '../../../../src/verdict/judge-objective.ts';
import { judgeTrial } from '../../../../src/verdict/judge-trial.ts';
import { trialView } from '../../../../src/verdict/trial-view.ts';
import { cellOf, latencyBelow, openPhase } from '../../../support/cells.ts';
import { evidenceOf, type MadeRequest, request } from '../../../support/evidence.ts';
import { uniformMs } from '../../../support/queue.ts';

const PHASE = openPhase('load', 100, 20);

/** 2,000 requests; events at 20, 30 and 40 ms unless `change` says otherwise. */
const requests = (change: (i: number) => Partial<MadeRequest> & { readonly lag?: number } = () => ({})) =>
  uniformMs(PHASE).map((at, i) => {
    const { lag = 0, ...more } = change(i);
    return request(at, { lag, service: 45 }, { eventsMs: [20, 30, 40], ...more });
  });

function judged(objective: ReturnType<typeof latencyBelow>, made: readonly MadeRequest[]) {
  const cell = cellOf([PHASE], [objective]);
  const [found] = judgeObjectives(cell, [trialView(cell, evidenceOf(cell, made))], 'target/load');
  if (found === undefined) throw new Error('nothing was judged');
  return found;
}

const failed = { outcome: Outcome.targetError } as const;

test('a first event counts from the intended start, its service from the start', () => {
  const late = requests((i) => (i % 10 === 0 ? { lag: 60 } : {}));
  expect(judged(latencyBelow(0.95, 50, 'firstEvent'), late).result).toMatchObject({
    verdict: 'fail',
    over: { count: 200, of: 2000 },
  });
  expect(judged(latencyBelow(0.95, 50, 'firstEventService'), late).result).toMatchObject({
    verdict: 'pass',
    over: { count: 0, of: 2000 },
  });
});

test('a request that fails has an infinitely late first event', () => {
  const { result } = judged(
    latencyBelow(0.95, 50, 'firstEvent'),
    requests((i) => (i % 10 === 0 ? failed : {})),
  );
  expect(result).toMatchObject({ verdict: 'fail', over: { count: 200, of: 2000 }, observed: { reason: 'censored' } });
});

test('gaps are counted by themselves, and a stream that does not end well owes one more', () => {
  const made = requests((i) => (i % 100 === 0 ? { ...failed, eventsMs: [20, 30] } : {}));
  const { result } = judged(latencyBelow(0.99, 50, 'betweenEvents'), made);
  // 1,980 streams with two gaps, 20 with one that came and one that never ended.
  expect(result).toMatchObject({ over: { count: 20, of: 4000 }, observed: { value: 10 } });
});

test('a long gap fails an objective on gaps, in words of gaps', () => {
  const made = requests((i) => (i % 5 === 0 ? { eventsMs: [20, 30, 130] } : {}));
  const { result } = judged(latencyBelow(0.99, 50, 'betweenEvents'), made);
  expect(result.verdict).toBe('fail');
  expect(result.reason?.message).toContain(
    '400 of 4000 gaps between events (10 %) lasted 50 ms or longer, or never ended',
  );
});

test('many gaps of few streams prove no more than the streams', () => {
  const short = openPhase('load', 3, 20);
  const eventsMs = Array.from({ length: 200 }, (_, i) => 10 * i);
  const cell = cellOf([short], [latencyBelow(0.99, 50, 'betweenEvents')]);
  const made = uniformMs(short).map((at) => request(at, { service: 2100 }, { eventsMs }));
  const [found] = judgeObjectives(cell, [trialView(cell, evidenceOf(cell, made))], 'target/load');
  expect(found?.result).toMatchObject({ verdict: 'inconclusive', over: { count: 0, of: 60 * 199 } });
  // What is missing is told in requests.
  expect(found?.result.needs?.requests).toBeGreaterThan(300);
  expect(found?.result.needs?.requests).toBeLessThan(1000);
});

test('the harness’s lag decides a first event as it decides a response, and no gap', () => {
  const late = requests((i) => (i % 10 === 0 ? { lag: 60 } : {}));
  const cell = cellOf([PHASE], [latencyBelow(0.95, 50, 'firstEvent')]);
  const { verdict } = judgeTrial(cell, evidenceOf(cell, late), String);
  expect(verdict.kind).toBe('invalid');
  const gaps = cellOf([PHASE], [latencyBelow(0.95, 50, 'betweenEvents')]);
  expect(judgeTrial(gaps, evidenceOf(gaps, late), String).verdict.kind).toBe('pass');
});

test('figures of events stand beside the others where answers stream, and nowhere else', () => {
  const cell = cellOf([PHASE], []);
  const streaming = judgeTrial(cell, evidenceOf(cell, requests()), String);
  expect(streaming.latency.firstEvent).toMatchObject({ count: 2000, p50: { value: 20 } });
  expect(streaming.latency.betweenEvents).toMatchObject({ count: 4000, mean: { value: 10 } });
  expect(streaming.rates.events).toBe(300);
  const plain = judgeTrial(
    cell,
    evidenceOf(
      cell,
      requests(() => ({ eventsMs: [] })),
    ),
    String,
  );
  expect(Object.keys(plain.latency)).not.toContain('firstEvent');
  expect(Object.keys(plain.rates)).not.toContain('events');
});
