import type { Column, Distribution, TrialData } from '../chart-data.ts';

/** One curve: a name, and durations at percentiles of its own. */
export interface Curve {
  readonly name: string;
  readonly oneIn: readonly number[];
  readonly values: Column;
}

export type View = 'parts' | 'phases' | 'trials';

/** The curves that a view shows. `trial`: the chosen one of `all`. */
export function curvesOf(view: View, trial: TrialData, all: readonly TrialData[]): readonly Curve[] {
  const whole = ({ distributions }: TrialData): readonly Distribution[] => distributions.slice(0, 1);
  switch (view) {
    case 'parts':
      return whole(trial).flatMap(({ oneIn, response, service, wait }) => [
        { name: 'response', oneIn, values: response },
        { name: 'service', oneIn, values: service },
        { name: 'wait', oneIn, values: wait },
      ]);
    case 'phases':
      return trial.distributions.slice(1).map(({ name, oneIn, response }) => ({ name, oneIn, values: response }));
    case 'trials':
      return all.flatMap((one) =>
        whole(one).map(({ oneIn, response }) => ({ name: one.name, oneIn, values: response })),
      );
  }
}

const COLOURS = ['p50', 'p95', 'other', 'p99', 'failed', 'plan'];
const DASHES = [[], [9, 2], [3, 2]];
/** Of the curve with this index: colours come round, and then with another dash. */
export const lookOf = (index: number): { readonly colour: string; readonly dash: number[] } => ({
  colour: COLOURS[index % COLOURS.length] ?? 'p50',
  dash: DASHES[(index + Math.floor(index / COLOURS.length)) % DASHES.length] ?? [],
});
