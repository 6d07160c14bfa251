import { expect, test } from 'vitest';
import { type BenchFlags, benchCampaign } from '../../../src/cli/bench-campaign.ts';
import { campaignOf } from '../../support/campaigns.ts';

const model = { named: 'tiny-mlp', stem: 'tiny-mlp' };
const CPUS = 8;

function textOf(flags: Partial<BenchFlags>, of = model): string {
  const built = benchCampaign({ duration: '60', ...flags }, of, CPUS);
  if (!built.ok) throw new Error(built.problems.join('\n'));
  return built.text;
}

const campaign = (flags: Partial<BenchFlags>, of = model) => campaignOf(textOf(flags, of));

function problems(flags: Partial<BenchFlags>): readonly string[] {
  const built = benchCampaign({ duration: '60', ...flags }, model, CPUS);
  return built.ok ? [] : built.problems;
}

test('without flags it is a minute at the rate of the default objectives, which the campaign leaves to the language', () => {
  expect(textOf({})).toBe(
    `# Written by \`loadcell bench\`. \`loadcell run\` takes it as it is.
name: bench-tiny-mlp
targets:
  tiny-mlp:
    onnx:
      model: tiny-mlp
scenarios:
  load:
    load:
      rate: 100/s
      for: 1m
fleet:
  engine: local
  agents: 1
  workers: 1
`,
  );
  expect(campaign({}).objectives).toBeNull();
});

test('every flag finds its place', () => {
  const all = campaign({
    duration: '1h30m',
    rate: '6000/m',
    batch: '4',
    p95: '80ms',
    workers: '3',
    agents: '2',
    warmup: '2.5',
    environment: 'production',
    seed: '18446744073709551615',
  });
  expect(all).toMatchObject({
    environment: 'production',
    seed: '18446744073709551615',
    fleet: { agents: 2, workers: 3 },
    warmupNs: 2.5e9,
  });
  const [scenario] = all.scenarios;
  expect(scenario?.preset).toMatchObject({ kind: 'load', options: { rate: 100, for: 5400e9 } });
  expect(all.targets[0]?.target).toMatchObject({ kind: 'onnx', options: { batch: 4 } });
  expect(all.objectives?.objectives.map(({ text }) => text)).toEqual([
    'response.p95 < 80ms',
    'throughput >= 100/s',
    'errors < 5%',
  ]);
});

test('requests in flight make it a closed loop with a worker for each, at most one per CPU', () => {
  expect(campaign({ inFlight: '4' }).scenarios[0]?.preset).toMatchObject({ kind: 'closed', options: { inFlight: 4 } });
  const workers = (flags: Partial<BenchFlags>) => campaign(flags).fleet.workers;
  expect(workers({ inFlight: '4' })).toBe(4);
  expect(workers({ inFlight: '5', agents: '2' })).toBe(3);
  expect(workers({ inFlight: '100' })).toBe(CPUS);
  expect(workers({ inFlight: '4', workers: '1' })).toBe(1);
});

test('another P95 keeps the default throughput only where the offered rate can reach it', () => {
  const texts = (flags: Partial<BenchFlags>) =>
    campaign({ p95: '50ms', ...flags }).objectives?.objectives.map(({ text }) => text);
  expect(texts({ rate: '99/s' })).toEqual(['response.p95 < 50ms', 'errors < 5%']);
  expect(texts({ rate: '100/s' })).toContain('throughput >= 100/s');
  expect(texts({ inFlight: '1' })).toContain('throughput >= 100/s');
});

test.each([
  ['résumé v2 (final)', 'r-sum-v2-final-'],
  ['.hidden', 'hidden'],
  ['日本', 'model'],
  ['m'.repeat(80), 'm'.repeat(64)],
])('a model called %s becomes the target %s', (stem, target) => {
  const path = `models/${stem}.onnx`;
  const { targets, name } = campaign({}, { named: path, stem });
  expect(targets[0]?.name).toBe(target);
  expect(name.length).toBeLessThanOrEqual(64);
  expect(targets[0]?.target).toMatchObject({ options: { model: path } });
});

test.each<[Partial<BenchFlags>, string]>([
  [{ duration: 'soon' }, '--duration: found soon, expected a duration like 20s'],
  [{ duration: '0' }, '--duration: found 0s, expected a duration above zero'],
  [{ rate: '200' }, '--rate: found 200, expected a rate with its unit, for example 200/s'],
  [{ rate: '-1/s' }, '--rate: found -1/s, expected a rate that is not negative'],
  [{ inFlight: '0' }, '--in-flight: found 0, expected a whole number of at least 1, for example 8'],
  [{ batch: '1.5' }, '--batch: found 1.5, expected a whole number of at least 1'],
  [{ p95: '100' }, '--p95: found 100, expected a duration with its unit, for example 100s'],
  [{ workers: '1025' }, '--workers: found 1025, expected a whole number from 1 to 1024'],
  [{ agents: 'NaN' }, '--agents: found NaN, expected a whole number of at least 1'],
  [{ warmup: '-1s' }, '--warmup: found -1s, expected a duration that is not negative'],
  [{ seed: 'lucky' }, '--seed: found lucky, expected a whole number, for example 7'],
])('%j is refused by its flag', (flags, sentence) => {
  expect(problems(flags)).toEqual([expect.stringContaining(sentence)]);
});

test('all mistakes are told at once', () => {
  expect(problems({ rate: 'x', agents: '0', seed: '-1' }).map((line) => line.split(':')[0])).toEqual([
    '--rate',
    '--agents',
    '--seed',
  ]);
});
