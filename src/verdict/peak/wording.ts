import type { Ending } from '../../stats/peak/search.ts';
import { perSecond } from '../wording.ts';

type Without = Exclude<Ending, { readonly kind: 'found' }>;

/** Why a search found no peak to rely on, a clause for people; `limits`: texts of its limits, where they are at hand. */
export function whyNoPeak(ending: Without, limits: readonly string[] = []): string {
  const named = (limit: number | null, otherwise: string): string =>
    (limit === null ? undefined : limits[limit]) ?? otherwise;
  switch (ending.kind) {
    case 'below-from':
      return `the first level broke ${named(ending.limit, 'an objective')} already`;
    case 'above-until':
      return `no level broke, up to ${perSecond(ending.held)}`;
    case 'unbounded':
      return `how ${named(ending.limit, 'an objective')} is missed around ${perSecond(ending.value)} tells too little for an interval`;
    case 'no-crossing':
      return ending.limit === null
        ? 'around the estimate nothing is missed more often at a higher rate'
        : `around the estimate ${named(ending.limit, 'an objective')} is missed at every rate alike`;
    case 'not-confirmed':
      return `its lower bound, ${perSecond(ending.peak.low)}, did not hold when it was tried: ${named(ending.limit, 'a trial failed there')}${ending.limit === null ? '' : ' was missed'}`;
    case 'useless-level':
      return `the level at ${perSecond(ending.level.rate)} could not be used: ${ending.why}`;
  }
}

/** What would help. */
export function hintFor(ending: Without): string {
  switch (ending.kind) {
    case 'below-from':
      return 'Begin lower (`from`), or give the target more capacity.';
    case 'above-until':
      return 'The peak lies above `until`, which is a lower bound of it: raise `until`.';
    case 'unbounded':
    case 'no-crossing':
      return 'Make levels longer (`every`), and keep other work off the machine.';
    case 'not-confirmed':
      return 'Make levels longer (`every`): the target may slow down while it is searched, or the machine is not quiet.';
    case 'useless-level':
      return 'Mend what made the level useless, or write `retryInvalid`.';
  }
}
