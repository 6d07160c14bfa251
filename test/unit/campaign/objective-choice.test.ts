import { expect, test } from 'vitest';
import { expand } from '../../../src/campaign/expand.ts';
import { chooseObjectives, DEFAULT_OBJECTIVES } from '../../../src/campaign/objective-choice.ts';
import { campaignOf, sentencesOf } from '../../support/campaigns.ts';

const withScenario = (scenario: string, more = '', target = 'null: {}'): string =>
  `name: c\ntargets: { t: { ${target} } }\nscenarios: { s: { ${scenario} } }\n${more}`;

function chosen(text: string) {
  const campaign = campaignOf(text);
  const [cell] = expand(campaign);
  if (cell === undefined) throw new Error('no cell');
  const { objectives, notes } = chooseObjectives(campaign, cell);
  return { texts: objectives.map(({ text: objective }) => objective), notes };
}

test('objectives on events hold where answers stream, and are left out elsewhere with a note', () => {
  const objectives = 'objectives: [firstEvent.p95 < 200ms, betweenEvents.p99 < 50ms]';
  const scenario = 'load: { rate: 102/s, for: 10s }';
  expect(chosen(withScenario(scenario, objectives, 'http: { url: "http://h", stream: sse }'))).toEqual({
    texts: ['firstEvent.p95 < 200ms', 'betweenEvents.p99 < 50ms'],
    notes: [],
  });
  const { texts, notes } = chosen(withScenario(scenario, objectives, 'http: { url: "http://h" }'));
  expect(texts).toEqual([]);
  expect(notes[0]).toBe('t/s: firstEvent.p95 < 200ms is left out: only an http target with stream: sse has events');
});

test('events have no windows', () => {
  const text = withScenario(
    'load: { rate: 102/s, for: 10s }',
    'objectives: [{ indicator: firstEvent.p95, below: 50ms, over: 10s }]',
    'http: { url: "http://h", stream: sse }',
  );
  expect(sentencesOf(text).join()).toContain('only response, service, wait and errors are judged over a window');
});

test('without objectives three hold', () => {
  expect(DEFAULT_OBJECTIVES.map(({ text }) => text)).toEqual([
    'response.p95 < 100ms',
    'throughput >= 100/s',
    'errors < 5%',
  ]);
  expect(chosen(withScenario('load: { rate: 102/s, for: 10s }'))).toEqual({
    texts: ['response.p95 < 100ms', 'throughput >= 100/s', 'errors < 5%'],
    notes: [],
  });
});

test('a default throughput above the offered rate is left out with a note', () => {
  expect(chosen(withScenario('load: { rate: 99/s, for: 10s }'))).toEqual({
    texts: ['response.p95 < 100ms', 'errors < 5%'],
    notes: ['scenario s: throughput >= 100/s is left out: it offers 99/s'],
  });
  expect(chosen(withScenario('stress: { from: 60/s, to: 400/s, steps: 4, for: 40s }')).notes).toEqual([
    'scenario s: throughput >= 100/s is left out: it offers 60/s at its lowest level',
  ]);
});

test('the mean over all measure phases is what a spike or ramp offers', () => {
  expect(
    chosen(withScenario('spike: { base: 50/s, peak: 400/s, rise: 1s, hold: 5s, fall: 1s, for: 20s }')).texts,
  ).toContain('throughput >= 100/s');
  expect(chosen(withScenario('ramp: { from: 0/s, to: 199/s, for: 20s }')).texts).not.toContain('throughput >= 100/s');
  expect(chosen(withScenario('ramp: { from: 0/s, to: 200/s, for: 20s }')).texts).toContain('throughput >= 100/s');
});

test('closed scenarios keep their throughput: nobody knows yet what they offer', () => {
  expect(chosen(withScenario('singleStream: { for: 9s }')).texts).toContain('throughput >= 100/s');
});

test('windows are left out where there are none, and a phase too short for one is said', () => {
  const objectives = 'objectives: [{ indicator: response.p99, below: 1s, over: 10s, abort: true }]';
  const levels = 'breakpoint: { from: 10/s, by: 10/s, every: 10s, until: 40/s }';
  expect(chosen(withScenario(levels, objectives))).toEqual({
    texts: [],
    notes: [
      'scenario s: response.p99 < 1s over 10s is left out: a breakpoint scenario ends by itself at the first level that breaks',
    ],
  });
  expect(sentencesOf(withScenario(`${levels}, ${objectives}`))).toEqual([
    expect.stringContaining('expected an objective that a breakpoint scenario has'),
  ]);
  expect(chosen(withScenario('offline: { samples: 10 }', objectives)).texts).toEqual([]);
  expect(chosen(withScenario('load: { rate: 10/s, for: 29s }', objectives))).toEqual({
    texts: ['response.p99 < 1s over 10s'],
    notes: [
      'scenario s: response.p99 < 1s over 10s needs 30s of measurement before its first window is judged, it has 29s: only a hang will show',
    ],
  });
  expect(chosen(withScenario('load: { rate: 10/s, for: 30s }', objectives)).notes).toEqual([]);
});

