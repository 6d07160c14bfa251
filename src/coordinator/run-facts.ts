import type { TargetFacts } from '../targets/target.ts';
import type { AgentEvidence, NotRun } from '../verdict/evidence.ts';
import type { Benchmarks } from '../verdict/result.ts';
import { type Calibration, type CalibrationSpec, calibrationKey } from '../wire/calibration.ts';
import type { RunEvent, RunState, TimedEvent } from './events.ts';

/** What the journal says of a run beside its trials. */
export interface RunFacts {
  readonly runId: string;
  readonly source: Benchmarks['run']['source'];
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly state: RunState;
  /** The journal holds the run's end; without it the coordinator died, or is still at work. */
  readonly hasEnded: boolean;
  /** Names in results by index of the fleet. */
  readonly agents: ReadonlyMap<number, AgentFacts>;
  readonly nodes: readonly { readonly id: string; readonly fingerprint: Readonly<Record<string, unknown>> }[];
  readonly calibrations: readonly NodeCalibration[];
  /** The last one of each agent. */
  readonly clocks: ReadonlyMap<number, Clock>;
  /** Of the first agent that opened it, or of the one that audited it, by the plan's cell index. */
  readonly targets: ReadonlyMap<number, TargetFacts>;
  /** Of a resumed run: what was not made up for. */
  readonly notRun: readonly (NotRun & { readonly cell: number })[];
  readonly resumed: Benchmarks['run']['resumed'];
  /** `sha256:…` of plan.json as it was when the run began; null where the journal does not say. */
  readonly planDigest: string | null;
}

/** What calibrations are looked up in. */
export type Instrument = Pick<RunFacts, 'agents' | 'calibrations'>;

export interface AgentFacts {
  readonly name: string;
  readonly node: string;
  /** Every node that it was on, in order: a place may be filled again elsewhere. */
  readonly nodes: readonly string[];
}

export interface NodeCalibration {
  readonly node: string;
  /** Seconds between its taking and its use; 0 when fresh. */
  readonly ageS: number;
  readonly result: Calibration;
}

export type Clock = NonNullable<AgentEvidence['clock']>;

/** Gathers {@link RunFacts} from a run's events, in their order. */
export class RunLog {
  #started: { readonly event: Extract<RunEvent, { kind: 'run-started' }>; readonly at: string } | null = null;
  #endedAt = '';
  #state: RunState = 'aborted';
  #hasEnded = false;
  readonly #agents = new Map<number, AgentFacts>();
  readonly #nodes = new Map<string, RunFacts['nodes'][number]>();
  readonly #calibrations = new Map<string, NodeCalibration>();
  readonly #clocks = new Map<number, Clock>();
  readonly #targets = new Map<number, TargetFacts>();
  #notRun: RunFacts['notRun'][number][] = [];
  /** Nodes as they served before the last resumption. */
  #served: ReadonlyMap<string, RunFacts['nodes'][number]> = new Map();
  readonly #resumed: Benchmarks['run']['resumed'][number][] = [];

  add({ wall, event }: TimedEvent): void {
    const stoppedAt = this.#endedAt;
    this.#endedAt = wall;
    switch (event.kind) {
      case 'run-started':
        this.#started = { event, at: wall };
        return;
      case 'run-resumed':
        this.#state = 'aborted';
        this.#hasEnded = false;
        this.#notRun = this.#notRun.filter(({ cause }) => cause === 'aborted');
        this.#served = new Map(this.#nodes);
        this.#resumed.push({ stoppedAt, at: wall, source: event.source, sameNodes: true });
        return;
      case 'run-ended':
        this.#state = event.state;
        this.#hasEnded = true;
        return;
      case 'not-run':
        this.#notRun.push({ cell: event.cell, trial: event.trial, why: event.why, cause: event.cause ?? 'no-place' });
        return;
      case 'agent-ready':
        if (!this.#targets.has(event.cell) || event.facts.endpoint?.repeats !== undefined)
          this.#targets.set(event.cell, event.facts);
        return;
      default:
        this.#addOfFleet(event);
    }
  }

  #addOfFleet(event: RunEvent): void {
    switch (event.kind) {
      case 'node':
        this.#compareNode(event);
        this.#nodes.set(event.id, { id: event.id, fingerprint: event.fingerprint });
        return;
      case 'agent-registered':
        this.#addAgent(event);
        return;
      case 'calibration': {
        const { node, ageS, result } = event;
        const key = `${node} ${calibrationKey({ size: null, ...result })}`;
        this.#calibrations.set(key, { node, ageS, result });
        return;
      }
      case 'clock': {
        const { agent, offsetMs, boundMs, driftPpm } = event;
        this.#clocks.set(agent, { offsetMs, boundMs, driftPpm });
        return;
      }
      default:
        return;
    }
  }

  #addAgent({ agent, name, node }: Extract<RunEvent, { kind: 'agent-registered' }>): void {
    const before = this.#agents.get(agent)?.nodes ?? [];
    this.#agents.set(agent, { name, node, nodes: before.includes(node) ? before : [...before, node] });
  }

  /** A node that serves a resumed run should be one that served it before, and as it was, if any did. */
  #compareNode({ id, fingerprint }: Extract<RunEvent, { kind: 'node' }>): void {
    if (this.#served.size === 0) return;
    const last = this.#resumed.pop();
    if (last === undefined) return;
    const isSame = this.#served.get(id)?.fingerprint.key === fingerprint.key;
    this.#resumed.push({ ...last, sameNodes: last.sameNodes && isSame });
  }

  /** What holds at this moment of every agent's node and of its calibration. */
  instrument(): Instrument {
    return { agents: new Map(this.#agents), calibrations: [...this.#calibrations.values()] };
  }

  /** Null when the journal holds no start of a run. A run whose end is not recorded was aborted. */
  facts(): RunFacts | null {
    if (this.#started === null) return null;
    return {
      runId: this.#started.event.runId,
      source: this.#started.event.source,
      planDigest: this.#started.event.planDigest ?? null,
      startedAt: this.#started.at,
      endedAt: this.#endedAt,
      state: this.#state,
      hasEnded: this.#hasEnded,
      agents: this.#agents,
      nodes: [...this.#nodes.values()],
      calibrations: [...this.#calibrations.values()],
      clocks: this.#clocks,
      targets: this.#targets,
      notRun: this.#notRun,
      resumed: this.#resumed,
    };
  }
}

/** The calibration that holds for an agent: of its node, for the same driver, pacing and number of workers. */
export function calibrationOf(facts: Instrument, agent: number, spec: CalibrationSpec): Calibration | null {
  const node = facts.agents.get(agent)?.node;
  const key = calibrationKey(spec);
  const found = facts.calibrations.find(
    ({ node: of, result }) => of === node && calibrationKey({ size: null, ...result }) === key,
  );
  return found?.result ?? null;
}
