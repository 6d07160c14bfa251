import type { RunRecord } from '../report/benchmarks.ts';
import type { NotRun } from '../verdict/evidence.ts';
import type { Benchmarks } from '../verdict/result.ts';
import type { RunEvidence } from './evidence.ts';
import type { FileDigest } from './results-folder.ts';
import type { RunFacts } from './run-facts.ts';

/** What results say of a run beside its plan and its cells, from what its journal says. */
export function runRecord(facts: RunFacts, planDigest: string, evidence: readonly FileDigest[]): RunRecord {
  const agents = [...facts.agents].sort(([a], [b]) => a - b);
  const nameOf = (agent: number): string => facts.agents.get(agent)?.name ?? `agent-${agent}`;
  return {
    id: facts.runId,
    startedAt: facts.startedAt,
    endedAt: facts.endedAt,
    state: facts.state,
    resumed: facts.resumed,
    source: facts.source,
    planDigest,
    instrument: {
      calibration: calibrations(facts),
      clocks: [...facts.clocks].sort(([a], [b]) => a - b).map(([agent, clock]) => ({ agent: nameOf(agent), ...clock })),
    },
    nodes: facts.nodes.map(({ id, fingerprint }) => ({
      id,
      agents: agents.filter(([, { nodes }]) => nodes.includes(id)).map(([, { name }]) => name),
      fingerprint,
    })),
    targets: facts.targets,
    evidence,
  };
}

/** As in `calibration.json`. */
export const calibrations = ({ calibrations: all }: RunFacts): Benchmarks['instrument']['calibration'] =>
  all.map(({ node, ageS, result }) => ({ node, ageS, ...result }));

/** Trials of a cell that were given up before any attempt of them was begun. */
export const missedOf = ({ notRun }: RunFacts, own: RunEvidence['trials'], cell: number): NotRun[] =>
  notRun
    .filter(
      (missed) => missed.cell === cell && !own.some(({ trial, startedAt }) => trial === missed.trial && startedAt),
    )
    .map(({ trial, why, cause }) => ({ trial, why, cause }));
