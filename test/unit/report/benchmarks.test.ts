import { expect, test } from 'vitest';
import type { Cell } from '../../../src/campaign/plan.ts';
import { assembleBenchmarks, type RunRecord } from '../../../src/report/benchmarks.ts';
import type { TargetFacts } from '../../../src/targets/target.ts';
import { sampleCell, samplePlan } from '../../support/run-journal.ts';

const facts = (digest: string): TargetFacts => ({
  inputs: { digest },
  start: { sessionMs: 1, firstInferenceMs: 2 },
});

const record = (targets: RunRecord['targets']): RunRecord => ({
  id: 'id',
  startedAt: '2026-11-22T05:18:00.000Z',
  endedAt: '2026-11-22T05:19:00.000Z',
  state: 'complete',
  resumed: [],
  source: { commit: null, dirty: null, ci: null },
  planDigest: `sha256:${'ef'.repeat(32)}`,
  instrument: { calibration: [], clocks: [] },
  nodes: [],
  targets,
  evidence: [],
});

test('a target is told once, by the first cell in which it was opened', () => {
  const cell = (target: string): Cell => ({ ...sampleCell, target });
  const plan = { ...samplePlan, cells: [cell('a'), cell('a'), cell('a'), cell('b')] };
  const opened = new Map([
    [1, facts('first')],
    [2, facts('second')],
  ]);
  const { targets } = assembleBenchmarks(plan, record(opened), [], {
    kind: 'pass',
    reasons: [],
    cautions: [],
    exitCode: 0,
  });
  expect(targets).toEqual({ a: { kind: 'sleep', inputs: { digest: 'first' } }, b: { kind: 'sleep' } });
});

test('of a k6 target its script is told, by name and content', () => {
  const script = { name: 'my.ts', path: '/home/me/my.ts', sha256: 'ab'.repeat(32) };
  const spec = { kind: 'k6', script, vus: 1, env: {}, options: 'own', thresholds: {}, executors: 'closed' } as const;
  const plan = { ...samplePlan, cells: [{ ...sampleCell, target: 'mine', spec }] };
  const opened = new Map([[0, { start: { sessionMs: 1, firstInferenceMs: 0 } }]]);
  const verdict = { kind: 'pass', reasons: [], cautions: [], exitCode: 0 } as const;
  expect(assembleBenchmarks(plan, record(opened), [], verdict).targets).toEqual({
    mine: { kind: 'k6', script: { name: 'my.ts', sha256: script.sha256 } },
  });
});
