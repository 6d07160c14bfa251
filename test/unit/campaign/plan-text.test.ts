import { expect, test } from 'vitest';
import { planText } from '../../../src/campaign/plan-text.ts';
import { planOf } from '../../support/campaigns.ts';

test('the text of a plan says what would be done, and for how long', async () => {
  const plan = planOf(
    `name: text
description: every form of a cell
targets:
  model: { onnx: { model: tiny-mlp, batch: 8, require: cuda } }
  slow: { sleep: { stall: { at: 1s, for: 500ms, otherwise: 2ms } } }
scenarios:
  steps: { stress: { from: 60/s, to: 100/s, steps: 3, for: 9s }, objectives: [response.p99.9 < 1s] }
  burst: { spike: { base: 50/s, peak: 400/s, rise: 1s, hold: 5s, fall: 1s, for: 20s }, arrivals: uniform }
  busy: { closed: { inFlight: 8, think: 10ms, for: 30s }, judge: false, objectives: [] }
  heap: { offline: { samples: 100 } }
  limit: { breakpoint: { from: 50/s, by: 50/s, every: 10s, until: 100/s }, objectives: [held >= 50/s] }
cells: { except: [slow/steps, slow/heap, slow/limit, model/busy] }
fleet: { agents: 2, backlog: 100 }
trials: 2
seed: 3`,
    { settings: ['warmup=1s'] },
  );
  await expect(planText(plan)).toMatchFileSnapshot('../../golden/campaigns/plan.txt');
});

test('a plan of one trial and one cell speaks in the singular', () => {
  const text = planText(
    planOf(
      'name: one\ntargets: { n: { null: {} } }\nscenarios: { l: { load: { rate: 1/s, for: 1s } } }\nobjectives: []\nwarmup: 0s',
    ),
  );
  expect(text).toContain('one: 1 cell, 1 trial, seed 99');
  expect(text).toContain('1 agent x 1 worker, precise, never sheds');
  expect(text).toContain('load          1s  1 request, poisson, 1/s');
  expect(text).toContain('objectives  none: only validity is judged');
  expect(text).toContain('In all 1s and at most 10s of draining, 1 request;');
});
