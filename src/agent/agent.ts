import type { Client } from '@grpc/grpc-js';
import {
  type Calibrate,
  type ControlResponse,
  FleetService,
  type Lease as LeaseMessage,
} from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { type BidiClient, bidiClient } from '../wire/service.ts';
import type { AgentEnd } from './agent-end.ts';
import { type AgentCommand, type AgentEvent, type AgentState, type Answer, NEW_AGENT, step } from './agent-state.ts';
import type { CalibrationCache } from './calibration-cache.ts';
import { type ChannelSecurity, openChannel, troubleOf } from './channel.ts';
import { toAgentClock } from './clock-offset.ts';
import { ClockSync } from './clock-sync.ts';
import { ControlLink } from './control-link.ts';
import type { TrialFiles } from './files/trial-files.ts';
import type { NodeTelemetry } from './node-telemetry.ts';
import type { HostFacts } from './proc-stat.ts';
import type { FromRunner } from './runner/messages.ts';
import type { Runners } from './runner-process.ts';
import {
  answerWords,
  bye,
  calibrationRequestOf,
  clockProbe,
  heartbeat,
  type Identity,
  registration,
  trialSpecOf,
} from './speech.ts';
import type { Spool } from './spool.ts';
import { Tenure } from './tenure.ts';
import { Uplink } from './uplink.ts';

export interface AgentOptions {
  /** Where the coordinator listens: `host:port`. */
  readonly coordinator: string;
  /** Null: streams are not encrypted. */
  readonly security: ChannelSecurity | null;
  readonly identity: Identity;
  /** Nanoseconds of the node's monotonic clock, as runners read it too. */
  readonly monotonic: () => bigint;
  readonly hostFacts: () => HostFacts;
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
  /** How long the coordinator is looked for before the first lease. */
  readonly registerWithinMs: number;
  /** One sentence that is worth a person's attention and stops nothing. */
  readonly warn: (sentence: string) => void;
}

/** Under which an agent asks for files. */
type FileLease = Pick<LeaseMessage, 'session' | 'epoch'>;

/** How long the coordinator may take to close the streams after the agent has said bye. */
const PARTING_MS = 2_000;
/** How long an interrupted agent delivers what it has. */
const INTERRUPT_MS = 3_000;

/**
 * The process on a node that offers load: keeps its lease, its clock and its promises to the coordinator, and has
 * runners do the work. Carries out what {@link step} decides.
 */
export class Agent {
  readonly #options: AgentOptions;
  readonly #channel: Client;
  readonly #control: ControlLink;
  readonly #uplink: Uplink;
  readonly #clock: ClockSync;
  readonly #runners: Runners;
  readonly #tenure: Tenure;
  readonly #telemetry: NodeTelemetry;
  readonly #files: TrialFiles;
  readonly #registration: NodeJS.Timeout;
  readonly #ended = Promise.withResolvers<AgentEnd>();
  #state: AgentState = NEW_AGENT;
  #lease: FileLease | null = null;
  /** When the registration on the present stream was sent. */
  #askedAt = 0n;
  #interruptedBy: string | null = null;
  #over = false;

