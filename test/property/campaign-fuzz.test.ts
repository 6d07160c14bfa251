import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, formatRate, parseDuration, parseRate } from '../../src/campaign/quantity.ts';
import { stream } from '../../src/scenarios/rng.ts';
import { ns } from '../../src/time/ns.ts';
import { campaignFiles, parse } from '../support/campaigns.ts';

const corpus = [
  ...campaignFiles('campaigns'),
  ...campaignFiles('test/golden/campaigns/good'),
  ...campaignFiles('test/golden/campaigns/bad'),
].map(({ text }) => text);

/** Pieces that break texts at their seams. */
const SPICE = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ' ',
  '\n',
  '-',
  ',',
  '"',
  '&a ',
  '*a',
  '!x ',
  '%',
  '0',
  '-1',
  '1e999',
  '.nan',
  'null',
  '5s',
  '/s',
  '\0',
  '~',
  '<<: ',
  '{ env: HOME }',
  '__proto__',
  '70% of peak',
  'ü',
  '\t',
  '# ',
];

function mutated(seed: number): string {
  const rng = stream(String(seed), 'fuzz');
  const below = (limit: number): number => Math.floor(rng.next() * limit);
  let text = corpus[below(corpus.length)] ?? '';
  for (let edits = 1 + below(6); edits > 0; edits--) {
    const at = below(text.length);
    const length = below(12);
    const spice = SPICE[below(SPICE.length)] ?? '';
    const from = below(text.length);
    const insert = [spice, text.slice(from, from + below(40)), ''][below(3)] ?? '';
    text = text.slice(0, at) + insert + text.slice(at + (below(2) === 0 ? 0 : length));
  }
  return text;
}

test('1,000 mutated campaigns are accepted or refused in sentences with a place, and never crash', () => {
  let refused = 0;
  for (let seed = 1; seed <= 1000; seed++) {
    const text = mutated(seed);
    const parsed = parse(text, { environment: { HOME: '/root' } });
    if (parsed.ok) continue;
    refused++;
    expect(parsed.mistakes.length, text).toBeGreaterThan(0);
    const lines = text.split('\n').length;
    for (const { line, column, message, source } of parsed.mistakes) {
      expect(source, text).toBe('campaign.yaml');
      expect(line >= 1 && line <= lines && column >= 1, `${line}:${column} of ${lines}: ${message}\n${text}`).toBe(
        true,
      );
      expect(message, text).toMatch(/^found /);
      expect(message).not.toMatch(/undefined|\[object|Invalid input|NaNs/);
    }
  }
  expect(refused).toBeGreaterThan(150);
});

test('any value anywhere is answered, never thrown at', () => {
  const keys = [
    'name',
    'targets',
    'scenarios',
    'objectives',
    'cells',
    'vary',
    'fleet',
    'seed',
    'guard',
    'labels',
    'warmup',
    'only',
    'm',
    'onnx',
    'load',
    'rate',
    'for',
  ];
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('5s', '100/s', 'tiny-mlp', 'errors < 5%', '', 0, -1, 2, true, null),
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('value'), { maxLength: 3 }),
    map: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 4 }),
  })).value;
  fc.assert(
    fc.property(value, (data) => {
      const parsed = parse(JSON.stringify(data));
      return parsed.ok || parsed.mistakes.every(({ message, line }) => message.startsWith('found ') && line >= 1);
    }),
    { seed: 20260101, numRuns: 300 },
  );
});

test('what is written is read back: durations to the nanosecond, rates to nine decimals', () => {
  const run = { seed: 7, numRuns: 500 };
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2400 * 3600 * 1e9 }), (value) => {
      const back = parseDuration(formatDuration(ns(value)));
      return back.ok && back.value === value;
    }),
    run,
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), (millis) => {
      const back = parseRate(formatRate(millis / 1000));
      return back.ok && Math.abs(back.value - millis / 1000) < 1e-9;
    }),
    run,
  );
});
