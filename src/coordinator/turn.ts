import { type Ns, ns } from '../time/ns.ts';
import type { FaultCode, RunEvent } from './events.ts';
import type { TrialOrder } from './fleet-plan.ts';
import type { Holder, Place } from './place.ts';
import type { ProgressEvent } from './progress-events.ts';
import type { Stage } from './run-stage.ts';
import { type AgentCommand, type FleetCommand, type Run, trialOf } from './run-state.ts';
import type { TrialRef } from './trial-ref.ts';

type Order = DistributiveOmit<AgentCommand, 'index' | 'link' | 'epoch'>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/**
 * One step in the making: the run as far as it has changed and the commands so far. Lives within one call of `step`;
 * the run that it began with is never written to.
 */
export class Turn {
  run: Run;
  readonly atNs: Ns;
  readonly commands: FleetCommand[] = [];

  constructor(run: Run, atNs: Ns) {
    this.run = run;
    this.atNs = atNs;
  }

  /** The instant `ns` from now. */
  after(durationNs: number): Ns {
    return ns(this.atNs + durationNs);
  }

  change(change: Partial<Run>): void {
    this.run = { ...this.run, ...change };
  }

  enter(stage: Stage): void {
    this.change({ stage });
  }

  setPlace(index: number, place: Place): void {
    const places = this.run.places.slice();
    if (index < places.length) places[index] = place;
    this.change({ places });
  }

  /** Who holds a place now; null: nobody. */
  holder(index: number): Holder | null {
    const place = this.run.places[index];
    return place?.kind === 'held' ? place.holder : null;
  }

  /** Whether somebody holds a place who can be given something new to do. */
  isManned(index: number): boolean {
    return this.holder(index)?.isEnding === false;
  }

  changeHolder(index: number, change: Partial<Holder>): void {
    const holder = this.holder(index);
    if (holder !== null) this.setPlace(index, { kind: 'held', holder: { ...holder, ...change } });
  }

  nextCommand(): number {
    this.change({ lastCommand: this.run.lastCommand + 1 });
    return this.run.lastCommand;
  }

  nextEpoch(): number {
    this.change({ lastEpoch: this.run.lastEpoch + 1 });
    return this.run.lastEpoch;
  }

  nextAttempt(): number {
    this.change({ lastAttempt: this.run.lastAttempt + 1 });
    return this.run.lastAttempt;
  }

  tell(command: FleetCommand): void {
    this.commands.push(command);
  }

  /** An order to whoever holds the place; none to an empty one. */
  order(index: number, order: Order): void {
    const holder = this.holder(index);
    if (holder !== null) this.tell({ index, link: holder.link, epoch: holder.epoch, ...order });
  }

  journal(event: RunEvent): void {
    this.tell({ kind: 'journal', event });
  }

  show(event: ProgressEvent): void {
    this.tell({ kind: 'show', event });
  }

  /** The harness's own misfortune: kept and shown. `shown`: for eyes, where `message` does not name the agent. */
  fault(agent: number, code: FaultCode, message: string, shown = message): void {
    this.journal({ kind: 'fault', agent, code, message, during: this.#during(agent) });
    this.show({ kind: 'fault', message: shown });
  }

  /** The trial that a fault of this place spoils; one that has been called off cannot be spoilt. */
  #during(index: number): TrialRef | null {
    const trial = trialOf(this.run);
    if (trial === null || !takers(trial).includes(index)) return null;
    if (this.run.stage.kind === 'running' && this.run.stage.manner === 'withdrawn') return null;
    return { cell: trial.cell, trial: trial.trial, attempt: trial.attempt };
  }
}

/** A set without one of its elements. */
export const without = (set: ReadonlySet<number>, index: number): ReadonlySet<number> =>
  new Set([...set].filter((other) => other !== index));

/** Places that take part in a trial: those that offer its load, and those that serve its target. */
export const takers = ({ agents, servers }: Pick<TrialOrder, 'agents' | 'servers'>): readonly number[] => [
  ...indices(agents),
  ...servers,
];

/** 0, 1, ... count - 1. */
export const indices = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
