import { shareOf } from '../scenarios/share.ts';
import type { Cell } from './plan.ts';
import { isNetwork, type TargetSpec } from './target-spec.ts';

/** What one agent can have in service at a time: `connections` x `streams` requests, served by `workers` threads. */
export interface Capacity {
  readonly workers: number;
  readonly connections: number;
  readonly streams: number;
}

/** A target in process occupies its worker's thread: a place each. One thread serves many connections. */
export function capacityOf(target: TargetSpec, workers: number): Capacity {
  if (!isNetwork(target)) return { workers, connections: workers, streams: 1 };
  const { connections, streams } = target;
  return { workers: Math.min(workers, connections), connections, streams };
}

/** Requests that one agent can have in service. */
export function placesOfAgent(target: TargetSpec, workers: number): number {
  const { connections, streams } = capacityOf(target, workers);
  return connections * streams;
}

/**
 * Closed scenarios that ask for more requests in flight than the fleet can have in service: a place has one at a time, and a
 * closed phase queues nothing.
 */
export function placesNotes(cells: readonly Cell[]): readonly string[] {
  return [...new Set(cells.flatMap(cellNotes))];
}

function cellNotes(cell: Cell): string[] {
  // k6 brings its virtual users, whatever workers there are.
  if (cell.spec.kind === 'k6') return [];
  const wanted = cell.phases.flatMap(({ purpose, load }) =>
    purpose === 'measure' && load.kind === 'closed' ? [load.inFlight] : [],
  );
  const places = placesOfAgent(cell.spec, cell.workers);
  return wanted.flatMap((inFlight) => {
    const kept = keptInFlight(inFlight, { agents: cell.agents, places });
    if (kept === inFlight) return [];
    const [has, more] = isNetwork(cell.spec)
      ? [`${places} places`, `connections: ${Math.ceil(inFlight / cell.agents / cell.spec.streams)}`]
      : [`workers: ${cell.workers}`, `workers: ${Math.ceil(inFlight / cell.agents)}`];
    return [
      `scenario ${cell.scenario}: found inFlight ${inFlight}, but agents: ${cell.agents} with ${has} ` +
        `keep ${kept} in flight; ${more} would keep them all`,
    ];
  });
}

/** Over all agents, each of which has `i % agents` of them and no more than it has places. */
export function keptInFlight(
  inFlight: number,
  { agents, places }: { readonly agents: number; readonly places: number },
): number {
  let kept = 0;
  for (let index = 0; index < agents; index++) kept += Math.min(places, shareOf(inFlight, { index, of: agents }));
  return kept;
}
