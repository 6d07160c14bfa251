import type { Plan } from '../../src/campaign/plan.ts';
import type { RunEvent } from '../../src/coordinator/events.ts';
import {
  type Continuation,
  type Deadline,
  type Deadlines,
  deadlinesFor,
  fleetPlan,
} from '../../src/coordinator/fleet-plan.ts';
import type { ProgressEvent } from '../../src/coordinator/progress-events.ts';
import {
  type AgentCommand,
  type AgentEvent,
  type FleetCommand,
  type FleetEvent,
  newRun,
  type Run,
} from '../../src/coordinator/run-state.ts';
import { step } from '../../src/coordinator/run-step.ts';
import { milliseconds, ns, seconds } from '../../src/time/ns.ts';
import type { Arrival } from '../../src/wire/arrival.ts';
import type { Calibration } from '../../src/wire/calibration.ts';
import { smallPlan } from './small-plan.ts';

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Happening = DistributiveOmit<FleetEvent, 'atNs'>;
type Word = DistributiveOmit<AgentEvent, 'index' | 'epoch' | 'link' | 'atNs'>;

export const aCalibration: Calibration = {
  driver: 'in-process',
  pacing: 'precise',
  workers: 1,
  takenAt: '2026-11-22T05:18:00.000Z',
  ceilingPerSecond: 200_000,
  lagMs: { p50: 0.01, p99: 0.05, 'p99.9': 0.1 },
  timer: { resolutionUs: 0.1, sleepLateP50Us: 60, sleepLateP99Us: 200 },
  recordNs: 5,
  checks: [],
};

export const someFacts = { start: { sessionMs: 1, firstInferenceMs: 0.1 } };

/** Plays the fleet and the clock against the pure life of a run and keeps what it commands. */
export class RunPlay {
  run: Run;
  atNs = ns(0);
  readonly commands: FleetCommand[] = [];
  /** What the latest event led to. */
  latest: readonly FleetCommand[] = [];
  #links = 100;

  constructor(
    plan: Plan = smallPlan(),
    deadlines: Deadlines = deadlinesFor('loopback'),
    more: { readonly deadline?: Deadline; readonly left?: readonly Continuation[] } = {},
  ) {
    const fleet = fleetPlan(plan, deadlines, more.deadline ?? null, more.left ?? null);
    this.run = newRun(fleet, Date.UTC(2026, 10, 22, 5, 18));
    this.happen({ kind: 'begin' });
  }

  happen(happening: Happening): void {
    const [run, commands] = step(this.run, { ...happening, atNs: this.atNs } as FleetEvent);
    this.run = run;
    this.latest = commands;
    this.commands.push(...commands);
  }

  /** Lets time pass with a tick every second, in which the live holders send heartbeats. */
  pass(forS: number, options: { readonly silent?: readonly number[] } = {}): void {
    for (let left = forS; left > 0; left -= 1) {
      this.atNs = ns(this.atNs + seconds(Math.min(1, left)));
      for (const [index, place] of this.run.places.entries()) {
        if (place.kind === 'held' && !options.silent?.includes(index)) this.say(index, { kind: 'heartbeat' });
      }
      this.happen({ kind: 'tick' });
    }
  }

  register(index: number, change: { attempt?: number; nonce?: string; node?: string; arrival?: Arrival } = {}): number {
    const link = this.#links++;
    const attempt = change.attempt ?? this.attempt(index);
    const node = { id: change.node ?? 'node-a', fingerprint: { cpu: 'some' } };
    const nonce = change.nonce ?? `nonce-${index}-${attempt}`;
    const arrived = change.arrival === undefined ? {} : { arrival: change.arrival };
    this.happen({ kind: 'register', link, index, attempt, nonce, pid: 1000 + index, node, ...arrived });
    return link;
  }

  /** A word of the present holder, or of an older epoch. */
  say(index: number, word: Word, epoch?: number): void {
    const place = this.run.places[index];
    const holder = place?.kind === 'held' ? place.holder : null;
    const from = { index, epoch: epoch ?? holder?.epoch ?? 0, link: holder?.link ?? 0 };
    this.happen({ ...word, ...from } as Happening);
  }

  attempt(index: number): number {
    const place = this.run.places[index];
    if (place === undefined) return 1;
    return place.kind === 'held' ? place.holder.attempt : place.attempt;
  }

