import { networkName } from './cell-network.ts';
import { gateCell } from './gate-cell.ts';
import type { GateCell } from './gate-policy.ts';
import { ownScenarios } from './own-scenarios.ts';
import type { Cell, Plan } from './plan.ts';

export const SIDES = ['baseline', 'candidate'] as const;
export type Side = (typeof SIDES)[number];

/** The id that a campaign's cell has in a gate's plan: `candidate/sleeper/load`. */
export const sideId = (side: Side, cell: string): string => `${side}/${cell}`;

/** A discarded trial of every cell comes first: it finds caches cold and clocks low. */
export const DISCARDED = 1;

export type MergedPlan =
  | {
      readonly ok: true;
      readonly plan: Plan;
      /** Those that are gated. */
      readonly cells: readonly GateCell[];
      /** Judged cells that one side alone has. */
      readonly unmatched: readonly { readonly cell: string; readonly only: Side }[];
    }
  /** One sentence. */
  | { readonly ok: false; readonly problem: string };

/**
 * One plan of two campaigns that were planned with equal seeds and `pairs` + 1 trials: the cells that both have and that
 * the baseline judges, a discarded trial of each first, then pair by pair, baseline first in odd pairs and candidate first in
 * even ones (ABBA), so that a drift of the machine falls on both alike. Both sides of a pair meet the same schedule.
 * `digest`: of the campaign text that is kept with the run.
 */
export function mergedPlan(baseline: Plan, candidate: Plan, pairs: number, digest: string): MergedPlan {
  const both = baseline.cells.filter(({ id }) => has(candidate, id));
  if (both.length === 0) {
    const names = (plan: Plan): string => plan.cells.map(({ id }) => id).join(', ');
    return {
      ok: false,
      problem: `gate: found no cell that both campaigns have: the baseline has ${names(baseline)}, the candidate ${names(candidate)}`,
    };
  }
  const shared = both.filter(({ judge }) => judge).map(({ id }) => id);
  if (shared.length === 0)
    return {
      ok: false,
      problem: `gate: found ${both.map(({ id }) => id).join(', ')} outside the baseline's verdict (judge: false), expected a judged cell that both campaigns have`,
    };
  const open = shared
    .flatMap((id) => [cellIn(baseline, id), cellIn(candidate, id)])
    .find((cell) => ownWay(cell) !== null);
  if (open !== undefined)
    return {
      ok: false,
      problem: `gate: found ${open.id}, ${ownWay(open)}, expected a load that is the same on both sides: leave it out with \`cells\``,
    };
  const unlike = shared.flatMap((id) => differingLoad(cellIn(baseline, id), cellIn(candidate, id)) ?? []);
  if (unlike.length > 0) return { ok: false, problem: unlike.join('\n') };
  const [unlikeNetwork] = shared.flatMap((id) => {
    const own = (plan: Plan): string =>
      plan.cells
        .filter((cell) => cell.id === id)
        .map(networkName)
        .join('');
    const [mine, theirs] = [own(baseline), own(candidate)];
    return mine === theirs ? [] : [`${id} through ${theirs}, the baseline through ${mine}`];
  });
  if (unlikeNetwork !== undefined) {
    return { ok: false, problem: `gate: found ${unlikeNetwork}; expected the same \`via\` on both sides` };
  }
  const unlikeFleet = FLEET.filter((key) => asText(baseline.fleet?.[key]) !== asText(candidate.fleet?.[key]));
  if (unlikeFleet.length > 0) {
    const found = unlikeFleet.map((key) => `fleet.${key}`).join(', ');
    return { ok: false, problem: `gate: found ${found} unlike on both sides, expected the same: one fleet runs both` };
  }
  const cells = shared.flatMap((id) => [sided(baseline, 'baseline', id), sided(candidate, 'candidate', id)]);
  const plan: Plan = {
    ...candidate,
    campaign: { ...candidate.campaign, name: `gate-${candidate.campaign.name}`.slice(0, 64), digest },
    cells,
    order: order(shared.length, pairs),
    retryInvalid: Math.max(baseline.retryInvalid, candidate.retryInvalid),
    files: [...new Map([...baseline.files, ...candidate.files].map((file) => [file.path, file])).values()],
    notes: [...new Set([...baseline.notes, ...candidate.notes])],
  };
  return {
    ok: true,
    plan,
    cells: shared.map((id) => gateCell(cellIn(baseline, id), cellIn(candidate, id))),
    unmatched: [...onlyIn('baseline', baseline, candidate), ...onlyIn('candidate', candidate, baseline)],
  };
}

/** What says where agents run, and on what. */
const FLEET = ['engine', 'instances', 'servers', 'slurm', 'kubernetes'] as const;

const asText = (value: unknown): string | undefined => JSON.stringify(value);

const has = ({ cells }: Plan, id: string): boolean => cells.some((cell) => cell.id === id);

const onlyIn = (only: Side, here: Plan, there: Plan) =>
  here.cells.filter(({ id, judge }) => judge && !has(there, id)).map(({ id }) => ({ cell: id, only }));

/** The gate judges its pairs, of trials that all run whole, whatever would end them early; objectives are reported beside. */
function sided(plan: Plan, side: Side, id: string): Cell {
  const { stop: _atItsEnd, ...cell } = cellIn(plan, id);
  return {
    ...cell,
    id: sideId(side, id),
    target: sideId(side, cell.target),
    objectives: cell.objectives.map((objective) => ({ ...objective, abort: false })),
    judge: false,
  };
}

function cellIn(plan: Plan, id: string): Cell {
  const cell = plan.cells.find((one) => one.id === id);
  if (cell === undefined) throw new Error(`${id}: not in the plan of ${plan.campaign.name}`);
  return cell;
}

/** Why a cell's load depends on what it finds, a clause for people, so that no two runs of it are alike; null: it does not. */
export function ownWay({ open, judgedBy }: Pick<Cell, 'open' | 'judgedBy'>): string | null {
  if (open !== undefined) return 'whose rate a run has to find out';
  return judgedBy === 'breakpoint' ? 'which ends at the level that breaks' : null;
}

/** What both sides of a pair have in common: the target and its places are what may differ. */
function loadOf(cell: Cell): Readonly<Record<string, unknown>> {
  return {
    'the load': cell.phases.map(({ slots: _forStatistics, ...phase }) => phase),
    "the script's scenarios": ownScenarios(cell),
    timeout: cell.timeoutNs,
    'fleet.agents': cell.agents,
    'fleet.pacing': cell.pacing,
    'fleet.backlog': cell.backlog,
  };
}

/** One sentence; null: both sides meet the same load. */
function differingLoad(baseline: Cell, candidate: Cell): string | null {
  const [a, b] = [loadOf(baseline), loadOf(candidate)];
  const differing = Object.keys(a).filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]));
  if (differing.length === 0) return null;
  return `gate: ${baseline.id}: found ${differing.join(', ')} unlike on both sides, expected the same: a shift would come from that`;
}

/** Cells lie in twos, baseline and candidate. Trial 1 is the discarded one, trial k + 1 that of pair k. */
function order(cells: number, pairs: number): Plan['order'] {
  return Array.from({ length: pairs + DISCARDED }, (_, round) =>
    Array.from({ length: cells }, (_, cell) => {
      const sides = round % 2 === 1 || round === 0 ? [0, 1] : [1, 0];
      return sides.map((side) => ({ cell: 2 * cell + side, trial: round + 1 }));
    }).flat(),
  ).flat();
}
