import { basename } from 'node:path';
import { authority } from '../campaign/dial-address.ts';
import { type Ns, ns } from '../time/ns.ts';
import { isQuietRefusal } from '../wire/refusal.ts';
import { ControlDesk } from './control-desk.ts';
import type { CoordinatorOptions } from './coordinator-options.ts';
import { EngineDesk } from './engine-desk.ts';
import { FetchDesk } from './fetch-desk.ts';
import { fleetPlan } from './fleet-plan.ts';
import { IntervalLedger } from './interval-ledger.ts';
import { telemetryOf } from './observers.ts';
import { RecordDesk } from './record-desk.ts';
import { ReportDesk } from './report-desk.ts';
import { RunCells } from './run-cells.ts';
import type { RunEnd } from './run-stage.ts';
import type { AgentCommand, FleetCommand, FleetEvent, Happening, Run } from './run-state.ts';
import { newRun, trialOf } from './run-state.ts';
import { step } from './run-step.ts';
import { NOTHING_FOUND, searchesOf, settledKeys } from './searches.ts';
import { type Listening, listen } from './server.ts';
import type { TrialRef } from './trial-ref.ts';
import { trialSpec } from './trial-spec.ts';

const TICK_MS = 250;
const STREAMS_GRACE_MS = 500;
/** Of agents that were sent away, so many are written down: whoever knocks for ever fills no disk. */
const REFUSALS_KEPT = 100;

/**
 * Leads a fleet through a run: feeds what happens to the pure life of the run (`run-step.ts`) and obeys its commands.
 * One instance, one run.
 */
