import { expect, test } from 'vitest';
import { placesOfAgent } from '../../../src/campaign/places.ts';
import type { Cell } from '../../../src/campaign/plan.ts';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import { planText } from '../../../src/campaign/plan-text.ts';
import { campaignOf, planContext } from '../../support/campaigns.ts';

function planned(target: string, more = ''): { readonly cells: readonly Cell[]; readonly text: string } {
  const campaign = campaignOf(
    `name: n\ntargets: { t: { serve: ${target} } }\nscenarios: { s: { load: { rate: 200/s, for: 9s } } }\n${more}`,
  );
  const plan = buildPlan(campaign, planContext(campaign));
  if (!plan.ok) throw new Error(plan.mistakes.map(({ message }) => message).join('\n'));
  return { cells: plan.plan.cells, text: planText(plan.plan) };
}

test('a served model is an endpoint like any other that the trial brings along', () => {
  const { cells, text } = planned(
    '{ model: tiny-mlp, batching: { max: 8, delay: 2ms, preferred: [8, 4] }, sessions: 2 }',
  );
  const [cell] = cells;
  expect(cell?.spec).toMatchObject({
    kind: 'http',
    connections: 16,
    streams: 1,
    call: { kind: 'oip', form: 'binary', model: 'model', batch: 1 },
    served: {
      model: { kind: 'reference', name: 'tiny-mlp' },
      providers: ['cpu'],
      sessions: 2,
      batching: { max: 8, delayNs: 2e6, preferred: [4, 8] },
    },
  });
  expect(cell === undefined ? 0 : placesOfAgent(cell.spec, 1)).toBe(16);
  expect(text).toContain(
    'serve: tiny-mlp over HTTP, binary tensors, 2 sessions of 1 thread, batch 1, batches up to 8 within 2ms, 16 connections',
  );
});

test('protocol and options may vary', () => {
  const { cells } = planned(
    '{ model: tiny-mlp, protocol: grpc }',
    'vary: { serve.protocol: [oip-json, grpc], serve.sessions: [1, 3] }',
  );
  const told = cells.map(({ spec }) =>
    'served' in spec ? [spec.kind, spec.served?.sessions, spec.served?.batching] : null,
  );
  expect(told).toEqual([
    ['http', 1, null],
    ['http', 3, null],
    ['grpc', 1, null],
    ['grpc', 3, null],
  ]);
});
