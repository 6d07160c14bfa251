import { expect, test } from 'vitest';
import { cellOfPlace, grouped, kindOf } from '../../../src/report/reasons.ts';
import type { CellResult } from '../../../src/verdict/result.ts';
import type { Reason } from '../../../src/verdict/verdict.ts';
import { sampleBenchmarks } from '../../support/benchmarks.ts';

const reason = (where: string, message = 'It was late.'): Reason => ({
  code: 'lag-high',
  where,
  message,
  hint: 'Rest.',
});
const { cells } = sampleBenchmarks;

test('a place is in the cell whose name it begins with, and not in one whose name only begins the same', () => {
  expect(cellOfPlace('classifier/stress, level 2 (240/s)', cells)).toBe(1);
  expect(cellOfPlace('classifier/load', cells)).toBe(0);
  expect(cellOfPlace('classifier/loads', cells)).toBe(-1);
  expect(cellOfPlace('run', cells)).toBe(-1);
});

test('a reason keeps the verdict of its own cell in a run whose verdict is graver', () => {
  expect(kindOf(reason('classifier/stress, level 2'), 'invalid', cells)).toBe('inconclusive');
  expect(kindOf(reason('run'), 'invalid', cells as readonly CellResult[])).toBe('invalid');
});

test('reasons that say the same are told once, with all their places', () => {
  const groups = grouped([reason('a, agent 1'), reason('b'), reason('a, agent 2'), reason('b'), reason('c', 'Other.')]);
  expect(groups.map(({ places, reason: { message } }) => [message, places])).toEqual([
    ['It was late.', ['a, agent 1', 'b', 'a, agent 2']],
    ['Other.', ['c']],
  ]);
});
