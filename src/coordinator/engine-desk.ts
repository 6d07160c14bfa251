import { ANY_INSTANCE } from '../campaign/instance.ts';
import type { Plan } from '../campaign/plan.ts';
import type { AgentGroup, Engine, Handle, Problem } from '../engines/engine.ts';
import type { NonEmpty } from '../scenarios/phase.ts';
import { seconds } from '../time/ns.ts';
import { AttemptWatch } from './attempt-watch.ts';
import { Crowd } from './crowd.ts';
import { type FleetPlan, placesOn } from './fleet-plan.ts';
import { ResultsError } from './results-error.ts';
import type { FleetCommand, Happening } from './run-state.ts';
import { indices } from './turn.ts';

const CANCEL_GRACE = seconds(2);
/** After the last farewell agents end by themselves within this, or are made to. */
const LEAVE_GRACE_MS = 1000;

type Submission = Extract<FleetCommand, { readonly kind: 'submit' }>;

export interface EngineDeskOptions {
  readonly engine: Engine;
  readonly runId: string;
  readonly plan: Plan;
  /** What the agents of an attempt are handed to join with; drawn for each. */
  token(attempt: number): string;
  /** Where agents dial; asked when an attempt is submitted. */
  address(): string;
  onEvent(happening: Happening): void;
  /** What cannot be ended, a sentence. */
  onTrouble(message: string): void;
}

/** Asks the engine for places, passes on what it tells of them, and gives all of them back. */
export class EngineDesk {
  readonly #options: EngineDeskOptions;
  /** By attempt; null: the engine has no place. */
  readonly #submissions = new Map<number, Promise<Handle | null>>();
  readonly #unwatch: (() => void)[] = [];
  readonly #crowd = new Crowd();

  constructor(options: EngineDeskOptions) {
    this.#options = options;
  }

  /**
   * Whether the fleet could be placed, before anything is written. Throws a `ResultsError`: `engine` where it cannot,
   * `no-place` where the engine does not answer.
   */
  async probe(fleet: FleetPlan): Promise<void> {
    for (const instance of new Set(fleet.trials.map((trial) => trial.instance))) {
      const probe = await this.#options.engine.probe(this.#group(indices(placesOn(fleet, instance)), instance, ''));
      if (probe.kind === 'infeasible') throw infeasible(probe.problems);
    }
    if (fleet.servers === null) return;
    const { count, instance } = fleet.servers;
    const probe = await this.#options.engine.probe(this.#group(indices(count), instance, ''));
    if (probe.kind === 'infeasible') throw infeasible(probe.problems);
  }

  submit(submission: Submission): void {
    this.#submissions.set(submission.attempt, this.#submit(submission));
  }

  /** What cannot be ended now is tried again at the close. */
  async release(attempt: number): Promise<void> {
    const handle = await this.#submissions.get(attempt);
    if (handle !== null && handle !== undefined) await this.#cancel(handle);
  }

  /** Ends every member, whoever submitted it: by itself, or made to. */
  async close(): Promise<void> {
    const { engine, runId } = this.#options;
    const handles = (await Promise.all(this.#submissions.values())).filter((handle) => handle !== null);
    await this.#crowd.gone(LEAVE_GRACE_MS);
    for (const unwatch of this.#unwatch) unwatch();
    await Promise.all(handles.map((handle) => this.#cancel(handle)));
    // A submission of which nothing was heard may have been taken all the same.
    const left = await engine.list({ runId }).catch(() => []);
    await Promise.all(left.map((handle) => this.#cancel(handle)));
  }

  async #submit({ attempt, indices: wanted, instance }: Submission): Promise<Handle | null> {
    const { engine, runId, token, onEvent } = this.#options;
    try {
      const handle = await engine.submit(this.#group(wanted, instance, token(attempt)), { runId, attempt });
      this.#crowd.join(handle.members.length);
      const watch = new AttemptWatch(handle, (happening) => {
        if (happening.kind === 'exited') this.#crowd.leave();
        onEvent(happening);
      });
      this.#unwatch.push(engine.watch(handle, (status) => watch.onStatus(status)));
      return handle;
    } catch (error) {
      onEvent({ kind: 'no-place', attempt, message: `${engine.name}: ${messageOf(error)}` });
      return null;
    }
  }

  #cancel(handle: Handle): Promise<void> {
    const { engine, onTrouble } = this.#options;
    return engine.cancel(handle, CANCEL_GRACE).catch((error: unknown) => onTrouble(messageOf(error)));
  }

  #group(wanted: readonly number[], key: string | null, token: string): AgentGroup {
    const { runId, plan, address } = this.#options;
    return {
      runId,
      indices: wanted as NonEmpty<number>,
      coordinator: address(),
      token,
      instance: (key === null ? null : plan.fleet?.instances[key]) ?? ANY_INSTANCE,
      stayNs: plan.fleet?.stayNs ?? null,
    };
  }
}

function infeasible(problems: readonly Problem[]): ResultsError {
  const isSilent = problems.every(({ code }) => code === 'no-answer');
  const sentences = problems.map(({ message, hint }) => `${message}; ${hint}`);
  return new ResultsError(isSilent ? 'no-place' : 'engine', sentences.join('\n'));
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
