import type { Plan } from '../../src/campaign/plan.ts';
import {
  decodeJournalRecord,
  encodeEvent,
  encodeStoredInterval,
  type JournalEntry,
} from '../../src/coordinator/events.ts';
import { EvidenceFold, type RunEvidence } from '../../src/coordinator/evidence.ts';
import { deadlinesFor, fleetPlan } from '../../src/coordinator/fleet-plan.ts';
import { intervalFault } from '../../src/coordinator/interval-check.ts';
import { IntervalLedger } from '../../src/coordinator/interval-ledger.ts';
import { LiveStops } from '../../src/coordinator/live-stops.ts';
import { RunCells } from '../../src/coordinator/run-cells.ts';
import type { AgentCommand, FleetCommand, FleetEvent, Happening, Run } from '../../src/coordinator/run-state.ts';
import { newRun, trialOf } from '../../src/coordinator/run-state.ts';
import { step } from '../../src/coordinator/run-step.ts';
import { NOTHING_FOUND, searchesOf } from '../../src/coordinator/searches.ts';
import type { TrialRef } from '../../src/coordinator/trial-ref.ts';
import { reviewOf } from '../../src/coordinator/trial-review.ts';
import { trialSpec } from '../../src/coordinator/trial-spec.ts';
import { type Ns, ns } from '../../src/time/ns.ts';
import { judgeCell } from '../../src/verdict/judge-cell.ts';
import { judgeRun } from '../../src/verdict/judge-run.ts';
import { latencyLimits } from '../../src/verdict/limits.ts';
import { decodeInterval } from '../../src/wire/interval-codec.ts';
import { aCalibration, someFacts } from './run-play.ts';
import { type Behaviour, SimulatedShare } from './simulated-share.ts';
import { VirtualTime } from './virtual-time.ts';

const MS = 1e6;
const TRAVEL = 0.3 * MS;
const DISK = 20 * MS;
const BOOT = 700 * MS;
const OPENING = 150 * MS;
const TICK = 250 * MS;
const WALL_MS = Date.UTC(2026, 10, 22, 5, 18);

/** Something that befalls the fleet at an instant of the run. */
export interface Misfortune {
  readonly atNs: number;
  readonly befall: (fleet: SimulatedFleet) => void;
}

/**
 * A whole fleet on a virtual clock in one process: real schedules and shares, the runner's fold, the wire's encoding,
 * the pure life of the run, ledger, journal records, evidence and judge. Only threads, sockets, disk and time are made
 * up.
 */
export class SimulatedFleet {
  readonly time = new VirtualTime();
  readonly journal: JournalEntry[] = [];
  readonly ledger = new IntervalLedger();
  readonly plan: Plan;
  readonly cells: RunCells;
  readonly behaviour: Behaviour;
  readonly #agents = new Map<string, SimulatedAgent>();
  readonly #links = new Map<number, SimulatedAgent>();
  readonly #stops: LiveStops;
  #run: Run;
  #lastLink = 0;

