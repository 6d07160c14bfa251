import { describe, expect, test } from 'vitest';
import { defaultGatePolicy } from '../../../src/campaign/gate-schema.ts';
import { gateAnnotations } from '../../../src/report/gate-annotations.ts';
import { gateJunit } from '../../../src/report/gate-junit.ts';
import { gateMarkdown } from '../../../src/report/gate-markdown.ts';
import { gateText } from '../../../src/report/gate-text.ts';
import { plain } from '../../../src/report/layout.ts';
import { type GateResult, gateResult } from '../../../src/verdict/gate/result.ts';
import { gateStep } from '../../../src/verdict/gate/step.ts';
import { storedGate } from '../../../src/verdict/gate/stored.ts';
import { drawnPairs, gatedMetric, invalidPairs, question } from '../../support/gate-pairs.ts';

const about = {
  manner: 'paired',
  event: 'nightly',
  baseline: 'main',
  candidate: 'change|<b>',
  runs: ['r1'],
  beside: [],
} as const;
function resultOf(
  pairs: Parameters<typeof gateStep>[1],
  more: Partial<typeof about> | { event: 'pr' } = {},
): GateResult {
  const asked = question({
    metrics: [gatedMetric('a'), gatedMetric('b', { metric: 'response.p99', cell: 'x"<&/load' })],
  });
  const step = gateStep(asked, pairs);
  if (step.kind === 'more') throw new Error('not decided');
  return gateResult(step.kind, step.findings, asked, { ...about, ...more });
}
const failing = resultOf(drawnPairs(8, { a: 1, b: 1.2 }, { spread: 0.01 }));
const invalid = resultOf(invalidPairs(8));
const noisy = resultOf(drawnPairs(8, { a: 1, b: 1 }, { spread: 0.3 }));

describe('JUnit', () => {
  test('a fail is a failure of its metric alone, and nothing in it breaks the XML', () => {
    const xml = gateJunit(failing);
    expect(xml).toContain('tests="2" failures="1" errors="0" skipped="0"');
    expect(xml).toContain('<testcase classname="target/load" name="response.p95"/>');
    expect(xml).toMatch(/classname="x&quot;&lt;&amp;\/load" name="response\.p99">\n +<failure message="b: worse by /);
  });

  test('invalid measurements are errors, inconclusive ones are skipped', () => {
    expect(gateJunit(invalid)).toContain('failures="0" errors="2" skipped="0"');
    expect(gateJunit(noisy)).toContain('failures="0" errors="0" skipped="2"');
  });

  test('a metric without enough nights is a case that was skipped, beside those that were told', () => {
    const nights = [4.61, 4.58, 4.66, 4.6, 4.57, 4.63, 4.62, 4.59];
    const { verdict, findings } = storedGate(
      defaultGatePolicy(),
      [],
      [
        { metric: gatedMetric('target/load response.p95'), nights, elsewhere: 0, tonight: 4.6 },
        {
          metric: gatedMetric('target/new response.p95', { cell: 'target/new' }),
          nights: [],
          elsewhere: 0,
          tonight: 4.6,
        },
      ],
    );
    const xml = gateJunit(gateResult(verdict, findings, question(), { ...about, manner: 'stored' }));
    expect(xml).toContain('tests="2" failures="0" errors="0" skipped="1"');
    expect(xml).toMatch(/name="target\/new response\.p95">\n +<skipped message="[^"]*found 0 earlier nights/);
  });
});

describe('Markdown', () => {
  test('says the verdict first, and holds no markup of the campaign', () => {
    const text = gateMarkdown(failing);
    expect(text.split('\n')[0]).toBe('## loadcell gate: fail - worse than the baseline');
    expect(text).toContain('change\\|\\<b\\>');
    expect(text).toMatch(/- \*\*fail\*\* b: worse by /);
  });

  test('fits one comment, however much there is to say', () => {
    const reason = { code: 'worse', where: 'a', message: 'x'.repeat(900), hint: '' } as const;
    const text = gateMarkdown({ ...failing, reasons: new Array(500).fill(reason) });
    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/- and \d+ more, in verdict\.json/);
  });
});

describe('annotations', () => {
  test('are errors where the gate blocks and warnings where it is tolerated', () => {
    expect(gateAnnotations(failing)[0]).toMatch(/^::error title=gate fail::b: worse by [\d.]+ %25 /);
    const tolerated = resultOf(drawnPairs(8, { a: 1, b: 1 }, { spread: 0.3 }), { event: 'pr' });
    expect(tolerated).toMatchObject({ verdict: 'inconclusive', exitCode: 0, tolerated: true });
    expect(gateAnnotations(tolerated)[0]).toMatch(/^::warning title=gate inconclusive::/);
  });

  test('stand on one line each', () => {
    const reason = { code: 'worse', where: 'a', message: 'one\ntwo', hint: '' } as const;
    expect(gateAnnotations({ ...failing, reasons: [reason] })[0]).toBe('::error title=gate fail::a: one%0Atwo');
  });
});

test('the terminal shows every metric with what it detects, and the exit code last', () => {
  const text = gateText(failing, plain);
  expect(text).toMatch(/metric +baseline +candidate .*detects +p \(Holm\) +finding/);
  expect(text.trimEnd().split('\n').at(-1)).toBe('gate     fail (exit 10)');
});
