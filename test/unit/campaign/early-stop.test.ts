import { expect, test } from 'vitest';
import { planText } from '../../../src/campaign/plan-text.ts';
import { fleetArrivals } from '../../../src/scenarios/schedule.ts';
import { planOf, sentencesOf } from '../../support/campaigns.ts';

const P95 = 'objectives: [response.p95 < 100ms]';
const planned = (scenario: string, more = `${P95}\nstop: early`) =>
  planOf(`name: n\ntargets: { t: { null: {} } }\nscenarios: { s: { ${scenario} } }\n${more}`);

test('a load of a constant rate is looked at half-way, by slots that both looks cut into blocks', () => {
  const { cells, notes } = planned('load: { rate: 120/s, for: 25s }');
  expect(notes).toEqual([]);
  expect(cells[0]?.stop).toBe('early');
  const measured = cells[0]?.phases.find(({ purpose }) => purpose === 'measure');
  expect(measured?.slots).toBe(160);
  const long = planned('soak: { rate: 10/s, for: 500s }').cells[0]?.phases.at(-1);
  expect(long?.slots).toBe(520);
  expect(planned('load: { rate: 120/s, for: 25s }', P95).cells[0]?.stop).toBeUndefined();
});

test('the plan holds how many arrivals a look waits for', () => {
  const plan = planned('load: { rate: 120/s, for: 25s }', `${P95}\nstop: early\ntrials: 2`);
  const [cell] = plan.cells;
  const measured = (cell?.phases ?? []).filter(({ purpose }) => purpose === 'measure');
  for (const trial of cell?.trials ?? []) {
    const walk = fleetArrivals(measured, { seed: plan.seed, scenario: 's', trial: trial.index });
    let before = 0;
    while (walk.next()) if (walk.atNs < 12.5e9) before++;
    expect(trial.beforeLook).toBe(before);
  }
});

test('the plan says when the looks are, and what they spend', () => {
  const text = planText(planned('load: { rate: 100/s, for: 20s }, arrivals: uniform'));
  expect(text).toContain(
    'looks       after 10s (1000 requests) and at the end, at 10 % and 90 % of the error; ends early once every objective is decided',
  );
});

test.each([
  ['ramp: { from: 10/s, to: 300/s, for: 60s }'],
  ['spike: { base: 50/s, peak: 400/s, rise: 1s, hold: 5s, fall: 1s, for: 20s }'],
  ['stress: { from: 100/s, to: 400/s, steps: 4, for: 40s }'],
  ['breakpoint: { from: 50/s, by: 50/s, every: 10s, until: 200/s }'],
  ['closed: { inFlight: 8, for: 30s }'],
  ['singleStream: { for: 30s }'],
  ['offline: { samples: 10000 }'],
  ['phases: [{ rate: 50/s, for: 10s }, { rate: 100/s, for: 10s }]'],
])('%s runs whole: a campaign hears it as a note, a scenario that asks for it is refused', (preset) => {
  const why = 'looks half-way belong to one phase of a constant rate on a schedule';
  const { cells, notes } = planned(preset, 'stop: early');
  expect(cells[0]?.stop).toBeUndefined();
  expect(notes).toContain(`scenario s: its trials run whole, whatever stop says: ${why}`);
  expect(() => planned(`${preset}, stop: early`, '')).toThrow(`scenarios.s.stop: found early, expected end: ${why}`);
});

test.each([
  ['response.max < 1s', 'response.max < 1s is about every request of the run'],
  ['{ indicator: errors, below: 5%, over: 5s }', 'is about every window of the run'],
  ['throughput >= 120/s', 'throughput >= 120/s needs every request that is offered'],
  ['response.p99.9 < 1s', 'response.p99.9 < 1s takes 9'],
])('an objective %s is told at the end alone, and the note says why', (objective, why) => {
  const { cells, notes } = planned('load: { rate: 120/s, for: 20s }', `objectives: [${objective}]\nstop: early`);
  expect(cells[0]?.stop).toBeUndefined();
  expect(cells[0]?.phases.at(-1)?.slots).toBe(20);
  expect(notes.join('\n')).toContain(why);
});

test('where nothing is to be decided nothing ends early', () => {
  const { cells, notes } = planned('load: { rate: 120/s, for: 20s }', 'objectives: []\nstop: early');
  expect(cells[0]?.stop).toBeUndefined();
  expect(notes).toEqual(['scenario s: its trials run whole, whatever stop says: no objective is there to be decided']);
});

test('a rate with room below what is offered is told half-way', () => {
  const { cells } = planned('load: { rate: 120/s, for: 20s }', 'stop: early');
  expect(cells[0]?.objectives.map(({ text }) => text)).toContain('throughput >= 100/s');
  expect(cells[0]?.stop).toBe('early');
});

test('a scenario has its own ending', () => {
  const own = planned('load: { rate: 120/s, for: 20s }, stop: end', `${P95}\nstop: early`);
  expect(own.cells[0]?.stop).toBeUndefined();
  expect(own.notes).toEqual([]);
  expect(planned('load: { rate: 120/s, for: 20s }, stop: early', P95).cells[0]?.stop).toBe('early');
  expect(
    sentencesOf(
      'name: n\ntargets: { t: { null: {} } }\nscenarios: { s: { load: { rate: 9/s, for: 9s } } }\nstop: soon',
    ),
  ).toHaveLength(1);
});
