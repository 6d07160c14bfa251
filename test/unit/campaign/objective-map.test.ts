import { expect, test } from 'vitest';
import { objectivesSchema } from '../../../src/campaign/objective-schema.ts';
import { campaignOf, sentencesOf } from '../../support/campaigns.ts';

const campaign = (objective: string): string =>
  `name: o\ntargets: { t: { null: {} } }\nscenarios: { s: { load: { rate: 200/s, for: 9s } } }\nobjectives: [${objective}]`;

test('a map says what the text form cannot', () => {
  const [windowed] =
    campaignOf(campaign('{ indicator: response.p99, below: 0.25s, over: 10s, abort: true, confidence: 0.95 }'))
      .objectives?.objectives ?? [];
  expect(windowed).toMatchObject({
    text: 'response.p99 < 250ms over 10s',
    comparison: '<',
    limit: 250e6,
    overNs: 10e9,
    abort: true,
    confidence: 0.95,
  });
});

test.each([
  ['{ indicator: errors, atMost: 5% }', 'errors <= 5%'],
  ['{ indicator: throughput, atLeast: 100/s }', 'throughput >= 100/s'],
  ['{ indicator: goodput, above: 100/s }', 'goodput > 100/s'],
  ['{ indicator: recovery, to: 100ms, below: 5s }', 'recovery to 100ms < 5s'],
])('%s is %s', (map, text) => {
  const parsed = campaignOf(campaign(map)).objectives?.objectives[0];
  expect(parsed?.text).toBe(text);
});

test.each([
  ['{ below: 5s }', 'objectives[0].indicator: found nothing, expected text'],
  ['{ indicator: response.p95 }', 'objectives[0]: found no bound, expected exactly one of below'],
  ['{ indicator: response.p95, below: 1s, atMost: 1s }', 'objectives[0]: found below and atMost, expected exactly one'],
  ['{ indicator: response.p95, below: 100/s }', 'objectives[0].below: found 100/s, expected a duration above zero'],
  ['{ indicator: response.p95, above: 100ms }', 'objectives[0].above: found >, expected < or <='],
  ['{ indicator: response.p950, below: 100ms }', 'objectives[0].indicator: found response.p950, expected a percentile'],
  ['{ indicator: recovery, below: 5s }', 'objectives[0].below: found recovery without to'],
  ['{ indicator: response.p95, below: 5s, to: 1s }', 'objectives[0].to: found 1s, expected no such key'],
  [
    '{ indicator: response.p95, below: 1s, over: 10ms }',
    'objectives[0].over: found 10ms, expected a window of at least 1s',
  ],
  [
    '{ indicator: response.p95, below: 1s, confidence: 99 }',
    'objectives[0].confidence: found 99, expected a number above 0.5',
  ],
  [
    '{ indicator: throughput, above: 10/s, over: 10s }',
    'objectives[0].over: found 10s of throughput, expected no such key: only response, service, wait and errors are judged over a window',
  ],
  [
    '{ indicator: errors, below: 5%, abort: true }',
    'objectives[0].abort: found abort without a window, expected one that is watched',
  ],
  [
    '{ indicator: response.p95, below: 1s, abort: perhaps }',
    'objectives[0].abort: found perhaps, expected true or false',
  ],
  ['7', 'objectives[0]: found 7, expected an objective'],
])('%s is refused', (map, sentence) => {
  expect(sentencesOf(campaign(map))).toEqual([expect.stringContaining(sentence)]);
});

test('objectives are a list', () => {
  expect(objectivesSchema.safeParse('errors < 5%').success).toBe(false);
  expect(objectivesSchema.safeParse([]).success).toBe(true);
});
