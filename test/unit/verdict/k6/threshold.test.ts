import { expect, test } from 'vitest';
import { parseObjective } from '../../../../src/campaign/objective-text.ts';
import { Histogram } from '../../../../src/stats/histogram.ts';
import { seconds } from '../../../../src/time/ns.ts';
import { judgePart } from '../../../../src/verdict/k6/judge-part.ts';
import type { PartEvidence } from '../../../../src/verdict/k6/part.ts';
import { judgeThreshold } from '../../../../src/verdict/k6/threshold.ts';
import { crossedSoFar } from '../../../../src/verdict/k6/threshold-abort.ts';

function part(more: Partial<PartEvidence>, values: readonly number[] = []): PartEvidence {
  const histogram = new Histogram();
  for (const ms of values) histogram.record(ms * 1e6);
  return {
    scenario: 'main',
    group: '',
    name: '',
    metric: 'http_req_duration',
    type: 'trend',
    time: true,
    count: values.length,
    nonzero: values.length,
    sum: values.reduce((a, b) => a + b, 0),
    min: Math.min(...values),
    max: Math.max(...values),
    histogram: values.length === 0 ? null : histogram,
    ...more,
  };
}

const login = part({ name: 'login' }, [100, 110, 120, 130]);
const home = part({ name: 'home' }, [1, 2, 3, 4]);
const checks = part({ metric: 'checks', type: 'rate', time: false, count: 10, nonzero: 9, histogram: null });
const bytes = part({ metric: 'data_sent', type: 'counter', time: false, count: 4, sum: 4000, histogram: null });
const all = [login, home, checks, bytes];
const judge = (metric: string, threshold: string) => {
  const { observed, verdict } = judgeThreshold(metric, threshold, all, 4);
  return [observed, verdict];
};

test('thresholds are judged over everything that is merged, in every form that k6 has for the metric', () => {
  expect(judge('http_req_duration', 'avg<59')).toEqual([58.75, 'kept']);
  expect(judge('http_req_duration', 'max<=130')).toEqual([130, 'kept']);
  expect(judge('http_req_duration', 'min>1')).toEqual([1, 'crossed']);
  expect(judge('http_req_duration', 'p(50)<5')[1]).toBe('kept');
  expect(judge('http_req_duration', 'p(75) < 100')[1]).toBe('crossed');
  expect(judge('checks', 'rate>0.9')).toEqual([0.9, 'crossed']);
  expect(judge('checks', 'rate>=0.9')).toEqual([0.9, 'kept']);
  expect(judge('data_sent', 'count==4000')).toEqual([4000, 'kept']);
  expect(judge('data_sent', 'rate<1000')).toEqual([1000, 'crossed']);
});

test('percentiles of values that no histogram tells apart are not judged', () => {
  const of = (threshold: string, values: readonly number[]) =>
    judgeThreshold('size', threshold, [part({ metric: 'size', time: false }, values)], 4);
  expect(of('p(95)<4000000', [5e6, 6e6])).toMatchObject({ observed: null, verdict: 'not-judged' });
  expect(of('med<0', [-5, -6])).toMatchObject({ observed: null, verdict: 'not-judged' });
  expect(of('max<4000000', [5e6, 6e6])).toMatchObject({ observed: 6e6, verdict: 'crossed' });
  expect(of('p(95)<4000000', [5, 6])).toMatchObject({ verdict: 'kept' });
});

test('a threshold selects by all that stands behind the first colon, as k6 does', () => {
  const grouped = part({ group: '::login', name: 'http://127.0.0.1/a' }, [50]);
  const of = (metric: string) => judgeThreshold(metric, 'max<1', [...all, grouped], 4).observed;
  expect(of('http_req_duration{group:::login}')).toBe(50);
  expect(of('http_req_duration{name:http://127.0.0.1/a}')).toBe(50);
  expect(of('http_req_duration{"name" : "login"}')).toBe(130);
});

test('a metric of an unknown kind has the kind that its threshold asks for, and where two fit it is not judged', () => {
  const took = part({ metric: 'mine', type: 'unknown', time: false, nonzero: 3 }, [10, 20, 30, 0]);
  const of = (threshold: string) => judgeThreshold('mine', threshold, [took], 4).observed;
  expect(of('avg<1')).toBe(15);
  expect(of('max<1')).toBe(30);
  expect(of('count>1')).toBe(60);
  expect(of('rate>0.5')).toBeNull();
  expect(of('value>0.5')).toBeNull();
});

