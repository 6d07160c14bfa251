import { expect, test } from 'vitest';
import { parseObjectivesFile } from '../../../src/campaign/objectives-file.ts';

const textsOf = (text: string) => {
  const parsed = parseObjectivesFile(text, 'slo.yaml');
  if (!parsed.ok) throw new Error(parsed.mistakes.map(({ message }) => message).join('\n'));
  const { from, all, targets, scenarios } = parsed.objectives;
  const named = (map: typeof targets) =>
    Object.fromEntries([...map].map(([name, list]) => [name, list.map((one) => one.text)]));
  return { from, all: all?.map((one) => one.text) ?? null, targets: named(targets), scenarios: named(scenarios) };
};

const mistakesOf = (text: string) => {
  const parsed = parseObjectivesFile(text, 'slo.yaml');
  return parsed.ok
    ? []
    : parsed.mistakes.map(({ line, column, path, message }) => `${line}:${column}: ${path}: ${message}`);
};

test('a list is of every cell', () => {
  expect(textsOf('- response.p95 < 50ms\n- { indicator: errors, below: 1% }\n')).toEqual({
    from: 'objectives',
    all: ['response.p95 < 50ms', 'errors < 1%'],
    targets: {},
    scenarios: {},
  });
});

test('a map says which are of which target and scenario, as a list or as in a campaign', () => {
  const text = `
objectives: [errors < 1%]
targets: { classifier: [response.p99 < 1s] }
scenarios:
  load: [response.p95 < 50ms]
  spike: { objectives: [] }
`;
  expect(textsOf(text)).toEqual({
    from: 'objectives',
    all: ['errors < 1%'],
    targets: { classifier: ['response.p99 < 1s'] },
    scenarios: { load: ['response.p95 < 50ms'], spike: [] },
  });
});

test('of a campaign file nothing but its objectives is read', () => {
  const text = `
name: smoke
targets:
  classifier: { onnx: { model: mobilenet-v2 }, slaTargets: [response.p95 < 80ms] }
  nothing: { null: {} }
scenarios:
  load: { load: { rate: 120/s, for: 20s } }
  spike: { spike: { base: 50/s, peak: 400/s }, objectives: [errors < 2%] }
slaTargets: [throughput >= 100/s]
seed: 7
`;
  expect(textsOf(text)).toEqual({
    from: 'campaign',
    all: ['throughput >= 100/s'],
    targets: { classifier: ['response.p95 < 80ms'] },
    scenarios: { spike: ['errors < 2%'] },
  });
});

test('every mistake has its place and says what would be right', () => {
  expect(mistakesOf('- response.p95 > 50ms\n- errors < 1%\n- latency < 3ms\n')).toEqual([
    expect.stringMatching(/^1:3: \[0\]: found >, expected < or <= with response\.p95/),
    expect.stringMatching(/^3:3: \[2\]: found the indicator latency, did you mean response\.p95\?/),
  ]);
  expect(mistakesOf('objectivs: [errors < 1%]\n')).toEqual([
    '1:1: objectivs: found the unknown key objectivs, did you mean objectives?',
  ]);
  expect(mistakesOf('scenarios:\n  load:\n    - errors < 0%\n')).toEqual([
    expect.stringMatching(/^3:7: scenarios\.load\[0\]: found 0%, expected a share above/),
  ]);
  expect(mistakesOf('name: smoke\nseed: 7\n')).toEqual([
    expect.stringContaining('found no objectives, expected a list of them'),
  ]);
  expect(mistakesOf('')).toEqual([expect.stringMatching(/expected/)]);
  expect(mistakesOf('7')).toEqual([expect.stringMatching(/^1:1: : found 7, expected a map/)]);
  expect(mistakesOf('- [a\n')).toHaveLength(1);
});
