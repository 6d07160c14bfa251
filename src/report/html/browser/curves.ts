import { type Column, DISTRIBUTED, type Distribution, type TrialData } from '../chart-data.ts';

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
      return whole(trial).flatMap(({ oneIn, ...told }) =>
        DISTRIBUTED.filter((name) => told[name].length > 0).map((name) => ({ name, oneIn, values: told[name] })),
      );
    case 'phases':
      return trial.distributions.slice(1).map((of) => ({ name: of.name, oneIn: of.oneIn, values: wholeOf(of) }));
    case 'trials':
      return all.flatMap((one) => whole(one).map((of) => ({ name: one.name, oneIn: of.oneIn, values: wholeOf(of) })));
  }
}

/** Of a request as a whole: service where no response is told. */
const wholeOf = ({ response, service }: Distribution): Column => (response.length > 0 ? response : service);

const COLOURS = ['p50', 'p95', 'other', 'p99', 'failed', 'plan'];
const DASHES = [[], [9, 2], [3, 2]];
/** Of the curve with this index: colours come round, and then with another dash. */
export const lookOf = (index: number): { readonly colour: string; readonly dash: number[] } => ({
  colour: COLOURS[index % COLOURS.length] ?? 'p50',
  dash: DASHES[(index + Math.floor(index / COLOURS.length)) % DASHES.length] ?? [],
});