  epoch(index: number): number {
    const place = this.run.places[index];
    return place?.kind === 'held' ? place.holder.epoch : 0;
  }

  get stage(): Run['stage']['kind'] {
    return this.run.stage.kind;
  }

  /** The latest order of a kind to a place. */
  ordered<K extends AgentCommand['kind']>(index: number, kind: K): Extract<AgentCommand, { kind: K }> | null {
    const all = this.commands.filter(
      (command) => command.kind === kind && 'index' in command && command.index === index,
    );
    return (all.at(-1) as Extract<AgentCommand, { kind: K }> | undefined) ?? null;
  }

  command(index: number, kind: 'calibrate' | 'prepare' | 'start' | 'stop'): number {
    const order = this.ordered(index, kind);
    if (order === null) throw new Error(`agent ${index} was never told to ${kind}`);
    return order.command;
  }

  get journal(): readonly RunEvent[] {
    return this.commands.flatMap((command) => (command.kind === 'journal' ? [command.event] : []));
  }

  journaled<K extends RunEvent['kind']>(kind: K): readonly Extract<RunEvent, { kind: K }>[] {
    return this.journal.filter((event): event is Extract<RunEvent, { kind: K }> => event.kind === kind);
  }

  get shown(): readonly ProgressEvent[] {
    return this.commands.flatMap((command) => (command.kind === 'show' ? [command.event] : []));
  }

  registerAll(): void {
    for (const index of this.run.places.keys()) this.register(index);
  }

  calibrateAll(): void {
    while (this.run.stage.kind === 'calibrating') {
      for (const { index, command, spec } of this.run.stage.tasks) {
        this.say(index, { kind: 'calibrated', command, result: { ...aCalibration, ...spec }, ageS: 0 });
      }
    }
  }

  readyAll(): void {
    for (const index of this.members()) {
      this.say(index, { kind: 'ready', command: this.command(index, 'prepare'), facts: someFacts });
    }
  }

  armAll(): void {
    for (const index of this.members()) this.arm(index, 'in time');
  }

  arm(index: number, when: 'in time' | 'late'): void {
    const inTime = when === 'in time';
    const marginNs = milliseconds(inTime ? 45 : -3);
    this.say(index, { kind: 'armed', command: this.command(index, 'start'), inTime, marginNs, at: null });
  }

  /** Stores the last interval of a member and lets it say that it is done. */
  close(index: number): void {
    this.store(index, 'last');
    this.say(index, { kind: 'trial-done', command: this.command(index, 'prepare') });
  }

  store(index: number, which: 'last' | 'another'): void {
    const { stage } = this.run;
    if (stage.kind !== 'running') throw new Error(`no trial is running but ${stage.kind}`);
    const { cell, trial, attempt } = stage.trial;
    const ref = { cell, trial, attempt };
    this.happen({ kind: 'interval-stored', index, epoch: this.epoch(index), ref, last: which === 'last' });
  }

  /** Answers the review that was asked for last. */
  reviewed(kind: 'valid' | 'invalid' | 'unknown'): void {
    const asked = this.commands.filter((command) => command.kind === 'review').at(-1);
    if (asked?.kind !== 'review') throw new Error('no review was asked for');
    this.happen({
      kind: 'reviewed',
      ref: asked.ref,
      review: kind === 'valid' ? { kind } : { kind, why: `was ${kind}` },
    });
  }

  members(): readonly number[] {
    const { stage } = this.run;
    if (stage.kind === 'preparing' || stage.kind === 'arming') return [...stage.waiting];
    return stage.kind === 'running' ? stage.members.map(({ index }) => index) : [];
  }

  /** From nothing to the named stage of the first trial. */
  until(stage: 'calibrating' | 'preparing' | 'arming' | 'running'): this {
    const moves = [() => this.registerAll(), () => this.calibrateAll(), () => this.readyAll(), () => this.armAll()];
    const stages = ['calibrating', 'preparing', 'arming', 'running'];
    for (const move of moves.slice(0, stages.indexOf(stage) + 1)) move();
    if (this.stage !== stage) throw new Error(`expected to be ${stage}, found ${this.stage}`);
    return this;
  }

  closeAll(): void {
    for (const index of this.members()) this.close(index);
  }

  byeAll(): void {
    for (const [index, place] of this.run.places.entries()) {
      if (place.kind === 'held') this.say(index, { kind: 'bye', reading: null });
    }
  }
}