  constructor(plan: Plan, behaviour: Behaviour, misfortunes: readonly Misfortune[] = []) {
    this.plan = plan;
    this.behaviour = behaviour;
    this.cells = new RunCells(plan);
    this.#stops = new LiveStops(this.cells);
    this.#run = newRun(fleetPlan(plan, deadlinesFor('loopback')), WALL_MS, {
      searches: searchesOf(plan, NOTHING_FOUND),
      settled: new Set(),
    });
    this.#append(
      encodeEvent({
        atNs: ns(0),
        wall: this.#wall(),
        event: { kind: 'run-started', runId: 'simulated', source: { commit: null, dirty: null, ci: null } },
      }),
    );
    for (const { atNs, befall } of misfortunes) this.time.after(atNs, () => befall(this));
  }

  /** Runs the plan to its end. */
  play(): this {
    this.happen({ kind: 'begin' });
    this.#tick();
    this.time.run(() => this.#run.stage.kind === 'ended');
    return this;
  }

  get run(): Run {
    return this.#run;
  }

  /** The agent that has, or had last, a place. */
  agent(index: number): SimulatedAgent {
    const all = [...this.#agents.values()].filter((agent) => agent.index === index);
    const last = all.at(-1);
    if (last === undefined) throw new Error(`no agent was ever placed on ${index}`);
    return last;
  }

  happen(happening: Happening): void {
    const event = { ...happening, atNs: this.time.now() } as FleetEvent;
    const before = trialOf(this.#run);
    const [run, commands] = step(this.#run, event);
    this.#run = run;
    for (const command of commands) if (command.kind === 'journal') this.cells.learn(command.event);
    const trial = trialOf(run);
    if (trial !== null && trial !== before) this.#stops.begin(trial);
    for (const command of commands) this.#obey(command);
  }

  dial(agent: SimulatedAgent): number {
    const link = ++this.#lastLink;
    this.#links.set(link, agent);
    return link;
  }

  /** An interval arrives: what is to be said to the agent about it, and when, is said by `answer`. */
  take(agent: SimulatedAgent, seq: number, interval: Uint8Array, answer: (ackThrough: number) => void): void {
    const { epoch, index } = agent;
    if (epoch === null) return;
    const offered = this.ledger.offer(epoch, seq);
    if (offered === 'repeated') answer(this.ledger.ackThrough(epoch) ?? 0);
    if (offered !== 'take') return;
    const decoded = decodeInterval(interval);
    const limits = (cell: number) => latencyLimits(this.plan.cells[cell]?.objectives ?? []).length;
    const fault = intervalFault(this.plan, limits, index, decoded);
    if (fault !== null) throw new Error(fault);
    this.ledger.taken(epoch);
    const { cell, trial, attempt, last } = decoded;
    const stop = this.#stops.add(decoded);
    if (stop !== null) this.happen({ kind: 'stop-called', ...stop });
    this.time.after(DISK, () => {
      this.#append(encodeStoredInterval({ agent: index, epoch: BigInt(epoch), seq: BigInt(seq), interval }));
      this.ledger.stored(epoch, seq);
      this.happen({ kind: 'interval-stored', index, epoch, ref: { cell, trial, attempt }, last });
      answer(this.ledger.ackThrough(epoch) ?? 0);
    });
  }

  evidence(): RunEvidence {
    const fold = new EvidenceFold(this.plan);
    for (const entry of this.journal) fold.add(entry);
    return fold.evidence();
  }

  /** Cells and run, judged from the journal. */
  judge() {
    const { facts, trials } = this.evidence();
    const cells = this.plan.cells.map((cell, index) =>
      judgeCell(
        cell,
        trials.filter((trial) => trial.cell === index),
        (agent) => `agent-${agent}`,
      ),
    );
    return { cells, verdict: judgeRun(cells, facts.state) };
  }

  #tick(): void {
    this.time.after(TICK, () => {
      this.happen({ kind: 'tick' });
      this.#tick();
    });
  }

  #obey(command: FleetCommand): void {
    switch (command.kind) {
      case 'submit':
        for (const index of command.indices) this.#place(index, command.attempt);
        break;
      case 'grant':
        this.ledger.open(command.epoch);
        this.#links.get(command.link)?.hear({ kind: 'grant', epoch: command.epoch });
        break;
      case 'refuse':
        this.#links.get(command.link)?.hear({ kind: 'refuse' });
        break;
      case 'fence':
        this.ledger.close(command.epoch);
        break;
      case 'journal':
        this.#append(encodeEvent({ atNs: this.time.now(), wall: this.#wall(), event: command.event }));
        break;
      case 'review':
        this.#review(command.ref);
        break;
      // An engine may fail to end what is left: it lives on, and nothing of it may count.
      case 'release':
      case 'show':
      case 'finish':
        break;
      default:
        if (command.link !== null) this.#links.get(command.link)?.hear(command);
    }
  }

  #place(index: number, attempt: number): void {
    const agent = new SimulatedAgent(this, index, attempt);
    this.#agents.set(`${index}/${attempt}`, agent);
    this.time.after(BOOT + index * MS, () => agent.dial());
  }

  /** After a disk's time, as the coordinator does it: from the journal, by the judge. */
  #review(ref: TrialRef): void {
    this.time.after(DISK, () => {
      const trial = this.evidence().trials.find(
        (other) => other.cell === ref.cell && other.trial === ref.trial && other.attempt === ref.attempt,
      );
      const cell = this.plan.cells[ref.cell];
      if (trial === undefined || cell === undefined) throw new Error('an attempt without evidence was to be reviewed');
      this.happen({ kind: 'reviewed', ref, review: reviewOf(cell, trial) });
    });
  }

  #append(payload: Uint8Array): void {
    this.journal.push(decodeJournalRecord(payload));
  }

  #wall(): string {
    return new Date(WALL_MS + this.time.now() / MS).toISOString();
  }
}

