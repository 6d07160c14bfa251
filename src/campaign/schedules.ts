import { plannedCounts } from '../scenarios/counts.ts';
import type { TextHash } from '../scenarios/digest.ts';
import type { Phase } from '../scenarios/phase.ts';
import type { ScenarioSpec } from '../scenarios/scenario-spec.ts';
import type { CampaignScenario } from './campaign.ts';
import { halfWayNs } from './early-stop.ts';
import type { TrialPlan } from './plan.ts';
import { scheduleOf } from './schedule-plan.ts';
import type { TraceContext } from './trace-plan.ts';

/** What tells the schedules of one campaign apart. */
function scheduleKey(scenario: string, load: ScenarioSpec): string {
  if (load.kind === 'offline') return `${scenario} ${load.requests}`;
  if (load.kind === 'trace') return `${scenario} ${load.load.target ?? ''}`;
  return 'law' in load ? `${scenario} ${load.law}` : scenario;
}

/** A target may meet a scenario by another law than the others do. */
const lookKey = (scenario: string, phases: readonly Phase[]): string =>
  `${scenario} ${phases.map(({ load }) => (load.kind === 'open' ? load.law : load.kind)).join(' ')}`;

/** What walking a schedule takes. */
export type ScheduleTools = Pick<TraceContext, 'openFile'> & { readonly createHash: () => TextHash };

/** The trials of each scenario: their schedules are the same for every target, and computed once. */
export class Schedules {
  readonly #seed: string;
  readonly #trials: number;
  readonly #context: ScheduleTools;
  readonly #known = new Map<string, readonly TrialPlan[]>();
  readonly #looks = new Map<string, readonly TrialPlan[]>();

  constructor(seed: string, trials: number, context: ScheduleTools) {
    this.#seed = seed;
    this.#trials = trials;
    this.#context = context;
  }

  trialsOf(scenario: CampaignScenario, load: ScenarioSpec, phases: readonly Phase[]): readonly TrialPlan[] {
    const key = scheduleKey(scenario.name, load);
    const trials = this.#known.get(key) ?? this.#all(scenario.name, load, phases);
    this.#known.set(key, trials);
    return trials;
  }

  /** The same trials, each with the arrivals of its one measure phase that are intended before `lookNs`. */
  beforeLook(scenario: CampaignScenario, phases: readonly Phase[], trials: readonly TrialPlan[]): readonly TrialPlan[] {
    const key = lookKey(scenario.name, phases);
    const known = this.#looks.get(key);
    if (known !== undefined) return known;
    const measured = phases.filter(({ purpose }) => purpose === 'measure');
    const counted = trials.map((trial) => {
      const context = { seed: this.#seed, scenario: scenario.name, trial: trial.index };
      const [beforeLook] = plannedCounts(measured, { index: 0, of: 1 }, context, halfWayNs(measured));
      return typeof beforeLook === 'number' ? { ...trial, beforeLook } : trial;
    });
    this.#looks.set(key, counted);
    return counted;
  }

  /** The arrivals of a trace are the same in every trial. */
  #all(scenario: string, load: ScenarioSpec, phases: readonly Phase[]): readonly TrialPlan[] {
    const first = this.#trial(scenario, 1, phases);
    return Array.from({ length: this.#trials }, (_, i) =>
      i === 0 || load.kind === 'trace' ? { ...first, index: i + 1 } : this.#trial(scenario, i + 1, phases),
    );
  }

  #trial(scenario: string, trial: number, phases: readonly Phase[]): TrialPlan {
    const { createHash: hash, openFile } = this.#context;
    return { index: trial, ...scheduleOf(phases, { seed: this.#seed, scenario, trial }, { hash, openFile }) };
  }
}
