import { placesOfAgent } from '../../campaign/places.ts';
import type { Phase } from '../../scenarios/phase.ts';
import type { SecondEvidence } from '../evidence.ts';
import { counted } from '../wording.ts';
import { measuredSeconds } from './host.ts';
import { type Examined, type Flaw, flaw } from './rule.ts';

const LEAST_SECONDS = 4;
/** Arrivals that the backlog must have taken up, as a share of those offered meanwhile. */
const LEAST_GROWTH = 0.02;

/** A backlog that grows to the end of the last measure phase: the target cannot keep up. Never makes a trial invalid. */
export function overloaded(trial: Examined): readonly Flaw[] {
  const { cell, view, where } = trial;
  const last = view.phases.at(-1);
  if (last === undefined || !isScheduled(last.phase)) return [];
  const rows = measuredSeconds({ ...view, phases: [last] });
  const places = cell.agents * placesOfAgent(cell.spec, cell.workers);
  const end = rows.at(-1)?.inFlight ?? 0;
  if (rows.length < LEAST_SECONDS || end <= 2 * places || !grows(rows)) return [];
  const message = `The backlog grew to the end of ${last.phase.name}: ${counted(end, 'request')} in flight for ${counted(places, 'place')}.`;
  const hint = 'The target is past its capacity: its response times depend on how long the phase is.';
  return [flaw('caution', 'overloaded', where, message, hint)];
}

/** Arrivals come whatever the target does. */
const isScheduled = ({ load }: Phase): boolean => load.kind === 'open' || load.kind === 'trace';

/** The mean in flight rises from each third to the next, by at least 2 % of what was offered between their middles. */
function grows(rows: readonly SecondEvidence[]): boolean {
  const third = Math.floor(rows.length / 3);
  const parts = [0, 1, 2].map((part) => rows.slice(rows.length - (3 - part) * third).slice(0, third));
  const [first = 0, second = 0, last = 0] = parts.map((part) => sum(part, ({ inFlight }) => inFlight) / third);
  const offered = (sum(rows, (row) => row.offered) * 2 * third) / rows.length;
  return first < second && second < last && last - first >= LEAST_GROWTH * offered;
}

const sum = (rows: readonly SecondEvidence[], value: (row: SecondEvidence) => number): number =>
  rows.reduce((total, row) => total + value(row), 0);
