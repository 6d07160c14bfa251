import type { RunRequest } from '../../coordinator/supervision.ts';
import { insidePlaceOf } from '../../engines/place-of.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { Failure } from '../failure.ts';
import type { Progress } from '../progress.ts';
import type { SupervisedEnd } from '../supervise.ts';
import { leadInside } from './lead.ts';

/** Has a run carried out by a coordinator on a place of its own, as its plan says. Throws a {@link Failure} where it cannot be. */
export async function carryOutInside(request: RunRequest, progress: Progress): Promise<SupervisedEnd> {
  const { runId, plan } = request;
  const site = plan.fleet?.coordinator?.inside;
  const place = plan.fleet === undefined ? null : await insidePlaceOf(plan.fleet, process.env);
  if (site === undefined || place === null) throw refused('found no place for a coordinator inside, expected here');
  if (request.joinFolder !== undefined) {
    throw refused('found inside beside --join, whose folder nobody sees there; expected here');
  }
  if (request.metrics !== undefined) {
    throw refused('found inside beside --metrics, which would be an address of a node; expected here');
  }
  return await leadInside({ request, place, order: { runId, ...site }, progress, signals: process });
}

const refused = (found: string): Failure =>
  new Failure(EXIT_CODES['before-start'].code, `fleet.coordinator.place: ${found}`);
