import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import type { PlanContext } from '../../../src/campaign/plan-context.ts';
import { tracesOf } from '../../../src/campaign/trace-plan.ts';
import { arrivalLines } from '../../../src/scenarios/digest.ts';
import { fleetArrivals } from '../../../src/scenarios/schedule.ts';
import { campaignOf, planContext } from '../../support/campaigns.ts';
import { traceFile } from '../../support/traces.ts';

const campaign = (more = '', trace = '{ file: ./a.csv }') =>
  campaignOf(
    `name: p\ntargets: { x: { null: {} }, y: { null: {} } }\nscenarios: { s: { trace: ${trace} } }\nseed: 5\n${more}`,
  );

function planned(text: string, of = campaign(), change: Partial<PlanContext> = {}) {
  const staged = { ok: true, value: { path: '/c/a.csv', sha256: 'cd'.repeat(32), bytes: text.length } } as const;
  const context = planContext(of, { traces: new Map([['a.csv', staged]]), openFile: traceFile(text), ...change });
  const result = buildPlan(of, context);
  return result.ok ? result.plan : result.mistakes.map(({ path, line, message }) => `${line} ${path}: ${message}`);
}

function planOf(text: string, of = campaign()) {
  const plan = planned(text, of);
  if (!('cells' in plan)) throw new Error(plan.join('\n'));
  return plan;
}

const EVERY_5_MS = Array.from({ length: 400 }, (_, i) => `${(i * 5) / 1000}`).join('\n');

test('a plan holds of a trace its count, length and digest, and never its lines', () => {
  const plan = planOf(EVERY_5_MS, campaign('trials: 3'));
  const [cell] = plan.cells;
  expect(cell?.phases).toEqual([
    {
      name: 'trace',
      purpose: 'measure',
      startNs: 0,
      durationNs: 2e9,
      slots: 20,
      load: {
        kind: 'trace',
        path: '/c/a.csv',
        sha256: 'cd'.repeat(32),
        scale: 1,
        target: null,
        count: 400,
        highest: 200,
      },
    },
  ]);
  expect(plan.files).toContainEqual({ path: '/c/a.csv', sha256: 'cd'.repeat(32), bytes: EVERY_5_MS.length });
  const hash = createHash('sha256');
  const phases = cell?.phases ?? [];
  const context = { seed: '5', scenario: 's', trial: 1 };
  for (const line of arrivalLines(fleetArrivals(phases, context, traceFile(EVERY_5_MS)), phases)) hash.update(line);
  const scheduleDigest = `sha256:${hash.digest('hex')}`;
  expect(cell?.trials).toEqual([1, 2, 3].map((index) => ({ index, scheduled: 400, scheduleDigest })));
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
});

test('a scale makes it faster, and its default objectives are those that its rate can meet', () => {
  const slow = 'scenario s: throughput >= 100/s is left out: it offers 50/s';
  expect(planOf(EVERY_5_MS, campaign('', '{ file: a.csv, scale: 0.25 }')).notes).toContain(slow);
  const fast = planOf(EVERY_5_MS);
  expect(fast.cells[0]?.objectives.map(({ text }) => text)).toContain('throughput >= 100/s');
  const written = campaign('objectives: [throughput >= 300/s]');
  expect(planned(EVERY_5_MS, written)).toEqual([
    '3 scenarios.s: found an offer of 200/s, so objectives[0] (throughput >= 300/s) can never hold; expected a higher rate or a lower bound',
  ]);
});

test('a target takes the lines that name it, where any line names one', () => {
  const text = 'at,target\n0,x\n0.5,y\n0.7,\n1.5,x\n';
  const [x, y] = planOf(text).cells;
  expect([x, y].map((cell) => cell?.trials[0]?.scheduled)).toEqual([2, 1]);
  expect([x, y].map((cell) => cell?.phases[0]?.durationNs)).toEqual([2e9, 1e9]);
  expect(x?.trials[0]?.scheduleDigest).not.toBe(y?.trials[0]?.scheduleDigest);
  expect(planned('at,target\n0,x\n0.5,z\n')).toEqual([
    '3 scenarios.s.trace.file: found targets in its lines and none is y, expected lines of it, or cells: { except: [y/…] }',
  ]);
  expect(planOf('at,target\n0,x\n', campaign('cells: { except: [y/s] }')).cells).toHaveLength(1);
});

test('a trace that cannot be replayed is told at its place with its line', () => {
  expect(planned('0\n2\n1\n')).toEqual([
    '3 scenarios.s.trace.file: line 3: found 1 s after 2 s, expected instants in ascending order',
  ]);
  expect(planned('at\n')).toEqual(['3 scenarios.s.trace.file: found no arrival, expected at least one line of them']);
  const gone = { ok: false, problem: 'found /c/a.csv, which cannot be read: there is no such file' } as const;
  expect(planned('', campaign(), { traces: new Map([['a.csv', gone]]) })).toEqual([
    '3 scenarios.s.trace.file: found /c/a.csv, which cannot be read: there is no such file',
  ]);
});

test('a trace keeps below the guard in each of its seconds', () => {
  const guarded = campaign('guard: { rate: 150/s }');
  expect(planned(EVERY_5_MS, guarded)).toEqual([
    '3 scenarios.s.trace: found up to 200/s, expected at most guard.rate, 150/s (--allow-rate lifts it)',
  ]);
  expect(planned(EVERY_5_MS, guarded, { guard: 'lifted' })).toHaveProperty('cells');
});

test('every trace is asked for once, by its path without detours', () => {
  const two = campaignOf(`name: p
targets: { x: { null: {} } }
scenarios: { a: { trace: { file: ./t/a.csv } }, b: { trace: { file: t/a.csv, scale: 2 } }, c: { trace: { file: c } } }
cells: { except: [x/c] }`);
  expect(tracesOf(two, 'inside')).toEqual(['t/a.csv']);
});