test('offline is judged by throughput and errors, a breakpoint by what its levels hold', () => {
  expect(chosen(withScenario('offline: { samples: 10 }'))).toEqual({
    texts: ['throughput >= 100/s', 'errors < 5%'],
    notes: ['scenario s: response.p95 < 100ms is left out: offline is judged by throughput, samples and errors alone'],
  });
  expect(chosen(withScenario('breakpoint: { from: 50/s, by: 50/s, every: 5s, until: 200/s }')).texts).toEqual([
    'response.p95 < 100ms',
    'errors < 5%',
  ]);
});

test("the scenario's objectives go before the target's, and these before the campaign's", () => {
  const load = 'load: { rate: 200/s, for: 9s }';
  const campaign = 'objectives: [errors < 1%]';
  const target = 'null: {}, objectives: [errors < 2%]';
  expect(chosen(withScenario(`${load}, objectives: [errors < 3%]`, campaign, target)).texts).toEqual(['errors < 3%']);
  expect(chosen(withScenario(load, campaign, target)).texts).toEqual(['errors < 2%']);
  expect(chosen(withScenario(load, campaign)).texts).toEqual(['errors < 1%']);
  expect(chosen(withScenario(`${load}, objectives: []`, campaign)).texts).toEqual([]);
});

test.each([
  ['throughput >= 100/s', '99/s', true],
  ['throughput >= 100/s', '100/s', false],
  ['throughput > 100/s', '100/s', true],
  ['goodput >= 100/s', '99/s', true],
  ['samples >= 100/s', '99/s', true],
  ['errors < 1%', '1/s', false],
])('a written %s against %s offered: refused is %s', (objective, offered, refused) => {
  const text = withScenario(`load: { rate: ${offered}, for: 10s }`, `objectives: [${objective}]`);
  if (refused)
    expect(sentencesOf(text)).toEqual([
      expect.stringContaining(
        `scenarios.s: found an offer of ${offered}, so objectives[0] (${objective}) can never hold`,
      ),
    ]);
  else expect(chosen(text).texts).toEqual([objective]);
});

test('samples are counted with the batch', () => {
  const text = (batch: number) =>
    withScenario(
      'load: { rate: 100/s, for: 10s }',
      'objectives: [samples >= 400/s]',
      `onnx: { model: tiny-mlp, batch: ${batch} }`,
    );
  expect(chosen(text(4)).texts).toEqual(['samples >= 400/s']);
  expect(sentencesOf(text(3))).toEqual([expect.stringContaining('found an offer of 300/s (3 samples a request)')]);
});

test('an objective that can never hold names whose it is', () => {
  const low = 'load: { rate: 50/s, for: 10s }';
  expect(sentencesOf(withScenario(low, '', 'null: {}, objectives: [errors < 1%, throughput >= 60/s]'))[0]).toContain(
    'targets.t.objectives[1] (throughput >= 60/s)',
  );
  expect(sentencesOf(withScenario(`${low}, objectives: [throughput >= 60/s]`))[0]).toContain(
    'scenarios.s.objectives[0] (throughput >= 60/s)',
  );
});

test('little room above a throughput is worth a note', () => {
  const notes = (rate: string) =>
    chosen(withScenario(`load: { rate: ${rate}, for: 10s }`, 'objectives: [throughput >= 100/s]')).notes;
  expect(notes('101/s')).toEqual(['scenario s: throughput >= 100/s leaves little room, it offers 101/s']);
  expect(notes('102/s')).toEqual([]);
});

test('recovery and held say nothing outside their scenarios', () => {
  const recovery = '{ indicator: recovery, to: 100ms, below: 5s }';
  const load = 'load: { rate: 200/s, for: 9s }';
  expect(chosen(withScenario(load, `objectives: [held >= 9/s, ${recovery}, errors < 1%]`)).texts).toEqual([
    'errors < 1%',
  ]);
  expect(sentencesOf(withScenario(`${load}, objectives: [${recovery}]`))[0]).toContain(
    'scenarios.s.objectives[0]: found recovery to 100ms < 5s',
  );
  expect(sentencesOf(withScenario(`${load}, objectives: [held >= 9/s]`))[0]).toContain(
    'only a breakpoint scenario holds a level',
  );
  expect(
    chosen(
      withScenario(
        'spike: { base: 5/s, peak: 9/s, rise: 1s, hold: 1s, fall: 1s, for: 9s }',
        `objectives: [${recovery}]`,
      ),
    ).texts,
  ).toEqual(['recovery to 100ms < 5s']);
  const phases = 'phases: [{ name: peak, rate: 9/s, for: 9s }, { rate: 5/s, for: 9s }]';
  expect(chosen(withScenario(phases, `objectives: [${recovery}]`)).texts).toEqual(['recovery to 100ms < 5s']);
});
