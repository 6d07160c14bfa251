import type { Client } from '@grpc/grpc-js';
import { type ControlResponse, FleetService, type Lease as LeaseMessage } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { type BidiClient, bidiClient } from '../wire/service.ts';
import { type ChannelSecurity, openChannel, troubleOf } from './channel.ts';
import { toAgentClock } from './clock-offset.ts';
import { ClockSync } from './clock-sync.ts';
import { ControlLink } from './control-link.ts';
import type { FromLine, LineOptions, Order, ToLine } from './line-words.ts';
import { ReportStream } from './report-stream.ts';
import { bye, clockProbe, heartbeat, registration } from './speech.ts';
import { Tenure } from './tenure.ts';

type PhaseCommand = Extract<ControlResponse['message'], { readonly case: 'prepare' | 'start' | 'stop' }>;

/**
 * The agent's end of its streams to the coordinator: registers, keeps the lease and the clock, and passes on what is said
 * either way. It lives in a thread of its own, so that an agent whose main thread is busy or blocked is not taken for
 * dead, and one whose lease is over is stopped whatever its main thread does.
 */
export class Line {
  readonly #options: LineOptions;
  readonly #security: ChannelSecurity | null;
  readonly #monotonic: () => bigint;
  readonly #tell: (message: FromLine) => void;
  readonly #channel: Client;
  readonly #fleet: BidiClient<typeof FleetService>;
  readonly #control: ControlLink;
  readonly #clock: ClockSync;
  readonly #tenure: Tenure;
  readonly #registration: NodeJS.Timeout;
  #report: ReportStream | null = null;
  #lease: { readonly session: string; readonly epoch: bigint } | null = null;
  /** When the registration on the present stream was sent. */
  #askedAt = 0n;
  #isFinishing = false;

  constructor(
    options: LineOptions,
    security: ChannelSecurity | null,
    monotonic: () => bigint,
    tell: (message: FromLine) => void,
  ) {
    this.#options = options;
    this.#security = security;
    this.#monotonic = monotonic;
    this.#tell = tell;
    this.#channel = openChannel(options.coordinator, security);
    this.#fleet = bidiClient(this.#channel, FleetService);
    this.#clock = new ClockSync(monotonic, {
      send: (t1, finding) => this.#control.say(clockProbe(t1, finding)),
      isOpen: () => this.#control.isOpen && !this.#isFinishing,
    });
    this.#tenure = new Tenure(
      monotonic,
      (epoch) => this.#beat(epoch),
      () => tell({ kind: 'lease-expired' }),
    );
    this.#control = new ControlLink(this.#channel, this.#fleet, {
      onOpen: () => this.#register(),
      onResponse: (message) => this.#onResponse(message),
      onDetached: () => {
        this.#tenure.detached();
        tell({ kind: 'detached' });
      },
    });
    this.#registration = setTimeout(() => void this.#giveUp(), options.registerWithinMs);
  }

  hear(message: Exclude<ToLine, { readonly kind: 'open' | 'close' }>): void {
    switch (message.kind) {
      case 'say':
        this.#control.say(message.words);
        break;
      case 'report':
        this.#report?.send(message.stream, message.entry);
        break;
      case 'finish-clock':
        this.#isFinishing = true;
        this.#clock.finish(() => this.#tell({ kind: 'clock-finished' }));
        break;
    }
  }

  /** Resolves when both streams are over, at the latest after `graceMs`. */
  async close({ byeSeq, graceMs }: Extract<ToLine, { readonly kind: 'close' }>): Promise<void> {
    if (byeSeq !== null) this.#control.say(bye(byeSeq, this.#clock.finding()));
    this.#tenure.close();
    this.#clock.close();
    clearTimeout(this.#registration);
    await Promise.all([this.#control.close(graceMs), this.#report?.close(graceMs)]);
    this.#channel.close();
  }

  /** No lease has come in time: says why, as far as that can be known. */
  async #giveUp(): Promise<void> {
    const why = this.#control.trouble ?? (await troubleOf(this.#fleet));
    this.#tell({ kind: 'ended', end: { kind: 'never-registered', why } });
  }

  #register(): void {
    this.#askedAt = this.#monotonic();
    this.#control.say(registration(this.#options.identity));
    this.#tell({ kind: 'attached' });
  }

  #beat(epoch: bigint): 'sent' | 'not-sent' {
    if (!this.#control.isOpen) return 'not-sent';
    this.#control.say(heartbeat(epoch));
    return 'sent';
  }

  #onResponse(message: ControlResponse['message']): void {
    switch (message.case) {
      case 'lease':
        this.#onLease(message.value);
        break;
      case 'leaseRenewed':
        this.#tenure.renewed(message.value.epoch);
        break;
      case 'refused': {
        const { code, message: why } = message.value;
        this.#tell({ kind: 'ended', end: { kind: 'refused', code, message: why } });
        break;
      }
      case 'clockReply': {
        const { t1Ns, t2Ns, t3Ns } = message.value;
        this.#clock.answered({ t1: t1Ns, t2: t2Ns, t3: t3Ns });
        break;
      }
      case 'calibrate': {
        const { command, specJson } = message.value;
        this.#order({ kind: 'calibrate', command, specJson });
        break;
      }
      case 'drain':
        this.#order({ kind: 'drain' });
        break;
      case 'prepare':
      case 'start':
      case 'stop':
        if (message.value.epoch === this.#tenure.epoch) this.#order(this.#phaseOrder(message));
        break;
    }
  }

  #order(order: Order): void {
    this.#tell({ kind: 'ordered', order });
  }

  #phaseOrder(message: PhaseCommand): Order {
    const finding = this.#clock.finding();
    switch (message.case) {
      case 'prepare': {
        const { command, specJson } = message.value;
        return { kind: 'prepare', command, specJson };
      }
      case 'start': {
        const { command, zeroNs, warmupNs } = message.value;
        return { kind: 'start', command, zero: finding === null ? null : toAgentClock(zeroNs, finding), warmupNs };
      }
      case 'stop': {
        const at = finding === null ? this.#monotonic() : toAgentClock(message.value.atNs, finding);
        return { kind: 'stop', at };
      }
    }
  }

  #onLease({ session, epoch, ttlMs, heartbeatMs }: LeaseMessage): void {
    clearTimeout(this.#registration);
    const before = this.#lease;
    this.#lease = { session, epoch };
    this.#tenure.grant({ session, epoch, ttlMs, heartbeatMs }, this.#askedAt);
    const anew = before === null || before.epoch === epoch ? 'same-epoch' : 'other-epoch';
    this.#tell({ kind: 'leased', session, epoch, security: this.#security, anew });
    if (before?.session !== session || before.epoch !== epoch) this.#reportUnder({ session, epoch });
    this.#clock.begin();
  }

  #reportUnder(lease: { readonly session: string; readonly epoch: bigint }): void {
    void this.#report?.close(0);
    this.#report = new ReportStream({
      channel: this.#channel,
      fleet: this.#fleet,
      lease,
      firstStream: (this.#report?.number ?? 0) + 1,
      tell: (message) => this.#tell(message),
    });
  }
}
