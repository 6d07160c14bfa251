import type { Cell, Plan } from '../campaign/plan.ts';
import { isNetwork } from '../campaign/target-spec.ts';
import { endsWhenDone, type Phase } from '../scenarios/phase.ts';
import { type Ns, ns, seconds } from '../time/ns.ts';
import { type CalibrationSpec, calibrationKey } from '../wire/calibration.ts';
import { calibrationSpec } from './calibration-spec.ts';
import type { TrialPosition } from './progress-events.ts';
import { isSameTrial, type TrialRef } from './trial-ref.ts';

/** A trial as the life of the run sees it: who takes part, and how long it may take. */
export interface TrialOrder extends TrialRef {
  /** Places 0 to agents - 1 offer its load. */
  readonly agents: number;
  /** Places that serve its target; empty: each agent serves its own, or nobody. */
  readonly servers: readonly number[];
  /** Key of the fleet's instances: what these places are; null: anything. */
  readonly instance: string | null;
  /** Length of the warm-up, which lies before instant 0. */
  readonly warmupNs: Ns;
  /** End of the last phase on the trial's time line; null where the last completion decides (all at once, a least number of requests). */
  readonly endNs: Ns | null;
  readonly drainNs: Ns;
  /** How much longer agents may take than load and drain last: a k6 script may have to clean up. */
  readonly partingNs: Ns;
  /** Further attempts that the trial was given already because an attempt was invalid. */
  readonly retries: number;
  readonly load: LoadOrder;
  /** For eyes. */
  readonly position: TrialPosition;
}

/** Whether the plan says what a trial offers; else it is the next level of its cell's search, or hangs on the peak of another. */
export type LoadOrder =
  | { readonly kind: 'planned' }
  | { readonly kind: 'search' }
  | { readonly kind: 'of-peak'; readonly peak: number };

/** What is left of a plan for the life of a run. */
export interface FleetPlan {
  /** That offer load. */
  readonly places: number;
  /** Places that serve, behind those that offer load; null: none do. */
  readonly servers: { readonly count: number; readonly instance: string | null } | null;
  /** In the order in which they run. */
  readonly trials: readonly TrialOrder[];
  /** What must be known of every node: one per (driver, pacing, workers) that the plan uses. */
  readonly calibrations: readonly CalibrationSpec[];
  /** How long an agent may stay on its place; null: as long as the engine lets it. */
  readonly stayNs: Ns | null;
  /** How long the engine may look for places at the start of the run. */
  readonly queueNs: Ns;
  /** How long a lost place may stay empty before the trials that need it are given up. */
  readonly onLossWaitNs: Ns;
  /** Further attempts that a trial is given when it is invalid. */
  readonly retryInvalid: number;
  /** When the whole command must be over, on the run's time line, and how the user wrote it; null: no matter when. */
  readonly deadline: Deadline | null;
  readonly deadlines: Deadlines;
}

export interface Deadline {
  readonly atNs: Ns;
  readonly text: string;
  /** What is over then: the command, or else the stay of the coordinator on its place. */
  readonly of?: 'place';
}

/** Where a trial of the plan goes on: its next attempt, and how many further ones it was given. */
export interface Continuation extends TrialRef {
  readonly retries: number;
}

/** How long the coordinator waits for whom. */
export interface Deadlines {
  /** From being given a place by the engine to the registration of its agent. */
  readonly registrationNs: Ns;
  /** A calibration, its set-up included. */
  readonly calibrationNs: Ns;
  /** From PREPARE to the last READY: a model of gigabytes is loaded here. */
  readonly readyNs: Ns;
  /** From START to the last acknowledgement. */
  readonly armedNs: Ns;
  /** Least time between START and the first arrival. */
  readonly leadNs: Ns;
  /** A holder is suspect when it was silent this long, and lost when it was silent for twice the lease. */
  readonly suspectNs: Ns;
  readonly leaseNs: Ns;
  readonly heartbeatNs: Ns;
  /** A runner that reports no interval for this long while its trial runs is taken for dead. */
  readonly silenceNs: Ns;
  /** What a trial may take beyond its phases and its drain, and a stopped one beyond its drain. */
  readonly closingNs: Ns;
  /** From DRAIN to the last BYE. */
  readonly byeNs: Ns;
}

