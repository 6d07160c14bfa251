import type { PerSecond, Phase } from '../scenarios/phase.ts';
import { phasesOf } from '../scenarios/presets.ts';
import type { ScenarioSpec } from '../scenarios/scenario-spec.ts';
import type { OfPeakLoad, OpenLoad, SearchLoad, Settled } from './open-load.ts';
import { placesOfAgent } from './places.ts';
import type { Cell } from './plan.ts';
import { withPeak } from './rate-of-peak.ts';
import { scenarioSpec } from './scenario-geometry.ts';

/** The phases of a trial whose load was open, now that it is known. Throws where the one does not answer the other. */
export function settledPhases(cell: Cell, open: OpenLoad, settled: Settled): readonly Phase[] {
  const spec = settledSpec(cell, open, settled);
  return phasesOf(spec, { warmupNs: open.warmupNs, places: cell.agents * placesOfAgent(cell.spec, cell.workers) });
}

function settledSpec({ id, values }: Pick<Cell, 'id' | 'values'>, open: OpenLoad, settled: Settled): ScenarioSpec {
  if (open.kind === 'search' && settled.kind === 'level') return levelSpec(open, settled.level.rate);
  if (open.kind === 'of-peak' && settled.kind === 'peak') {
    const spec = ofPeakSpec(open, settled.rate, typeof values.batch === 'number' ? values.batch : 1);
    if (spec !== null) return spec;
  }
  throw new Error(`${id}: found a ${settled.kind} for a load that is open otherwise (${open.kind})`);
}

export const levelSpec = (
  { law, everyNs }: Pick<SearchLoad, 'law' | 'everyNs'>,
  rate: PerSecond,
): ScenarioSpec & { readonly kind: 'level' } => ({ kind: 'level', law, rate, durationNs: everyNs });

/** Null where the scenario hangs on a file. */
export const ofPeakSpec = (
  { preset, law }: Pick<OfPeakLoad, 'preset' | 'law'>,
  peak: PerSecond,
  batch: number,
): ScenarioSpec | null => scenarioSpec({ preset: withPeak(preset, peak), law }, batch);