test('a threshold that aborts is looked at from its delay on, over everything so far', () => {
  const aborts = [
    { metric: 'data_sent', threshold: 'rate<1000', afterNs: seconds(2) },
    { metric: 'http_req_duration', threshold: 'max<130', afterNs: seconds(5) },
  ];
  expect(crossedSoFar(aborts, all, seconds(1))).toBeNull();
  expect(crossedSoFar(aborts, all, seconds(4))).toBe('data_sent: rate<1000: it came to 1000 over the whole fleet');
  expect(crossedSoFar(aborts, all, seconds(4.5))).toBeNull();
  expect(crossedSoFar(aborts, all, seconds(5))).toMatch(/^http_req_duration: max<130: it came to 130/);
  expect(crossedSoFar(aborts, [], seconds(9))).toBeNull();
});

test('a threshold may select by scenario, group, name and check, and by nothing else', () => {
  expect(judge('http_req_duration{name:home}', 'max<5')).toEqual([4, 'kept']);
  expect(judge('http_req_duration{name:login}', 'max<5')).toEqual([130, 'crossed']);
  expect(judge('http_req_duration{status:200}', 'max<5')).toEqual([null, 'not-judged']);
  expect(judge('nothing', 'max<5')).toEqual([null, 'not-judged']);
  expect(judge('http_req_duration', 'whatever')).toEqual([null, 'not-judged']);
});

const onPart = (text: string, parts: readonly PartEvidence[] = all) => {
  const objective = parseObjective(text);
  if (!objective.ok) throw new Error(objective.problem);
  const { indicator } = objective.value;
  if (indicator.kind !== 'part') throw new Error('expected a part');
  return judgePart(objective.value, indicator, parts);
};

test('an objective names a part by its labels and is a fact of the run', () => {
  expect(onPart('response{name:login}.p95 < 200ms')).toMatchObject({ decision: 'pass', over: { count: 0, of: 4 } });
  expect(onPart('response{name:login}.p50 < 105ms')).toMatchObject({ decision: 'fail', over: { count: 3, of: 4 } });
  expect(onPart('response{scenario:main}.p50 < 50ms')).toMatchObject({ decision: 'pass', over: { count: 4, of: 8 } });
  expect(onPart('response{name:login}.p95 < 200ms').observed).toMatchObject({ method: 'observed' });
});

test('a part that is not there leaves its objective open, and so does a limit whose own bucket decides', () => {
  expect(onPart('response{name:logout}.p95 < 200ms').decision).toBe('inconclusive');
  expect(onPart('response{name:login}.p75 < 130ms')).toMatchObject({ decision: 'pass', over: { count: 1, of: 4 } });
  expect(onPart('response{name:login}.p80 < 130ms')).toMatchObject({
    decision: 'inconclusive',
    finding: { code: 'limit-not-counted' },
  });
});

test('labels that are none are answered with those that are', () => {
  expect(parseObjective('response{nam:login}.p95 < 1s')).toMatchObject({
    ok: false,
    problem: expect.stringContaining('scenario, group, name, metric'),
  });
  expect(parseObjective('response{name:GET /a b}.p95 < 1s')).toMatchObject({
    ok: true,
    value: { text: 'response{name:GET /a b}.p95 < 1s' },
  });
});

test('where names stand under others, nothing is told of one name or group, for some of it may be among them', () => {
  const others = part({ name: '(others)' }, [900]);
  const crowded = [...all, others];
  expect(judgeThreshold('http_req_duration{name:login}', 'max<500', crowded, 4)).toMatchObject({
    observed: null,
    verdict: 'not-judged',
  });
  expect(judgeThreshold('http_req_duration{group:::buy}', 'max<500', crowded, 4).verdict).toBe('not-judged');
  expect(judgeThreshold('http_req_duration{scenario:main}', 'max<500', crowded, 4).verdict).toBe('crossed');
  expect(judgeThreshold('http_req_duration', 'max<500', crowded, 4).verdict).toBe('crossed');
  expect(judgeThreshold('checks{check:fine}', 'rate>0.5', crowded, 4).verdict).toBe('not-judged');
  const judged = onPart('response{name:login}.p95 < 500ms', crowded);
  expect(judged).toMatchObject({ decision: 'inconclusive', finding: { code: 'not-observed' } });
  expect(onPart('response{scenario:main}.p95 < 500ms', crowded).decision).toBe('fail');
  const elsewhere = part({ name: '(others)', scenario: 'other' }, [900]);
  expect(onPart('response{name:login,scenario:main}.p95 < 500ms', [...all, elsewhere]).decision).toBe('pass');
});
