import type { Cell } from './plan.ts';
import type { K6Spec } from './target-spec.ts';

/**
 * How a k6 script loads a cell by its own scenarios, which stand in no phase of the plan; null: the phases say it all. Cells
 * that differ in it meet unlike loads.
 */
export const ownScenarios = ({ spec }: Pick<Cell, 'spec'>): K6Spec['scenarios'] | null =>
  spec.kind === 'k6' ? (spec.scenarios ?? null) : null;
