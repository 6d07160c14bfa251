import { expect, test } from 'vitest';
import { expand, valuesOf } from '../../../src/campaign/expand.ts';
import { campaignOf, sentencesOf } from '../../support/campaigns.ts';

const MATRIX = `name: matrix
targets: { m: { onnx: { model: tiny-mlp, threads: 3 } }, n: { null: {} } }
scenarios: { a: { load: { rate: 200/s, for: 9s } }, b: { singleStream: { for: 9s } } }
`;
const ids = (more: string): string[] => expand(campaignOf(MATRIX + more)).map(({ id }) => id);

test('cells come by target, scenario and varied values, the last key fastest', () => {
  expect(ids('vary: { workers: [1, 2], agents: [1, 2] }').slice(0, 6)).toEqual([
    'm/a[workers=1,agents=1]',
    'm/a[workers=1,agents=2]',
    'm/a[workers=2,agents=1]',
    'm/a[workers=2,agents=2]',
    'm/b[workers=1,agents=1]',
    'm/b[workers=1,agents=2]',
  ]);
});

test('nothing in brackets stands where nothing varies', () => {
  expect(ids('')).toEqual(['m/a', 'm/b', 'n/a', 'n/b']);
});

test('a key without meaning for a target does not multiply its cells', () => {
  expect(ids('vary: { batch: [1, 8], onnx.threads: [1, 2] }')).toEqual([
    'm/a[batch=1,onnx.threads=1]',
    'm/a[batch=1,onnx.threads=2]',
    'm/a[batch=8,onnx.threads=1]',
    'm/a[batch=8,onnx.threads=2]',
    'm/b[batch=1,onnx.threads=1]',
    'm/b[batch=1,onnx.threads=2]',
    'm/b[batch=8,onnx.threads=1]',
    'm/b[batch=8,onnx.threads=2]',
    'n/a',
    'n/b',
  ]);
});

test('a list of combinations is taken as it stands', () => {
  expect(ids('vary: [{ batch: 1, workers: 2 }, { batch: 8, workers: 1 }]\ncells: { only: [m/a, n/a] }')).toEqual([
    'm/a[batch=1,workers=2]',
    'm/a[batch=8,workers=1]',
    'n/a[workers=2]',
    'n/a[workers=1]',
  ]);
});

test('cells are chosen by their id without brackets', () => {
  expect(ids('cells: { only: [n/b, m/a] }')).toEqual(['m/a', 'n/b']);
  expect(ids('cells: { except: [m/a] }\nvary: { workers: [1, 2] }')).toEqual([
    'm/b[workers=1]',
    'm/b[workers=2]',
    'n/a[workers=1]',
    'n/a[workers=2]',
    'n/b[workers=1]',
    'n/b[workers=2]',
  ]);
});

test('a cell knows its batch, workers, agents and the target with its values in place', () => {
  const [, cell] = expand(
    campaignOf(`${MATRIX}vary: { batch: [1, 8], threads: [2], agents: [5] }\nfleet: { workers: 7 }`),
  );
  expect(cell).toMatchObject({
    batch: 8,
    workers: 7,
    agents: 5,
    options: { options: { batch: 8, threads: 2, model: 'tiny-mlp' } },
  });
  expect(cell && valuesOf(cell)).toEqual({ batch: 8, workers: 7, threads: 2, agents: 5 });
});

test('a target with scenarios of its own has one cell', () => {
  const campaign = campaignOf(
    `${MATRIX.replace('n: { null: {} }', 's: { k6: { script: x.ts, options: own } }')}vary: { workers: [1, 2] }`,
  );
  expect(expand(campaign).map(({ id }) => id)).toEqual([
    'm/a[workers=1]',
    'm/a[workers=2]',
    'm/b[workers=1]',
    'm/b[workers=2]',
    's/own',
  ]);
});

test('values that fit one by one and not together are refused', () => {
  const text = `name: t\ntargets: { s: { sleep: { lognormal: { median: 1ms, p99: 9ms } } } }\nscenarios: { a: { load: { rate: 200/s, for: 9s } } }
vary: { sleep.lognormal.median: [1ms, 8ms], sleep.lognormal.p99: [5ms, 20ms] }`;
  expect(sentencesOf(text)).toEqual([
    expect.stringMatching(
      /^vary: found a P99 that is not above the median.+\(with sleep.lognormal.median=8ms, sleep.lognormal.p99=5ms\)$/,
    ),
  ]);
});

test('a matrix too large to be meant is refused', () => {
  const many = (count: number) => `[${Array.from({ length: count }, (_, i) => i + 1).join(', ')}]`;
  expect(sentencesOf(`${MATRIX}vary: { workers: ${many(40)}, agents: ${many(40)} }`)).toEqual([
    expect.stringContaining('vary: found more than 1000 combinations'),
  ]);
  expect(sentencesOf(`${MATRIX}vary: { workers: ${many(900)} }\ntrials: 10`)).toEqual([
    expect.stringContaining('vary: found 36000 trials (3600 cells, 10 of each)'),
  ]);
});