type Heard = AgentCommand | { readonly kind: 'grant'; readonly epoch: number } | { readonly kind: 'refuse' };

/** An agent's life on the virtual clock: its words and intervals travel, and are lost while its line is cut. */
export class SimulatedAgent {
  readonly index: number;
  readonly #fleet: SimulatedFleet;
  readonly #attempt: number;
  epoch: number | null = null;
  #link: number | null = null;
  #state: 'alive' | 'dead' = 'alive';
  #command = 0;
  #share: SimulatedShare | null = null;
  #zeroNs: number | null = null;
  #outbox: { readonly seq: number; readonly interval: Uint8Array }[] = [];
  #lastSeq = 0;
  #leaving = false;

  constructor(fleet: SimulatedFleet, index: number, attempt: number) {
    this.#fleet = fleet;
    this.index = index;
    this.#attempt = attempt;
  }

  dial(): void {
    if (this.#state === 'dead') return;
    const link = this.#fleet.dial(this);
    this.#link = link;
    const { index } = this;
    const node = { id: 'node-a', fingerprint: {} };
    const nonce = `${index}/${this.#attempt}`;
    this.#send(() =>
      this.#fleet.happen({ kind: 'register', link, index, attempt: this.#attempt, nonce, pid: 1, node }),
    );
  }