export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #origin: bigint;
  readonly #startedWallMs: number;
  readonly #ledger = new IntervalLedger();
  readonly #control: ControlDesk;
  readonly #report: ReportDesk;
  readonly #fetch: FetchDesk;
  readonly #engine: EngineDesk;
  readonly #cells: RunCells;
  readonly #record: RecordDesk;
  readonly #queue: FleetEvent[] = [];
  readonly #ended: Promise<RunEnd>;
  #end: (end: RunEnd) => void = () => {};
  #run: Run;
  #stepping = false;
  #begun = false;
  /** By which signal it was asked to stop before it had begun. */
  #earlyInterrupt: string | null = null;
  #listening: Listening | null = null;
  #refusals = 0;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#origin = options.monotonic();
    this.#startedWallMs = options.wall.nowMs();
    const { deadline } = options;
    const due = deadline === null ? null : { ...deadline, atNs: ns(Number(deadline.at - this.#origin)) };
    const { plan, foundOut = NOTHING_FOUND } = options;
    const fleet = fleetPlan(plan, options.deadlines, due, options.left);
    this.#run = newRun(fleet, this.#startedWallMs, {
      searches: searchesOf(plan, foundOut),
      settled: settledKeys(foundOut),
    });
    this.#cells = new RunCells(plan, foundOut.settled);
    this.#record = new RecordDesk({
      ...options,
      cells: this.#cells,
      trials: fleet.trials,
      now: () => this.#now(),
      onEvent: (happening) => this.#happen(happening),
    });
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#control = this.#controlDesk();
    this.#engine = this.#engineDesk();
    this.#report = new ReportDesk({
      ledger: this.#ledger,
      leaseOf: (session) => this.#control.leaseOf(session),
      store: (lease, seq, interval) => this.#record.store(lease, seq, interval),
      observe: (lease, seq, telemetry) => this.#record.observe(lease, seq, telemetry),
      onRefused: (refusal) => this.#noteRefusal(refusal),
    });
    this.#fetch = this.#fetchDesk();
  }

  #fetchDesk(): FetchDesk {
    const { plan, filesFolder, monotonic, show } = this.#options;
    return new FetchDesk({
      files: plan.files,
      folder: filesFolder,
      leaseOf: (session) => this.#control.leaseOf(session),
      monotonic,
      onSent: ({ index, file, bytes }) => {
        this.#happen({ kind: 'file-sent', index });
        show({ kind: 'sending', agent: index, file: basename(file.path), bytes, of: file.bytes });
      },
    });
  }

  /** Opens the door for agents. Throws a `ResultsError` with code `port` when the address is not to be had. */
  async open(): Promise<void> {
    const { listen: at, security } = this.#options.entrance;
    this.#listening = await listen(at, security, this.#control, this.#report, this.#fetch);
  }

  /** Throws a `ResultsError` where the engine cannot place the fleet; asked behind an open door, before anything is written. */
  probe(): Promise<void> {
    return this.#engine.probe(this.#run.fleet);
  }

  /** Closes the door of a run that is not to be. */
  async abandon(): Promise<void> {
    await this.#listening?.close(0);
  }

  /**
   * Runs the plan, behind an open door, from the first registration to the last farewell. Resolves when the engine has
   * no member left and the door is closed; what was appended to the journal may still be on its way to the disk.
   */
  async run(): Promise<RunEnd> {
    this.#record.journal(this.#options.opening);
    const ticks = setInterval(() => this.#happen({ kind: 'tick' }), TICK_MS);
    this.#happen({ kind: 'begin' });
    this.#begun = true;
    if (this.#earlyInterrupt !== null) this.interrupt(this.#earlyInterrupt);
    const end = await this.#ended;
    clearInterval(ticks);
    await this.#close();
    return end;
  }

  /** Stops everywhere, drains, and closes the run as interrupted, from its very beginning on. Idempotent. */
  interrupt(signal: string): void {
    if (!this.#begun) this.#earlyInterrupt ??= signal;
    else this.#happen({ kind: 'interrupt', signal });
  }

  #controlDesk(): ControlDesk {
    const { runId, plan, entrance, deadlines, calibrationMaxAgeS, wall, monotonic, drawHex } = this.#options;
    return new ControlDesk({
      runId,
      admission: entrance.admission,
      version: plan.loadcell,
      deadlines,
      calibrationMaxAgeS,
      trialSpec: (ref, index, served) =>
        trialSpec(this.#cells, plan, ref, {
          index,
          telemetry: telemetryOf(plan.telemetry, this.#run.places, index),
          served,
          coordinator: this.#address(),
        }),
      monotonic,
      monotonicOf: (atNs) => this.#origin + BigInt(Math.round(atNs)),
      drawSession: () => drawHex(16),
      ageS: ({ takenAt }) => {
        const takenMs = Date.parse(takenAt);
        return takenMs >= this.#startedWallMs ? 0 : (wall.nowMs() - takenMs) / 1000;
      },
      onEvent: (happening) => this.#happen(happening),
      onRefused: (refusal) => this.#noteRefusal(refusal),
    });
  }

  #engineDesk(): EngineDesk {
    const { engine, runId, entrance, plan, show } = this.#options;
    return new EngineDesk({
      engine,
      runId,
      token: (attempt) => entrance.admission.token(attempt),
      plan,
      address: () => this.#address(),
      onEvent: (happening) => this.#happen(happening),
      onTrouble: (message) => show({ kind: 'fault', message }),
    });
  }

  /** Where agents dial. */
  #address(): string {
    const { host, port } = this.#options.entrance.advertise;
    return authority(host, port ?? this.#listening?.port ?? 0);
  }

  /** Who was sent away is on record, the first of them; people hear of it unless it is in the nature of things. */
  #noteRefusal(refusal: { readonly code: string; readonly message: string; readonly peer: string }): void {
    if (++this.#refusals > REFUSALS_KEPT) return;
    this.#record.journal({ kind: 'agent-refused', ...refusal });
    const { code, message, peer } = refusal;
    if (isQuietRefusal(code)) return;
    this.#options.show({ kind: 'fault', message: `an agent from ${peer} was refused (${code}): ${message}` });
  }

  #now(): Ns {
    return ns(Number(this.#options.monotonic() - this.#origin));
  }

  /** Events are taken one at a time, in the order in which they happened, also when obeying one brings about another. */
  #happen(happening: Happening): void {
    this.#queue.push({ ...happening, atNs: this.#now() } as FleetEvent);
    if (this.#stepping) return;
    this.#stepping = true;
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) this.#take(event);
    this.#stepping = false;
  }

  #take(event: FleetEvent): void {
    const before = trialOf(this.#run);
    const [run, commands] = step(this.#run, event);
    this.#run = run;
    // Whoever asks for the cell of the trial that begins now must find what its load came to.
    for (const command of commands) if (command.kind === 'journal') this.#cells.learn(command.event);
    const trial = trialOf(run);
    if (trial !== null && trial !== before) this.#record.begin(trial);
    for (const command of commands) this.#obey(command);
  }

  #obey(command: FleetCommand): void {
    switch (command.kind) {
      case 'submit':
        this.#engine.submit(command);
        break;
      case 'release':
        void this.#engine.release(command.attempt);
        break;
      case 'grant':
        this.#ledger.open(command.epoch);
        this.#control.grant(command);
        break;
      case 'refuse':
        this.#control.refuse(command.link, command.code, command.message);
        break;
      case 'fence':
        this.#ledger.close(command.epoch);
        this.#control.fence(command.epoch);
        break;
      case 'journal':
        this.#record.journal(command.event);
        break;
      case 'review':
        void this.#review(command.ref);
        break;
      case 'show':
        this.#options.show(command.event);
        break;
      case 'finish':
        this.#end(command.end);
        break;
      case 'drain':
        this.#report.hurry();
        this.#control.order(command);
        break;
      default:
        this.#control.order(command satisfies AgentCommand);
    }
  }

  /** Once everything that was journaled before is on disk. */
  async #review(ref: TrialRef): Promise<void> {
    await this.#record.settled();
    const review = await this.#options.review(ref);
    this.#happen({ kind: 'reviewed', ref, review });
  }

  /** The door closes, and every member of the engine ends. */
  async #close(): Promise<void> {
    await Promise.all([this.#listening?.close(STREAMS_GRACE_MS), this.#engine.close()]);
  }
}
