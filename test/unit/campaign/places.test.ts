import { expect, test } from 'vitest';
import { placesNotes } from '../../../src/campaign/places.ts';
import { planOf } from '../../support/campaigns.ts';

const campaign = (inFlight: number, agents: number, workers: number): string => `name: p
targets: { a: { null: {} }, b: { null: {} } }
scenarios:
  c: { closed: { inFlight: ${inFlight}, for: 5s } }
  s: { singleStream: { for: 5s } }
  l: { load: { rate: 500/s, for: 5s } }
fleet: { agents: ${agents}, workers: ${workers} }
`;

const notes = (inFlight: number, agents: number, workers: number) =>
  placesNotes(planOf(campaign(inFlight, agents, workers)).cells);

test('a closed scenario that wants more in flight than the fleet has places is told so, once for all targets', () => {
  expect(notes(8, 2, 1)).toEqual([
    'scenario c: found inFlight 8, but agents: 2 with workers: 1 keep 2 in flight; workers: 4 would keep them all',
  ]);
  expect(planOf(campaign(8, 2, 1)).notes).toContain(notes(8, 2, 1)[0]);
});

test('what is dealt to an agent beyond its workers is not kept by another one', () => {
  expect(notes(5, 4, 1)[0]).toContain('keep 4 in flight');
  expect(notes(7, 3, 2)[0]).toContain('keep 6 in flight');
});

test('a fleet with places enough has nothing to be told', () => {
  expect(notes(8, 2, 4)).toEqual([]);
  expect(notes(3, 4, 1)).toEqual([]);
  expect(notes(1, 8, 1)).toEqual([]);
});
