import type { Phase } from '../scenarios/phase.ts';
import { isConstant, startingRate } from '../scenarios/profile.ts';
import { BLOCKS } from '../stats/blocks.ts';
import { confidenceAt, EARLY_LOOK } from '../stats/looks.ts';
import { NS_PER_S, type Ns, ns } from '../time/ns.ts';
import type { Campaign, CampaignScenario } from './campaign.ts';
import { requestsNeeded } from './feasibility.ts';
import type { Objective } from './objective.ts';
import type { Cell } from './plan.ts';

/** How the trials of a cell end. */
export type Ending =
  | { readonly kind: 'early' }
  /** `notes`: why, where `stop: early` was asked for. */
  | { readonly kind: 'whole'; readonly notes: readonly string[] }
  | { readonly kind: 'refused'; readonly message: string };

/**
 * Whether trials of a cell may end at a look half-way. A look decides shares by bounds: on one open measure phase of a
 * constant rate, of objectives that are such shares, and of enough requests. Asked for where it cannot be, it is refused
 * at a scenario that has no such phase; elsewhere trials run whole, are judged once, and a note says why.
 */
export function endingOf(
  { stop }: Pick<Campaign, 'stop'>,
  scenario: Pick<CampaignScenario, 'name' | 'stop'>,
  cell: Pick<Cell, 'phases' | 'judgedBy' | 'objectives' | 'open'>,
  batch: number,
): Ending {
  if ((scenario.stop ?? stop) === 'end') return { kind: 'whole', notes: [] };
  const phase = lookedAtPhase(cell);
  if (phase === null && scenario.stop === 'early')
    return { kind: 'refused', message: `found early, expected end: ${ONE_PHASE}` };
  const why = phase === null ? ONE_PHASE : whyUndecidable(cell.objectives, phase, batch);
  if (why === null) return { kind: 'early' };
  return { kind: 'whole', notes: [`scenario ${scenario.name}: its trials run whole, whatever stop says: ${why}`] };
}

const ONE_PHASE = 'looks half-way belong to one phase of a constant rate on a schedule';

/** A load that the run has to find out has no schedule to count on beforehand. */
function lookedAtPhase({ phases, judgedBy, open }: Pick<Cell, 'phases' | 'judgedBy' | 'open'>): Phase | null {
  if (open !== undefined) return null;
  const [phase, ...others] = phases.filter(({ purpose }) => purpose === 'measure');
  return phase !== undefined && others.length === 0 && judgedBy === 'together' && isSteadyLoad(phase) ? phase : null;
}

/** A clause; null: a look can decide all of them. */
function whyUndecidable(objectives: readonly Objective[], phase: Phase, batch: number): string | null {
  if (objectives.length === 0) return 'no objective is there to be decided';
  for (const objective of objectives) {
    const why = whyOpen(objective, phase, batch);
    if (why !== null) return `${objective.text} ${why}`;
  }
  return null;
}

/** `trials`: with the arrivals before the look. */
export const withLook = (cell: Cell, trials: Cell['trials']): Cell => ({
  ...cell,
  phases: cutForLooks(cell.phases),
  stop: 'early',
  trials,
});

/** The instant of the look half-way on a trial's time line. `measured`: its one measure phase. */
export const halfWayNs = ([phase]: readonly Phase[]): Ns =>
  ns(phase === undefined ? 0 : phase.startNs + phase.durationNs * EARLY_LOOK.part);

const isSteadyLoad = ({ load }: Phase): boolean => load.kind === 'open' && isConstant(load.profile);

function whyOpen(objective: Objective, phase: Phase, batch: number): string | null {
  const { indicator, overNs } = objective;
  if (overNs !== null) return 'is about every window of the run: none of them can be told before it is over';
  if (indicator.kind === 'max') return 'is about every request of the run: none of them can be told before it is over';
  const allowed = allowedShare(objective, phase, batch);
  if (allowed === null) return 'cannot be told half-way';
  if (allowed <= 0) return 'needs every request that is offered: it can be told at the end alone';
  const needed = requestsNeeded(shareObjective(objective, allowed));
  const half = phase.load.kind === 'open' ? Math.floor(phase.load.count * EARLY_LOOK.part) : 0;
  return needed !== null && needed <= half
    ? null
    : `takes ${needed ?? 'more'} requests with none over to pass half-way, where there are ${half}`;
}

/** Share of the scheduled requests that may miss an objective; null where it is no such share. */
export function allowedShare({ indicator, limit }: Objective, { load }: Phase, batch: number): number | null {
  if (load.kind !== 'open') return null;
  switch (indicator.kind) {
    case 'latency':
      return indicator.metric === 'betweenEvents' ? null : 1 - indicator.quantile;
    case 'errors':
      return limit;
    case 'throughput':
    case 'goodput':
      return 1 - limit / startingRate(load.profile);
    case 'samples':
      return 1 - limit / (batch * startingRate(load.profile));
    default:
      return null;
  }
}

const shareObjective = (objective: Objective, allowed: number): Objective => ({
  ...objective,
  indicator: { kind: 'errors' },
  limit: allowed,
  confidence: confidenceAt(objective.confidence, EARLY_LOOK),
});

/** Slots of a look's block at least: the part that ran until a stop is cut into blocks that differ by one slot. */
const SLOTS_PER_BLOCK = 4;

/** The same measure phases with slots so fine that both the part before the look and the whole are 20 equal blocks of them. */
const cutForLooks = (phases: readonly Phase[]): readonly Phase[] =>
  phases.map((phase) => {
    if (phase.purpose !== 'measure') return phase;
    const step = BLOCKS / EARLY_LOOK.part;
    return { ...phase, slots: step * Math.max(SLOTS_PER_BLOCK, Math.ceil(phase.durationNs / (step * NS_PER_S))) };
  });
