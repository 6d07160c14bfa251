import { expect, test } from 'vitest';
import { parseIndicator, parseObjective } from '../../../src/campaign/objective-text.ts';

const readText = (text: string) => {
  const reading = parseObjective(text);
  if (!reading.ok) throw new Error(reading.problem);
  return reading.value;
};
const problemOf = (text: string): string => {
  const reading = parseObjective(text);
  return reading.ok ? 'accepted' : reading.problem;
};

test('a latency objective holds metric, quantile and limit in nanoseconds', () => {
  expect(readText('response.p95 < 100ms')).toEqual({
    text: 'response.p95 < 100ms',
    indicator: { kind: 'latency', metric: 'response', quantile: 0.95 },
    comparison: '<',
    limit: 100e6,
    overNs: null,
    abort: false,
    confidence: 0.99,
  });
});

test.each([
  ['service.p50 <= 0.25s', { kind: 'latency', metric: 'service', quantile: 0.5 }, '<=', 250e6, 'service.p50 <= 250ms'],
  ['wait.p99.9<1s', { kind: 'latency', metric: 'wait', quantile: 0.999 }, '<', 1e9, 'wait.p99.9 < 1s'],
  ['response.p99.99 < 1s', { kind: 'latency', metric: 'response', quantile: 0.9999 }, '<', 1e9, 'response.p99.99 < 1s'],
  ['  response.max < 5s ', { kind: 'max' }, '<', 5e9, 'response.max < 5s'],
  ['throughput >= 6000/m', { kind: 'throughput' }, '>=', 100, 'throughput >= 100/s'],
  ['goodput > 90/s', { kind: 'goodput' }, '>', 90, 'goodput > 90/s'],
  ['samples >= 800/s', { kind: 'samples' }, '>=', 800, 'samples >= 800/s'],
  ['held >= 300/s', { kind: 'held' }, '>=', 300, 'held >= 300/s'],
  ['errors < 5%', { kind: 'errors' }, '<', 0.05, 'errors < 5%'],
  ['errors < 0.1%', { kind: 'errors' }, '<', 0.001, 'errors < 0.1%'],
])('%s is read', (text, indicator, comparison, limit, canonical) => {
  expect(readText(text)).toMatchObject({ indicator, comparison, limit, text: canonical });
});

test('an unknown indicator is answered with what it may have meant', () => {
  expect(problemOf('latency.p95 < 100ms')).toContain('did you mean response.p95?');
  expect(problemOf('respnse.p99 < 100ms')).toContain('did you mean response.p99?');
  expect(problemOf('qps >= 100/s')).toContain('did you mean throughput?');
  expect(problemOf('error < 5%')).toContain('did you mean errors?');
  expect(problemOf('response.maximum < 5s')).toContain('expected response.pNN, service.pNN');
  expect(problemOf('cheese < 5')).not.toContain('did you mean');
});

test.each([
  ['response.p95 < 100/s', 'found 100/s, expected a duration above zero for response.p95'],
  ['response.p95 < 100', 'found 100, expected a duration above zero for response.p95'],
  ['response.p95 < 0ms', 'found 0ms, expected a duration above zero'],
  ['throughput >= 100ms', 'found 100ms, expected a rate above zero for throughput'],
  ['throughput >= 100', 'for example throughput >= 100/s'],
  ['errors < 0.05', 'found 0.05, expected a share above 0% and below 100% for errors'],
  ['errors < 0%', 'found 0%, expected a share above 0%'],
  ['errors < 100%', 'found 100%, expected a share above 0% and below 100%'],
  ['errors <', 'found nothing, expected a share'],
])('the bound of %s does not fit', (text, problem) => {
  expect(problemOf(text)).toContain(problem);
});

test.each(['p0', 'p100', 'p101', 'p00.0'])('response.%s is out of range', (percentile) => {
  expect(problemOf(`response.${percentile} < 1s`)).toContain('expected a percentile above 0 and below 100');
});

test.each([
  ['errors 5%', 'for example errors < 5%'],
  ['throughput 100/s', 'for example throughput >= 100/s'],
  ['response.p99 = 1s', 'for example response.p99 < 100ms'],
  ['', 'for example response.p95 < 100ms'],
  ['fast', 'for example response.p95 < 100ms'],
])('%j holds no comparison', (text, example) => {
  expect(problemOf(text)).toContain('a comparison (<, <=, > or >=)');
  expect(problemOf(text)).toContain(example);
});

test('a bound lies on the side on which it is a demand', () => {
  expect(problemOf('response.p95 > 100ms')).toContain('found >, expected < or <= with response.p95');
  expect(problemOf('throughput < 100/s')).toContain('found <, expected > or >= with throughput');
  expect(problemOf('errors >= 5%')).toContain('expected < or <= with errors');
});

test('recovery needs the map form', () => {
  expect(problemOf('recovery < 5s')).toContain('{ indicator: recovery, to: 100ms, below: 5s }');
  expect(parseIndicator('recovery')).toEqual({ ok: true, value: { kind: 'recovery' } });
});