  hear(heard: Heard): void {
    const link = this.#link;
    this.#fleet.time.after(TRAVEL, () => {
      if (this.#state === 'alive' && link !== null && link === this.#link) this.#act(heard);
    });
  }

  /** SIGKILL, seen by the engine at once. */
  die(): void {
    this.#state = 'dead';
    const { index } = this;
    const message = 'was ended by SIGKILL';
    this.#fleet.happen({ kind: 'exited', index, attempt: this.#attempt, message });
  }

  /** SIGKILL of its runner. */
  loseRunner(): void {
    this.#share = null;
    const message = 'the runner was ended by SIGKILL';
    this.#say({ kind: 'fault', command: this.#command, code: 'runner-died', message });
  }

  /** The line is cut, and found again after `forNs`. */
  cut(forNs: number): void {
    const link = this.#link;
    this.#link = null;
    if (link !== null) this.#fleet.happen({ kind: 'detached', link });
    this.#fleet.time.after(forNs, () => this.dial());
  }

  #act(heard: Heard): void {
    switch (heard.kind) {
      case 'grant':
        this.#join(heard.epoch);
        break;
      case 'refuse':
        this.#state = 'dead';
        break;
      case 'calibrate':
        this.#say({
          kind: 'calibrated',
          command: heard.command,
          result: { ...aCalibration, ...heard.spec },
          ageS: 0,
        });
        break;
      case 'prepare':
        this.#prepare(heard);
        break;
      case 'start':
        this.#arm(heard);
        break;
      case 'stop':
        this.#stop(heard.atNs);
        break;
      case 'drain':
        this.#leaving = true;
        this.#leaveWhenDelivered();
        break;
      case 'renew':
        break;
    }
  }

  #join(epoch: number): void {
    if (this.epoch === null) {
      this.epoch = epoch;
      this.#heartbeat();
      this.#say({ kind: 'clock', reading: { offsetNs: 0, boundNs: 0.2 * MS, driftPpm: 0 } });
    }
    const resumeFrom = this.#fleet.ledger.resumeFrom(epoch) ?? 1;
    for (const entry of this.#outbox) if (entry.seq >= resumeFrom) this.#transmit(entry);
  }

  #heartbeat(): void {
    this.#fleet.time.after(1000 * MS, () => {
      if (this.#state === 'dead') return;
      this.#say({ kind: 'heartbeat' });
      this.#heartbeat();
    });
  }

  #prepare({ command, trial }: Extract<AgentCommand, { kind: 'prepare' }>): void {
    if (command === this.#command) return;
    this.#command = command;
    const { plan, cells, behaviour } = this.#fleet;
    const share = new SimulatedShare(
      trialSpec(cells, plan, trial, { index: this.index, telemetry: null, coordinator: 'c:1' }),
      behaviour,
    );
    this.#share = share;
    this.#zeroNs = null;
    this.#fleet.time.after(OPENING, () => this.#say({ kind: 'ready', command, facts: someFacts }));
  }

  #arm({ command, zeroNs, warmupNs }: Extract<AgentCommand, { kind: 'start' }>): void {
    const marginNs = ns(zeroNs - warmupNs - this.#fleet.time.now());
    const inTime = marginNs >= 5 * MS;
    this.#say({ kind: 'armed', command, inTime, marginNs, at: null });
    if (!inTime || this.#share === null) return;
    this.#zeroNs = zeroNs;
    this.#reportNext(this.#share, zeroNs);
  }

  #reportNext(share: SimulatedShare, zeroNs: number): void {
    const { nextNs } = share;
    if (nextNs === null) return;
    this.#fleet.time.after(Math.max(0, zeroNs + nextNs - this.#fleet.time.now()), () => {
      if (this.#state === 'dead' || this.#share !== share) return;
      if (share.nextNs !== nextNs) {
        this.#reportNext(share, zeroNs);
        return;
      }
      const { interval, last } = share.take();
      this.#report(interval);
      if (last) this.#say({ kind: 'trial-done', command: this.#command });
      else this.#reportNext(share, zeroNs);
    });
  }

  #stop(atNs: Ns): void {
    const share = this.#share;
    if (share === null || this.#zeroNs === null) {
      this.#say({ kind: 'trial-done', command: this.#command });
      return;
    }
    share.stop(atNs - this.#zeroNs);
    this.#reportNext(share, this.#zeroNs);
  }

  #report(interval: Uint8Array): void {
    const entry = { seq: ++this.#lastSeq, interval };
    this.#outbox.push(entry);
    this.#transmit(entry);
  }

  #transmit({ seq, interval }: { seq: number; interval: Uint8Array }): void {
    this.#send(() =>
      this.#fleet.take(this, seq, interval, (ackThrough) => {
        this.#fleet.time.after(TRAVEL, () => {
          if (this.#state === 'dead' || this.#link === null) return;
          this.#outbox = this.#outbox.filter((entry) => entry.seq > ackThrough);
          this.#leaveWhenDelivered();
        });
      }),
    );
  }

  #leaveWhenDelivered(): void {
    if (this.#leaving && this.#outbox.length === 0) this.#say({ kind: 'bye', reading: null });
  }

  #say(word: Parameters<SimulatedFleet['happen']>[0] extends infer H ? Partial<H> : never): void {
    this.#send(() => {
      const link = this.#link ?? 0;
      this.#fleet.happen({ ...word, index: this.index, epoch: this.epoch ?? 0, link } as Happening);
    });
  }

  /** Lets something travel to the coordinator: lost when the line is cut meanwhile, or the agent was dead before. */
  #send(arrive: () => void): void {
    const link = this.#link;
    if (link === null || this.#state === 'dead') return;
    this.#fleet.time.after(TRAVEL, () => {
      if (this.#link === link) arrive();
    });
  }
}
