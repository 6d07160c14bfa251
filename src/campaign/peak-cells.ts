import type { Campaign } from './campaign.ts';
import { expand, type MatrixCell } from './expand.ts';
import type { Finding } from './issue-sentence.ts';
import { hangsOnPeak } from './scenario-geometry.ts';

/** Indices of the peak cells of the same target under the same varied values. */
export const peaksFor = (cells: readonly MatrixCell[], { target, varied }: MatrixCell): readonly number[] =>
  cells.flatMap((other, index) =>
    other.scenario?.preset.kind === 'peak' &&
    other.target.name === target.name &&
    JSON.stringify(other.varied) === JSON.stringify(varied)
      ? [index]
      : [],
  );

/** Shares of a peak that nothing finds, or that two scenarios find, and what must be known before the peak is. */
export function peakProblems(campaign: Campaign): readonly Finding[] {
  const cells = expand(campaign);
  return cells.flatMap((cell) => {
    const { scenario, target } = cell;
    if (scenario === null || !hangsOnPeak(scenario.preset)) return [];
    const path = ['scenarios', scenario.name, scenario.preset.kind];
    const peaks = peaksFor(cells, cell).map((index) => cells[index]?.scenario?.name ?? '');
    if (peaks.length === 0)
      return [
        {
          path,
          message: `found a share of a peak that no scenario of ${target.name} finds, expected one beside it, for example { peak: { from: 10/s, until: 2000/s, every: 30s } }`,
        },
      ];
    if (peaks.length > 1)
      return [
        {
          path,
          message: `found a share of the peak of ${target.name}, which ${peaks.join(' and ')} each search, expected one peak scenario of a target: leave the others out with \`cells\``,
        },
      ];
    return asksForCount(scenario.preset)
      ? [
          {
            path,
            message:
              'found atLeast beside a share of the peak, expected the one or the other: how long it lasts must be known before the peak is',
          },
        ]
      : [];
  });
}

function asksForCount(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([key, one]) => (key === 'atLeast' && typeof one === 'number') || asksForCount(one),
  );
}
