import type { Settled } from '../campaign/open-load.ts';
import type { Cell, Plan } from '../campaign/plan.ts';
import { scheduleOf } from '../campaign/schedule-plan.ts';
import { plannedCounts } from '../scenarios/counts.ts';
import { k6PlannedCounts } from '../scenarios/k6/ticks.ts';
import { endsWhenDone } from '../scenarios/phase.ts';
import type { TargetFacts } from '../targets/target.ts';
import { NS_PER_MS, type Ns, ns } from '../time/ns.ts';
import type { AgentEvidence, SettledLoad, TrialEvidence } from '../verdict/evidence.ts';
import { latencyLimits } from '../verdict/limits.ts';
import { type ObservedSecond, observedSeconds } from '../verdict/observed/second.ts';
import type { StoredTelemetry } from '../wire/gen/loadcell/v1/telemetry_pb.ts';
import { decodeInterval } from '../wire/interval-codec.ts';
import { type AgentSums, entry } from './agent-merge.ts';
import { calibrationSpec } from './calibration-spec.ts';
import type { JournalEntry, RunEvent, TimedEvent } from './events.ts';
import { gpuFingerprint } from './gpu-fingerprint.ts';
import { ObservationFold } from './observation-fold.ts';
import { RunCells, type SettledEvent } from './run-cells.ts';
import { type Clock, calibrationOf, type Instrument, type RunFacts, RunLog } from './run-facts.ts';
import { sha256OfText } from './text-hash.ts';
import { TrialMerge } from './trial-merge.ts';
import { keyOf, type TrialRef } from './trial-ref.ts';
import { WarmupMeans } from './warmup-means.ts';

/** All that a journal holds, merged. */
export interface RunEvidence {
  readonly facts: RunFacts;
  /** Every attempt of every trial that was begun, in the order in which they ran. */
  readonly trials: readonly TrialEvidence[];
  /** Attempts that say nothing final: cut off with the run, or called off to be begun anew. */
  readonly unsettled: readonly TrialRef[];
  /** What loads came to that the plan left open, in order. */
  readonly settled: readonly SettledEvent[];
}

/**
 * Folds a run's journal into the evidence that is judged. Entries come in the journal's order, one at a time, and are
 * not kept; an interval that comes twice counts once.
 */
