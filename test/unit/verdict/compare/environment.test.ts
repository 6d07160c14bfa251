import { expect, test } from 'vitest';
import { environmentDifferences, unaccepted } from '../../../../src/verdict/compare/environment.ts';

const node = (more: object = {}) => ({
  id: 'n1',
  key: 'sha256:1',
  cpu: { model: 'A', physical: 4, available: 8 },
  memoryBytes: 16 * 2 ** 30 + 5_000_000,
  cgroup: { cpus: null },
  ...more,
});

test('equal nodes differ in nothing, whatever their digest and the last bytes of memory', () => {
  expect(environmentDifferences([node()], [node({ key: 'sha256:2', memoryBytes: 16 * 2 ** 30 })])).toEqual([]);
});

test('every fact that differs is named by its path, with both values', () => {
  expect(environmentDifferences([node()], [node({ id: 'n2', cgroup: { cpus: 2 } })])).toEqual([
    { path: 'id', baseline: ['n1'], candidate: ['n2'], weight: 'decides' },
    { path: 'cgroup.cpus', baseline: [null], candidate: [2], weight: 'decides' },
  ]);
});

test('the same nodes in another order are the same nodes', () => {
  const [a, b] = [node(), node({ id: 'n2' })];
  expect(environmentDifferences([a, b], [b, a])).toEqual([]);
});

test('a difference is accepted by its path or by the part that it lies in; what does not decide need not be', () => {
  const differences = environmentDifferences(
    [node()],
    [node({ cpu: { model: 'B', physical: null, available: 4 }, id: 'n2' })],
  );
  const left = (accepted: readonly string[]) => unaccepted(differences, accepted).map(({ path }) => path);
  expect(left([])).toEqual(['id', 'cpu.model', 'cpu.available']);
  expect(left(['id', 'cpu.model'])).toEqual(['cpu.available']);
  expect(left(['cpu', 'id'])).toEqual([]);
  expect(left(['cp', 'i'])).toHaveLength(3);
});