  constructor(options: AgentOptions) {
    const { monotonic } = options;
    this.#options = options;
    this.#runners = options.runners;
    this.#runners.prepareSpare();
    this.#channel = openChannel(options.coordinator, options.security);
    const fleet = bidiClient(this.#channel, FleetService);
    this.#clock = new ClockSync(monotonic, {
      send: (t1, finding) => this.#control.say(clockProbe(t1, finding)),
      isOpen: () => this.#control.isOpen && this.#state.life.kind !== 'draining',
    });
    this.#tenure = new Tenure(
      monotonic,
      (epoch) => this.#beat(epoch),
      () => this.#dispatch({ kind: 'lease-expired' }),
    );
    this.#uplink = new Uplink({
      channel: this.#channel,
      fleet,
      spool: options.spool,
      onDelivered: () => this.#deliver(),
    });
    this.#files = options.files(() => this.#lease);
    this.#telemetry = options.telemetry((bytes) => this.#uplink.report(bytes, 'telemetry'));
    this.#control = new ControlLink(this.#channel, fleet, {
      onOpen: () => this.#register(),
      onResponse: (message) => this.#onResponse(message),
      onDetached: () => this.#tenure.detached(),
    });
    this.#registration = setTimeout(() => void this.#giveUp(fleet), options.registerWithinMs);
  }

  /** Resolves when the agent's life is over and nothing of it is left but the spool of a lost lease. */
  get ended(): Promise<AgentEnd> {
    return this.#ended.promise;
  }

  /** Stops the load, delivers what there is for at most 3 s, and ends. */
  interrupt(signal: string): void {
    if (this.#interruptedBy !== null) return;
    this.#interruptedBy = signal;
    if (!this.#control.attached && this.#uplink.isDelivered) {
      this.#end({ kind: 'interrupted', signal });
      return;
    }
    setTimeout(() => this.#end({ kind: 'interrupted', signal }), INTERRUPT_MS).unref();
    this.#dispatch({ kind: 'runner-fault', code: 'own-fault', message: `the agent was told to end by ${signal}` });
    this.#dispatch({ kind: 'drain' });
  }

  /** No lease has come in time: says why, as far as that can be known. */
  async #giveUp(fleet: BidiClient<typeof FleetService>): Promise<void> {
    this.#end({ kind: 'never-registered', why: this.#control.trouble ?? (await troubleOf(fleet)) });
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
    if (!this.#over) this.#control.say(answerWords(answer));
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

  #register(): void {
    this.#askedAt = this.#options.monotonic();
    this.#control.say(registration(this.#options.identity));
  }

  #onResponse(message: ControlResponse['message']): void {
    switch (message.case) {
      case 'lease':
        this.#onLease(message.value);
        break;
      case 'leaseRenewed':
        this.#tenure.renewed(message.value.epoch);
        break;
      case 'refused':
        this.#end({ kind: 'refused', code: message.value.code, message: message.value.message });
        break;
      case 'clockReply': {
        const { t1Ns, t2Ns, t3Ns } = message.value;
        this.#clock.answered({ t1: t1Ns, t2: t2Ns, t3: t3Ns });
        break;
      }
      case 'calibrate':
        void this.#onCalibrate(message.value);
        break;
      case 'drain':
        this.#dispatch({ kind: 'drain' });
        break;
      case 'prepare':
      case 'start':
      case 'stop':
        if (message.value.epoch === this.#tenure.epoch) this.#onTrialCommand(message);
        break;
    }
  }

  #onTrialCommand(message: Extract<ControlResponse['message'], { case: 'prepare' | 'start' | 'stop' }>): void {
    const { command } = message.value;
    const now = this.#options.monotonic();
    const finding = this.#clock.finding();
    switch (message.case) {
      case 'prepare': {
        const spec = trialSpecOf(message.value);
        this.#telemetry.prepare(spec);
        this.#dispatch({ kind: 'prepare', command, spec });
        break;
      }
      case 'start': {
        const { zeroNs, warmupNs } = message.value;
        const zero = finding === null ? null : toAgentClock(zeroNs, finding);
        this.#dispatch({ kind: 'start', command, zero, warmupNs, now });
        break;
      }
      case 'stop': {
        const at = finding === null ? now : toAgentClock(message.value.atNs, finding);
        this.#dispatch({ kind: 'stop', at, lastSeq: this.#uplink.lastSeq });
        break;
      }
    }
  }

  async #onCalibrate(order: Calibrate): Promise<void> {
    const request = calibrationRequestOf(order);
    const cached = await this.#options.calibrations.find(request, request.maxAgeS);
    this.#dispatch({ kind: 'calibrate', command: order.command, request, cached });
  }

  async #keepCalibration(result: Parameters<CalibrationCache['keep']>[0]): Promise<void> {
    const problem = await this.#options.calibrations.keep(result);
    if (problem !== null) this.#options.warn(problem);
  }

  #onLease({ session, epoch, ttlMs, heartbeatMs }: LeaseMessage): void {
    clearTimeout(this.#registration);
    const before = this.#tenure.epoch;
    this.#tenure.grant({ session, epoch, ttlMs, heartbeatMs }, this.#askedAt);
    this.#uplink.lease(session, epoch);
    this.#lease = { session, epoch };
    this.#clock.begin();
    this.#dispatch({ kind: 'leased', anew: before === null || before === epoch ? 'same-epoch' : 'other-epoch' });
    this.#deliver();
  }

  #beat(epoch: bigint): 'sent' | 'not-sent' {
    if (!this.#control.isOpen) return 'not-sent';
    this.#control.say(heartbeat(epoch, this.#options.hostFacts()));
    return 'sent';
  }

  /** When no more trials come and everything is acknowledged, the clock is probed a last time. */
  #deliver(): void {
    const { life } = this.#state;
    if (life.kind !== 'draining' || !this.#uplink.isDelivered || !this.#control.attached) return;
    this.#clock.finish(() => this.#dispatch({ kind: 'delivered' }));
  }

  #conclude(why: Extract<AgentCommand, { readonly kind: 'end' }>['why']): void {
    if (why === 'lease-expired') {
      const unacknowledged = this.#uplink.isDelivered ? null : this.#options.spool.path;
      this.#end({ kind: 'lease-expired', unacknowledged });
      return;
    }
    this.#control.say(bye(this.#uplink.lastSeq, this.#clock.finding()));
    const signal = this.#interruptedBy;
    this.#end(signal === null ? { kind: 'delivered' } : { kind: 'interrupted', signal });
  }

  #end(how: AgentEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#runners.endAll();
    this.#telemetry.close();
    this.#tenure.close();
    this.#clock.close();
    clearTimeout(this.#registration);
    const graceMs = how.kind === 'delivered' || how.kind === 'interrupted' ? PARTING_MS : 0;
    void Promise.all([this.#control.close(graceMs), this.#uplink.close(graceMs), this.#files.close()]).then(() => {
      this.#channel.close();
      this.#ended.resolve(how);
    });
  }
}