export class EvidenceFold {
  readonly #plan: Plan;
  readonly #log = new RunLog();
  readonly #trials = new Map<string, TrialFold>();
  readonly #clocks = new Map<number, Clock>();
  readonly #cells: RunCells;
  readonly #observed = new ObservationFold();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#cells = new RunCells(plan);
  }

  /** Throws when the entry does not fit the plan. */
  add(journalEntry: JournalEntry): void {
    if (journalEntry.kind === 'event') {
      this.#addEvent(journalEntry.timed);
    } else {
      const interval = decodeInterval(journalEntry.stored.interval);
      const trial = this.#trial(interval);
      if (trial.merge.add(interval)) trial.warmup.add(interval);
    }
  }

  /** What an agent observed beside the journal. Throws when it is no report. */
  observe(stored: StoredTelemetry): void {
    this.#observed.add(stored);
  }

  #addEvent(timed: TimedEvent): void {
    this.#log.add(timed);
    this.#cells.learn(timed.event);
    const { event } = timed;
    switch (event.kind) {
      case 'clock': {
        const { agent, offsetMs, boundMs, driftPpm } = event;
        this.#clocks.set(agent, { offsetMs, boundMs, driftPpm });
        return;
      }
      case 'agent-ready':
        this.#trial(event).ready.set(event.agent, event.facts);
        return;
      case 'server-told':
        this.#trial(event).server = { agent: event.agent, told: event.told };
        return;
      case 'trial-started':
        this.#trial(event).started = event;
        return;
      case 'trial-ended': {
        const trial = this.#trial(event);
        trial.ended = { stop: event.stop, wall: timed.wall, anew: event.anew === true };
        trial.clocks = new Map(this.#clocks);
        trial.instrument = this.#log.instrument();
        return;
      }
      case 'fault': {
        const { agent, code, message, during } = event;
        if (during !== null) this.#trial(during).faults.push({ agent, code, message });
        return;
      }
      default:
        return;
    }
  }

  /** Throws when the journal holds no run. */
  evidence(): RunEvidence {
    const facts = this.#log.facts();
    if (facts === null) throw new Error('journal: found no start of a run, expected it first');
    const trials = [...this.#trials.values()];
    return {
      facts: { ...facts, nodes: this.#nodesWithGpus(facts) },
      trials: trials.map((trial) => this.#trialEvidence(facts, trial)),
      unsettled: trials.filter((trial) => !isSettled(trial)).map(({ ref }) => ref),
      settled: this.#cells.events,
    };
  }

  /** Evidence of one attempt of a trial, and what was known of all others is let go. Throws when nothing is known of it. */
  take(ref: TrialRef): TrialEvidence {
    const fold = this.#trials.get(keyOf(ref));
    const facts = this.#log.facts();
    if (fold === undefined || facts === null) throw new Error(`journal: found nothing of trial ${keyOf(ref)}`);
    this.#trials.clear();
    const evidence = this.#trialEvidence(facts, fold);
    this.#observed.clear();
    return evidence;
  }

  /** Fingerprints, with what was seen of the GPUs of each node. */
  #nodesWithGpus({ nodes, agents }: RunFacts): RunFacts['nodes'] {
    const seen = new Map(
      this.#observed.inventories().map(([agent, inventory]) => [agents.get(agent)?.node, inventory]),
    );
    return nodes.map((node) => {
      const inventory = seen.get(node.id);
      if (inventory === undefined) return node;
      return { id: node.id, fingerprint: { ...node.fingerprint, gpu: gpuFingerprint(inventory) } };
    });
  }

  #trialEvidence(facts: RunFacts, fold: TrialFold): TrialEvidence {
    const evidence = trialEvidence(this.#plan, facts, fold);
    const observed = this.#observed.of(fold.ref);
    if (observed.length === 0) return evidence;
    const count = this.#plan.telemetry?.gpu?.count ?? null;
    const beginNs = evidence.seconds[0]?.atNs ?? 0;
    const rows = observedSeconds(observed, beginNs, evidence.seconds.length);
    const seconds = evidence.seconds.map((second, at) => ({ ...second, ...seen(rows[at]) }));
    return { ...evidence, seconds, observed, ...(count === null ? {} : { plannedGpus: count }) };
  }

  #trial({ cell, trial, attempt }: TrialRef): TrialFold {
    const key = keyOf({ cell, trial, attempt });
    const known = this.#trials.get(key);
    if (known !== undefined) return known;
    entry(this.#plan.cells, cell, 'cell');
    const of = this.#cells.of({ cell, trial });
    const fold: TrialFold = {
      ref: { cell, trial, attempt },
      cell: of,
      came: this.#cells.settled({ cell, trial }),
      merge: new TrialMerge(of, latencyLimits(of.objectives).length),
      warmup: new WarmupMeans(of.phases),
      ready: new Map(),
      faults: [],
      server: null,
      started: null,
      ended: null,
      clocks: this.#clocks,
      instrument: null,
    };
    this.#trials.set(key, fold);
    return fold;
  }
}

const seen = (observed: ObservedSecond | undefined) => (observed === undefined ? {} : { observed });

interface TrialFold {
  readonly ref: TrialRef;
  /** As this trial of it was run. */
  readonly cell: Cell;
  /** What its load came to; null: the plan says it. */
  readonly came: Settled | null;
  readonly merge: TrialMerge;
  readonly warmup: WarmupMeans;
  readonly ready: Map<number, TargetFacts>;
  readonly faults: TrialEvidence['faults'][number][];
  server: NonNullable<TrialEvidence['server']> | null;
  started: Extract<RunEvent, { kind: 'trial-started' }> | null;
  ended: { readonly stop: TrialEvidence['stop']; readonly wall: string; readonly anew: boolean } | null;
  /** As known when the trial ended. */
  clocks: ReadonlyMap<number, Clock>;
  /** Likewise; null: it has not ended. */
  instrument: Instrument | null;
}

function trialEvidence(plan: Plan, facts: RunFacts, fold: TrialFold): TrialEvidence {
  const stop = stopOf(fold);
  const sums = fold.merge.sums(lastWanted(fold.cell, stop));
  return {
    ...fold.ref,
    ...(fold.came === null ? {} : { settled: settledLoad(plan, fold.cell, fold.ref, fold.came) }),
    startedAt: fold.started?.zeroWall ?? null,
    endedAt: fold.started === null ? null : (fold.ended?.wall ?? facts.endedAt),
    slots: sums.slots,
    lastSettledNs: sums.lastSettledNs,
    agents: sums.agents.map((agent) => agentEvidence(plan, facts, fold, agent, stop?.atNs ?? null)),
    seconds: sums.seconds,
    warmupMeansMs: fold.warmup.means(),
    sealed: sums.sealed,
    failures: sums.failures,
    slowest: sums.slowest,
    ...(sums.k6 === undefined ? {} : { k6: sums.k6 }),
    ...(fold.server === null ? {} : { server: fold.server }),
    stop,
    faults: fold.ended === null ? [...fold.faults, CUT_SHORT] : fold.faults,
    startSpreadMs: spreadMs(fold.started?.spreadMs ?? null, sums.agents),
  };
}

/** What clocks leave open, and what agents measured of themselves. */
function spreadMs(clocksMs: number | null, agents: readonly AgentSums[]): number | null {
  const late = agents.flatMap(({ beganLateNs }) => (beganLateNs === null ? [] : [beganLateNs]));
  if (clocksMs === null || late.length < 2) return clocksMs;
  return clocksMs + (Math.max(...late) - Math.min(...late)) / NS_PER_MS;
}

/** With the schedule that follows from it, as `loadcell plan --arrivals` would print it were the load known. */
function settledLoad(plan: Plan, { scenario, phases }: Cell, { trial }: TrialRef, came: Settled): SettledLoad {
  const context = { seed: plan.seed, scenario, trial };
  return { came, phases, schedule: { index: trial, ...scheduleOf(phases, context, { hash: sha256OfText }) } };
}

const isSettled = ({ ended }: TrialFold): boolean =>
  ended !== null && !ended.anew && ended.stop?.cause !== 'interrupt' && ended.stop?.cause !== 'deadline';

const CUT_SHORT: TrialEvidence['faults'][number] = {
  agent: 0,
  code: 'own-fault',
  message: 'the run was cut off inside the trial: its coordinator ended before it',
};

/** A trial whose end is not in the journal counts up to where every agent's seconds are. */
function stopOf({ ended, merge }: TrialFold): TrialEvidence['stop'] {
  if (ended !== null) return ended.stop;
  return { atNs: merge.completeUntilNs, cause: 'fault' };
}

/** Until when every agent owes a second: the stop, or the planned end where that comes before; what ends when it is done has none. */
function lastWanted({ phases }: Cell, stop: TrialEvidence['stop']): Ns {
  const last = phases.at(-1);
  const plannedNs = last === undefined ? 0 : last.startNs + last.durationNs;
  if (stop === null) return ns(plannedNs);
  return last !== undefined && endsWhenDone(last) ? stop.atNs : ns(Math.min(stop.atNs, plannedNs));
}

function agentEvidence(
  plan: Plan,
  facts: RunFacts,
  fold: TrialFold,
  { stoppedNs, ...sums }: AgentSums,
  stopNs: Ns | null,
): AgentEvidence {
  const { cell, ref, ready, clocks } = fold;
  const calibration = calibrationOf(fold.instrument ?? facts, sums.agent, calibrationSpec(cell));
  const target = ready.get(sums.agent);
  const context = { seed: plan.seed, scenario: cell.scenario, trial: ref.trial };
  const untilNs = stoppedNs ?? stopNs ?? ns(Number.POSITIVE_INFINITY);
  const share = { index: sums.agent, of: cell.agents };
  const counts =
    cell.spec.kind === 'k6'
      ? k6PlannedCounts(cell.phases, share, cell.spec.vus, untilNs)
      : plannedCounts(cell.phases, share, context, untilNs);
  return {
    ...sums,
    planned: counts,
    clock: clocks.get(sums.agent) ?? null,
    ceilingPerSecond: calibration?.ceilingPerSecond ?? null,
    calibrationOk: calibration?.checks.every((check) => check.ok) ?? false,
    ...(calibration?.floorMs === undefined ? {} : { floorMs: calibration.floorMs.p50 }),
    provider: target?.session?.provider ?? null,
    nodes: target?.session?.nodes ?? null,
    repeats: target?.endpoint?.repeats ?? null,
    sessionMs: target?.start.sessionMs ?? null,
    firstInferenceMs: target?.start.firstInferenceMs ?? null,
    ...(target?.network === undefined ? {} : { network: target.network }),
  };
}
