import { ns } from '../time/ns.ts';
import type { Cell } from './plan.ts';
import { formatDuration } from './quantity.ts';

/**
 * What a request must keep to count as good, `< 100ms`: the tightest of a cell's bounds on the response. Null: it need only
 * be answered. Goodput by one bound is no figure to hold against goodput by another.
 */
export function goodLimit({ objectives }: Pick<Cell, 'objectives'>): string | null {
  const bounds = objectives.filter(
    ({ indicator }) => indicator.kind === 'max' || (indicator.kind === 'latency' && indicator.metric === 'response'),
  );
  const [tightest] = bounds.toSorted((a, b) => a.limit - b.limit || a.comparison.length - b.comparison.length);
  return tightest === undefined ? null : `${tightest.comparison} ${formatDuration(ns(tightest.limit))}`;
}
