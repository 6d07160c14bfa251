import type { FileOfPlan, Pacing } from '../campaign/plan.ts';
import type { K6Spec, TargetSpec } from '../campaign/target-spec.ts';
import type { Telemetry } from '../campaign/telemetry.ts';
import type { Phase, Share } from '../scenarios/phase.ts';
import type { LatencyLimit } from '../stats/tally.ts';
import type { Ns } from '../time/ns.ts';

/** What one agent's runner needs to run its share of one trial. Travels as JSON from coordinator to agent to runner. */
export interface TrialSpec {
  readonly cell: number;
  readonly cellId: string;
  readonly trial: number;
  readonly attempt: number;
  readonly seed: string;
  readonly scenario: string;
  readonly phases: readonly Phase[];
  readonly target: TargetSpec;
  readonly share: Share;
  readonly workers: number;
  readonly pacing: Pacing;
  readonly backlog: number | null;
  readonly timeoutNs: Ns;
  readonly drainNs: Ns;
  /** Latency limits of the cell's objectives, counted exactly. */
  readonly limits: readonly LatencyLimit[];
  /** Ages that outstanding requests are counted against at the end of every second: those of objectives over a window. */
  readonly overdue: readonly LatencyLimit[];
  /** g: how long after a phase's end a completion is still in time: the tightest response limit, else 1 s. */
  readonly graceNs: Ns;
  /** What this agent is to observe of its node; null or absent: another one does, or nobody. */
  readonly telemetry?: Telemetry | null;
  /**
   * This agent serves the target for others and offers no load; its endpoint listens on the address by which this node reaches
   * `towards`, the coordinator's `host:port`. Absent: it offers load.
   */
  readonly serves?: { readonly towards: string };
  /** Files that it names, by their content; absent: none. */
  readonly files?: readonly FileOfPlan[];
}

/** A trial that k6 runs. */
export type K6TrialSpec = TrialSpec & { readonly target: K6Spec };

export const isK6Trial = (spec: TrialSpec): spec is K6TrialSpec => spec.target.kind === 'k6';
