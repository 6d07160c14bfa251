import { type Ns, ns, seconds, toSeconds } from '../time/ns.ts';
import type { FleetSpec } from './fleet-spec.ts';
import type { Cell, Plan } from './plan.ts';

/** Starting, calibrating, the last farewell, judging; and what nobody thought of. */
const MARGIN_NS = seconds(1800);
/** Of a trial: being made ready, its end. */
const AROUND_NS = seconds(60);

type Fleet = Pick<FleetSpec, 'queueNs' | 'stayNs'> & Pick<Plan, 'retryInvalid'>;

/**
 * How long a coordinator on a place of its own may stay where the campaign does not say: through the queue and the
 * walltime of every type of instance; where agents may stay for any time, through the queues and every trial of the plan,
 * each attempt of it that there may be. Trials of unknown length count with what is known of them. Whole minutes.
 */
export function usualStay({ queueNs, stayNs, retryInvalid }: Fleet, cells: readonly Cell[], order: Plan['order']): Ns {
  const types = new Set(cells.map(({ instance }) => instance)).size;
  const trials = order.reduce((sum, { cell }) => sum + lengthOf(cells[cell]), 0);
  const work = stayNs === null ? trials * (1 + retryInvalid) : stayNs * types;
  return wholeMinutes(queueNs * types + work + MARGIN_NS);
}

const lengthOf = (cell: Cell | undefined): number =>
  cell === undefined ? 0 : cell.phases.reduce((sum, { durationNs }) => sum + durationNs, 0) + cell.drainNs + AROUND_NS;

const wholeMinutes = (durationNs: number): Ns => seconds(60 * Math.ceil(toSeconds(ns(durationNs)) / 60));
