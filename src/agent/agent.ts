import type { AgentEnd } from './agent-end.ts';
import { type AgentCommand, type AgentEvent, type AgentState, type Answer, NEW_AGENT, step } from './agent-state.ts';
import type { CalibrationCache } from './calibration-cache.ts';
import type { CoordinatorLine } from './coordinator-line.ts';
import type { FileLease } from './files/file-source.ts';
import type { TrialFiles } from './files/trial-files.ts';
import type { FromLine, LineOptions, Order } from './line-words.ts';
import type { NodeTelemetry } from './node-telemetry.ts';
import type { FromRunner } from './runner/messages.ts';
import type { Runners } from './runner-process.ts';
import { answerWords, calibrationRequestOf, ending, trialSpecOf } from './speech.ts';
import type { Spool } from './spool.ts';
import { Uplink } from './uplink.ts';

export interface AgentOptions extends LineOptions {
  /** The streams to the coordinator, which nobody has opened yet; closed with the agent. */
  readonly line: CoordinatorLine;
  /** Nanoseconds of the node's monotonic clock, as runners read it too. */
  readonly monotonic: () => bigint;
  /** Names that clock; null: not known. */
  readonly clock: string | null;
  /** Ended with the agent. */
  readonly runners: Runners;
  readonly calibrations: CalibrationCache;
  readonly spool: Spool;
  /** Given what it observes to report, and nothing else. */
  readonly telemetry: (report: (bytes: Uint8Array) => void) => NodeTelemetry;
  /** Given under which lease to ask for files; null: there is none yet. */
  readonly files: (lease: () => FileLease | null) => TrialFiles;
  /** Shown every sealed interval, as it is encoded; absent: nobody looks. */
  readonly onInterval?: (payload: Uint8Array) => void;
  /** One sentence that is worth a person's attention and stops nothing. */
  readonly warn: (sentence: string) => void;
}

/** How long the coordinator may take to close the streams after the agent has said bye. */
const PARTING_MS = 2_000;
/** How long an interrupted agent delivers what it has. */
const INTERRUPT_MS = 3_000;

/**
 * The process on a node that offers load: keeps its promises to the coordinator, and has runners do the work. Carries out
 * what {@link step} decides. Lease, clock and streams are kept by a thread of their own ({@link CoordinatorLine}).
 */
export class Agent {
  readonly #options: AgentOptions;
  readonly #line: CoordinatorLine;
  readonly #uplink: Uplink;
  readonly #runners: Runners;
  readonly #telemetry: NodeTelemetry;
  readonly #files: TrialFiles;
  readonly #ended = Promise.withResolvers<AgentEnd>();
  #state: AgentState = NEW_AGENT;
  #lease: FileLease | null = null;
  #isAttached = false;
  #interruptedBy: string | null = null;
  #over = false;

