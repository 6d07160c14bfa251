import { expect, test } from 'vitest';
import { K6Merge } from '../../../src/coordinator/k6-merge.ts';
import { IntervalSchema, PartSumsSchema } from '../../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { create } from '../../../src/wire/protobuf.ts';

const counted = (names: readonly string[]) =>
  create(IntervalSchema, {
    parts: names.map((name) =>
      create(PartSumsSchema, {
        ...{ scenario: 'main', group: '', name, metric: 'http_reqs', type: 'counter', time: false },
        ...{ count: 1n, nonzero: 1n, sum: 1, min: 1, max: 1 },
      }),
    ),
  });

test('parts beyond the bound of a fleet count under one name, so that nothing is lost of their metric', () => {
  const merge = new K6Merge();
  const names = Array.from({ length: 3000 }, (_, i) => `/item/${i}`);
  merge.add(counted(names));
  merge.add(counted(names));
  const parts = merge.evidence()?.parts ?? [];
  expect(parts.reduce((sum, { count }) => sum + count, 0)).toBe(6000);
  expect(parts.find(({ name }) => name === '(others)')).toMatchObject({ count: 2000, sum: 2000 });
  expect(parts.find(({ name }) => name === '/item/7')).toMatchObject({ count: 2 });
});
