import { expect, test } from 'vitest';
import { planOf, sentencesOf } from '../../support/campaigns.ts';

const text = (fleet: string, target = '{ serve: { model: tiny-mlp } }'): string => `name: n
targets: { t: ${target} }
scenarios: { s: { load: { rate: 200/s, for: 9s } } }
instances: { gpu: { gpu: A100 }, cpu: { cpus: 4 } }
fleet: ${fleet}
`;

test('groups say what serves and what offers load; a cell counts those that offer load', () => {
  const { fleet, cells } = planOf(
    text('{ groups: { servers: { instance: gpu, agents: 2 }, load: { instance: cpu, agents: 4 } } }'),
  );
  expect(fleet?.servers).toEqual({ agents: 2, instance: 'gpu' });
  expect(Object.keys(fleet?.instances ?? {})).toEqual(['gpu', 'cpu']);
  expect(cells[0]).toMatchObject({ agents: 4, instance: 'cpu' });
  const { fleet: written } = planOf(text('{ groups: { servers: { instance: { cpus: 2 } }, load: {} } }'));
  expect(written?.servers).toEqual({ agents: 1, instance: 'servers' });
  expect(written?.instances.servers).toMatchObject({ cpus: 2 });
});

test('groups beside what they say anew, without anything to serve, or on an instance that nobody has are refused', () => {
  const groups = 'groups: { servers: {}, load: {} }';
  expect(sentencesOf(text(`{ agents: 3, ${groups} }`))).toEqual([
    'fleet.agents: found it beside groups, expected it in fleet.groups.load.agents',
  ]);
  expect(sentencesOf(text(`{ ${groups} }`, '{ null: {} }'))).toEqual([
    'fleet.groups: found groups, and no target of a cell that is served; expected a serve target, or fleet: { agents: 2 }',
  ]);
  expect(sentencesOf(text('{ groups: { servers: { instance: gpuu }, load: {} } }'))).toEqual([
    expect.stringMatching(/^fleet\.groups\.servers\.instance: .*did you mean gpu\?/),
  ]);
});