  constructor(options: AgentOptions) {
    const { line, coordinator, authority, identity, registerWithinMs } = options;
    this.#options = options;
    this.#runners = options.runners;
    this.#runners.prepareSpare();
    this.#line = line;
    this.#uplink = new Uplink({
      spool: options.spool,
      send: (stream, entry) => line.tell({ kind: 'report', stream, entry }),
      onDelivered: () => this.#deliver(),
    });
    this.#files = options.files(() => this.#lease);
    this.#telemetry = options.telemetry((bytes) => this.#uplink.report(bytes, 'telemetry'));
    line.listen({
      onMessage: (message) => this.#onLine(message),
      onError: (error) => this.#ended.reject(error),
    });
    line.tell({ kind: 'open', options: { coordinator, authority, identity, registerWithinMs } });
  }

  /** Resolves when the agent's life is over and nothing of it is left but the spool of a lost lease. */
  get ended(): Promise<AgentEnd> {
    return this.#ended.promise;
  }

  /** Says so, stops the load, delivers what there is for at most 3 s, and ends. */
  interrupt(signal: string): void {
    if (this.#interruptedBy !== null) return;
    this.#interruptedBy = signal;
    if (!this.#isAttached && this.#uplink.isDelivered) {
      this.#end({ kind: 'interrupted', signal });
      return;
    }
    this.#line.tell({ kind: 'say', words: ending(signal) });
    setTimeout(() => this.#end({ kind: 'interrupted', signal }), INTERRUPT_MS).unref();
    this.#dispatch({ kind: 'runner-fault', code: 'own-fault', message: `the agent was told to end by ${signal}` });
    this.#dispatch({ kind: 'drain' });
  }

  #dispatch(event: AgentEvent): void {
    if (this.#over) return;
    const [state, commands] = step(this.#state, event);
    this.#state = state;
    for (const command of commands) this.#carryOut(command);
    if (state.life.kind === 'idle') this.#runners.prepareSpare();
  }

  #carryOut(command: AgentCommand): void {
    switch (command.kind) {
      case 'say':
        void this.#say(command.answer);
        break;
      case 'start-runner':
        this.#runners.serve(command.message, {
          onMessage: (message) => this.#onRunner(message),
          onEnd: (how) => this.#dispatch({ kind: 'runner-ended', how }),
        });
        break;
      case 'tell-runner':
        this.#runners.tell(command.message);
        break;
      case 'provide-files':
        void this.#provide(command);
        break;
      case 'end-runner':
        this.#files.abandon();
        this.#runners.endServing();
        break;
      case 'release-runner':
        this.#runners.releaseServing();
        break;
      case 'keep-calibration':
        void this.#keepCalibration(command.result);
        break;
      case 'deliver':
        this.#deliver();
        break;
      case 'end':
        this.#conclude(command.why);
        break;
    }
  }

  async #provide({ command, spec }: Extract<AgentCommand, { readonly kind: 'provide-files' }>): Promise<void> {
    const provision = await this.#files.provide(spec);
    if (provision !== null) this.#dispatch({ ...provision, command });
  }

  /** Ready is said once the sampler has loaded; that a trial is over after its last readings: what is judged has them. */
  async #say(answer: Answer): Promise<void> {
    if (answer.kind === 'ready') await this.#telemetry.settled();
    if (answer.kind === 'trial-done') await this.#telemetry.concluded();
    if (answer.kind === 'armed' && answer.inTime && this.#state.life.kind === 'armed') {
      this.#telemetry.armed(this.#state.life.zero);
    }
    if (!this.#over) this.#line.tell({ kind: 'say', words: answerWords(answer, this.#options.clock) });
  }

  #onRunner(message: FromRunner): void {
    switch (message.kind) {
      case 'ready':
        this.#dispatch({ kind: 'runner-ready', facts: message.facts });
        break;
      case 'interval':
        this.#uplink.report(message.payload);
        this.#options.onInterval?.(message.payload);
        break;
      case 'done':
        this.#dispatch({ kind: 'runner-done', lastSeq: this.#uplink.lastSeq, server: message.server });
        break;
      case 'calibrating':
        break;
      case 'calibrated':
        this.#dispatch({ kind: 'runner-calibrated', result: message.result });
        break;
      case 'fault':
        this.#dispatch({ kind: 'runner-fault', code: message.code, message: message.message });
        break;
    }
  }

  #onLine(message: Exclude<FromLine, { readonly kind: 'closed' }>): void {
    switch (message.kind) {
      case 'attached':
        this.#isAttached = true;
        break;
      case 'detached':
        this.#isAttached = false;
        break;
      case 'leased':
        this.#lease = message;
        this.#uplink.lease(message.session, message.epoch);
        // The stream before, or none, may have lost it.
        if (this.#interruptedBy !== null) this.#line.tell({ kind: 'say', words: ending(this.#interruptedBy) });
        this.#dispatch({ kind: 'leased', anew: message.anew });
        this.#deliver();
        break;
      case 'ordered':
        this.#onOrder(message.order);
        break;
      case 'acknowledged':
        this.#uplink.acknowledged(message);
        break;
      case 'clock-finished':
        this.#dispatch({ kind: 'delivered' });
        break;
      case 'lease-expired':
        this.#dispatch({ kind: 'lease-expired' });
        break;
      case 'ended':
        this.#end(message.end);
        break;
    }
  }

  #onOrder(order: Order): void {
    switch (order.kind) {
      case 'calibrate':
        void this.#onCalibrate(order);
        break;
      case 'prepare': {
        const spec = trialSpecOf(order.specJson);
        this.#telemetry.prepare(spec);
        this.#dispatch({ kind: 'prepare', command: order.command, spec });
        break;
      }
      case 'start':
        this.#dispatch({ ...order, now: this.#options.monotonic() });
        break;
      case 'stop':
        this.#dispatch({ kind: 'stop', at: order.at, lastSeq: this.#uplink.lastSeq });
        break;
      case 'drain':
        this.#dispatch({ kind: 'drain' });
        break;
    }
  }

  async #onCalibrate({ command, specJson }: Extract<Order, { readonly kind: 'calibrate' }>): Promise<void> {
    const request = calibrationRequestOf(specJson);
    const cached = await this.#options.calibrations.find(request, request.maxAgeS);
    this.#dispatch({ kind: 'calibrate', command, request, cached });
  }

  async #keepCalibration(result: Parameters<CalibrationCache['keep']>[0]): Promise<void> {
    const problem = await this.#options.calibrations.keep(result);
    if (problem !== null) this.#options.warn(problem);
  }

  /** When no more trials come and everything is acknowledged, the clock is probed a last time. */
  #deliver(): void {
    if (this.#state.life.kind !== 'draining' || !this.#uplink.isDelivered || !this.#isAttached) return;
    this.#line.tell({ kind: 'finish-clock' });
  }

  #conclude(why: Extract<AgentCommand, { readonly kind: 'end' }>['why']): void {
    if (why === 'lease-expired') {
      const unacknowledged = this.#uplink.isDelivered ? null : this.#options.spool.path;
      this.#end({ kind: 'lease-expired', unacknowledged });
      return;
    }
    const signal = this.#interruptedBy;
    this.#end(signal === null ? { kind: 'delivered' } : { kind: 'interrupted', signal }, this.#uplink.lastSeq);
  }

  /** `byeSeq`: sequence number of the newest interval, said with bye; null: without a word. */
  #end(how: AgentEnd, byeSeq: number | null = null): void {
    if (this.#over) return;
    this.#over = true;
    this.#runners.endAll();
    this.#telemetry.close();
    const graceMs = how.kind === 'delivered' || how.kind === 'interrupted' ? PARTING_MS : 0;
    void Promise.all([this.#line.close(byeSeq, graceMs), this.#files.close()]).then(() => {
      this.#uplink.close();
      this.#ended.resolve(how);
    });
  }
}
