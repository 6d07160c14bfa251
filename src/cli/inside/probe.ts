import type { Plan } from '../../campaign/plan.ts';
import type { Probe } from '../../engines/engine.ts';
import { engineOf, localEngine } from '../../engines/engine-of.ts';
import type { InsideOrder, InsidePlace } from '../../engines/inside-place.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { Failure } from '../failure.ts';
import { placedGroups, SOME_NODE } from '../placed-groups.ts';

/**
 * Throws a {@link Failure} where the coordinator or the agents of a plan cannot be placed: before anybody waits in a queue
 * to find that out. Exit 64, or 12 where the engine does not answer.
 */
export async function refuseUnplaceable(plan: Plan, place: InsidePlace, order: InsideOrder): Promise<void> {
  const engine = await engineOf(plan.fleet, process.env, localEngine(process.env));
  const groups = placedGroups(plan, SOME_NODE);
  const probes = [await place.probe(order), ...(await Promise.all(groups.map(({ group }) => engine.probe(group))))];
  const problems = probes.flatMap(problemsOf);
  if (problems.length === 0) return;
  const isSilent = problems.every(({ code }) => code === 'no-answer');
  const sentences = new Set(problems.map(({ message, hint }) => `${message}; ${hint}`));
  throw new Failure(EXIT_CODES[isSilent ? 'inconclusive' : 'before-start'].code, [...sentences]);
}

const problemsOf = (probe: Probe) => (probe.kind === 'feasible' ? [] : probe.problems);