/** Where the agents dial in over loopback they register within 30 s and are led by 50 ms, elsewhere by 2 s. */
export const deadlinesFor = (reach: 'loopback' | 'network'): Deadlines => ({
  registrationNs: seconds(reach === 'loopback' ? 30 : 600),
  calibrationNs: seconds(60),
  readyNs: seconds(300),
  armedNs: seconds(5),
  leadNs: seconds(reach === 'loopback' ? 0.05 : 2),
  suspectNs: seconds(5),
  leaseNs: seconds(15),
  heartbeatNs: seconds(2),
  silenceNs: seconds(30),
  closingNs: seconds(10),
  byeNs: seconds(10),
});

/** `left`: what is still to be run of a run that is taken up again; null: everything, for the first time. */
export function fleetPlan(
  plan: Plan,
  deadlines: Deadlines,
  deadline: Deadline | null = null,
  left: readonly Continuation[] | null = null,
): FleetPlan {
  const orders = plan.order.flatMap((ref, at) => {
    const begun = left === null ? { ...ref, attempt: 1, retries: 0 } : left.find((other) => isSameTrial(other, ref));
    return begun === undefined ? [] : [orderOf(plan, begun, at)];
  });
  const servers = serversOf(plan, orders);
  const trials = servers === null ? orders : orders.map((order) => withServers(plan, order, orders, servers.count));
  const cells = [...new Set(trials.map(({ cell }) => cellAt(plan, cell)))];
  return {
    places: Math.max(0, ...trials.map(({ agents }) => agents)),
    servers,
    trials,
    calibrations: calibrationsOf(cells),
    stayNs: plan.fleet?.stayNs ?? null,
    queueNs: plan.fleet?.queueNs ?? DEFAULT_QUEUE,
    onLossWaitNs: plan.onLoss.waitNs,
    retryInvalid: plan.retryInvalid,
    deadline,
    deadlines,
  };
}

/** Null where no trial that is left needs them. */
function serversOf(plan: Plan, orders: readonly TrialOrder[]): FleetPlan['servers'] {
  const servers = plan.fleet?.servers;
  if (servers === undefined || !orders.some(({ cell }) => isServed(cellAt(plan, cell)))) return null;
  return { count: servers.agents, instance: servers.instance };
}

const isServed = ({ spec }: Cell): boolean => isNetwork(spec) && spec.served !== undefined;

function withServers(plan: Plan, order: TrialOrder, all: readonly TrialOrder[], count: number): TrialOrder {
  if (!isServed(cellAt(plan, order.cell))) return order;
  const first = placesOn({ trials: all }, order.instance);
  return { ...order, servers: Array.from({ length: count }, (_, i) => first + i) };
}

/** Of a plan that does not say. */
const DEFAULT_QUEUE = seconds(600);

/** Places that offer the load of the trials on one type of instance. */
export const placesOn = ({ trials }: Pick<FleetPlan, 'trials'>, instance: string | null): number =>
  Math.max(0, ...trials.filter((trial) => trial.instance === instance).map(({ agents }) => agents));

/** The cell at an index of the plan; throws when the plan has none there. */
export function cellAt(plan: Plan, index: number): Cell {
  const cell = plan.cells[index];
  if (cell === undefined)
    throw new Error(`plan: found a trial of cell ${index}, expected 0 to ${plan.cells.length - 1}`);
  return cell;
}

function orderOf(plan: Plan, ref: Continuation, at: number): TrialOrder {
  const cell = cellAt(plan, ref.cell);
  const { phases } = cell;
  const start = phases.reduce((first, phase) => Math.min(first, phase.startNs), 0);
  return {
    ...ref,
    agents: cell.agents,
    servers: [],
    instance: cell.instance ?? null,
    warmupNs: ns(start === 0 ? 0 : -start),
    endNs: phases.some(endsWhenDone) ? null : ns(Math.max(0, ...phases.map(endOf))),
    drainNs: cell.drainNs,
    partingNs: cell.spec.kind === 'k6' ? (cell.spec.partingNs ?? ns(0)) : ns(0),
    load: loadOrder(cell),
    position: {
      cellId: cell.id,
      index: at + 1,
      of: plan.order.length,
      trial: ref.trial,
      trials: cell.trials.length,
      attempt: ref.attempt,
    },
  };
}

function loadOrder({ open }: Cell): LoadOrder {
  if (open === undefined) return { kind: 'planned' };
  return open.kind === 'search' ? { kind: 'search' } : { kind: 'of-peak', peak: open.peak };
}

const endOf = (phase: Phase): number => phase.startNs + phase.durationNs;

function calibrationsOf(cells: readonly Cell[]): readonly CalibrationSpec[] {
  const specs = cells.map(calibrationSpec);
  return [...new Map(specs.map((spec) => [calibrationKey(spec), spec])).values()];
}
