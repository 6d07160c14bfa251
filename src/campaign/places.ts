import { shareOf } from '../scenarios/share.ts';
import type { Cell } from './plan.ts';
import type { TargetSpec } from './target-spec.ts';

/** What one agent can have in service at a time: `connections` x `streams` requests, served by `workers` threads. */
export interface Capacity {
  readonly workers: number;
  readonly connections: number;
  readonly streams: number;
}

/** A target in process occupies its worker's thread: a place each. */
export const capacityOf = (_target: TargetSpec, workers: number): Capacity => ({
  workers,
  connections: workers,
  streams: 1,
});

/**
 * Closed scenarios that ask for more requests in flight than the fleet can have in service: a worker has one at a time,
 * and a closed phase queues nothing.
 */
export function placesNotes(cells: readonly Cell[]): readonly string[] {
  return [...new Set(cells.flatMap(cellNotes))];
}

function cellNotes(cell: Cell): string[] {
  const wanted = cell.phases.flatMap(({ purpose, load }) =>
    purpose === 'measure' && load.kind === 'closed' ? [load.inFlight] : [],
  );
  return wanted.flatMap((inFlight) => {
    const kept = keptInFlight(inFlight, cell);
    if (kept === inFlight) return [];
    return [
      `scenario ${cell.scenario}: found inFlight ${inFlight}, but agents: ${cell.agents} with workers: ${cell.workers} ` +
        `keep ${kept} in flight; workers: ${Math.ceil(inFlight / cell.agents)} would keep them all`,
    ];
  });
}

/** Over all agents, each of which has `i % agents` of them and no more than it has workers. */
export function keptInFlight(inFlight: number, { agents, workers }: Pick<Cell, 'agents' | 'workers'>): number {
  let kept = 0;
  for (let index = 0; index < agents; index++) kept += Math.min(workers, shareOf(inFlight, { index, of: agents }));
  return kept;
}
