import type { GateCell } from './gate-policy.ts';
import type { Cell } from './plan.ts';
import { streamsEvents } from './target-spec.ts';

/** What may be gated of a cell; of both sides of a pair, what each of them can tell. */
export function gateCell(cell: Cell, other: Cell = cell): GateCell {
  const both = [cell, other];
  return {
    id: cell.id,
    streams: both.every(({ spec }) => streamsEvents(spec)),
    isScheduled: !both.some(({ spec }) => spec.kind === 'k6' && spec.executors === 'closed'),
    requests: cell.trials[0]?.scheduled ?? null,
  };
}
