import { expect, test } from 'vitest';
import { comparePeak } from '../../../../src/verdict/compare/compare-peak.ts';
import { foundPeak, peakCell, unconfirmedPeak } from '../../../support/peak-result.ts';

const faster = {
  ...foundPeak,
  rate: { value: 453.58, low: 445, high: 462, confidence: 0.95, method: 'fieller' },
} as const;

test('searches are compared by their peaks, with bounds, and not by what their levels took', () => {
  const compared = comparePeak(peakCell(foundPeak), peakCell(faster));
  expect(compared).toMatchObject({
    id: 'classifier/most',
    distribution: null,
    trials: { baseline: 12, candidate: 12 },
  });
  const [figure, ...others] = compared?.figures ?? [];
  expect(others).toEqual([]);
  expect(figure).toMatchObject({ metric: 'peak', unit: '/s', baseline: 412.3456, candidate: 453.58 });
  expect(figure?.shift?.share).toBeCloseTo(0.1, 3);
  expect(figure?.shift?.low ?? 1).toBeLessThan(0.1);
  expect(figure?.shift?.high ?? 0).toBeGreaterThan(0.1);
});

test('a peak that was not confirmed is none, and cells without a search are not compared so', () => {
  expect(comparePeak(peakCell(foundPeak), peakCell(unconfirmedPeak))?.figures).toMatchObject([
    { candidate: null, shift: null },
  ]);
  expect(comparePeak({ ...peakCell(foundPeak), peak: null }, peakCell(foundPeak))).toBeNull();
  expect(comparePeak(undefined, peakCell(foundPeak))).toBeNull();
});
