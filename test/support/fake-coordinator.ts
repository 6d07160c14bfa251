import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import {
  type ControlRequest,
  type ControlResponse,
  ControlResponseSchema,
  FleetService,
  type Interval,
  type ReportRequest,
  type ReportResponse,
  ReportResponseSchema,
} from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { decodeInterval } from '../../src/wire/interval-codec.ts';
import { addBidiService } from '../../src/wire/service.ts';
import type { TrialSpec } from '../../src/wire/trial-spec.ts';
import { CuttableLine } from './cuttable-line.ts';

type Said = ControlRequest['message'];
type Told = NonNullable<MessageInitShape<typeof ControlResponseSchema>['message']>;
type Word<C extends Said['case']> = Extract<Said, { case: C }>;
type ControlCall = ServerDuplexStream<ControlRequest, ControlResponse>;
type ReportCall = ServerDuplexStream<ReportRequest, ReportResponse>;

/** What its leases ask for. */
export const HEARTBEAT_MS = 50;

export interface Manners {
  readonly ttlMs: number;
  /** How far its clock runs ahead of the node's. */
  readonly aheadNs: bigint;
  /** `silent`: heartbeats are not answered. */
  renewals: 'answered' | 'silent';
  /** `withheld`: intervals are taken and not acknowledged. */
  acknowledgements: 'given' | 'withheld';
  /** Refuses every registration with this code. */
  refusal: string | null;
}

export const GOOD_MANNERS: Manners = {
  ttlMs: 15_000,
  aheadNs: 5_000_000_000n,
  renewals: 'answered',
  acknowledgements: 'given',
  refusal: null,
};

/** A coordinator for the agent's tests, over real gRPC: grants leases, answers probes, keeps what is reported. */
export class FakeCoordinator {
  readonly manners: Manners;
  readonly said: Said[] = [];
  /** Sequence numbers in the order in which they came, those sent again included. */
  readonly reported: number[] = [];
  /** What was reported under each number, as it came last. */
  readonly intervals = new Map<number, Interval>();
  readonly #server = new Server();
  #line: CuttableLine | null = null;
  readonly #controls = new Set<ControlCall>();
  #waiting: (() => void)[] = [];
  #durable = 0;
  #command = 0n;
  port = 0;

  constructor(manners: Partial<Manners> = {}) {
    this.manners = { ...GOOD_MANNERS, ...manners };
    addBidiService(this.#server, FleetService, {
      control: (call) => this.#onControl(call),
      report: (call) => this.#onReport(call),
      fetch: (call) => call.end(),
    });
  }

  async listen(): Promise<void> {
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    this.#line = new CuttableLine(port);
    this.port = await this.#line.listen();
  }

  now(): bigint {
    return process.hrtime.bigint() + this.manners.aheadNs;
  }

  /** To every agent that is attached. */
  tell(message: Told): void {
    for (const call of this.#controls) answer(call, message);
  }

  /** For an agent whose runner only plays a part. */
  prepare(scenario: string): bigint {
    return this.prepareSpec({ cell: 0, trial: 1, attempt: 1, scenario });
  }

  prepareSpec(spec: Partial<TrialSpec>): bigint {
    const command = ++this.#command;
    const specJson = JSON.stringify(spec);
    this.tell({ case: 'prepare', value: { epoch: 1n, command, specJson } });
    return command;
  }

  start(inMs: number): bigint {
    const command = ++this.#command;
    const zeroNs = this.now() + BigInt(inMs) * 1_000_000n;
    this.tell({ case: 'start', value: { epoch: 1n, command, zeroNs, warmupNs: 0n } });
    return command;
  }

  stop(): bigint {
    const command = ++this.#command;
    this.tell({ case: 'stop', value: { epoch: 1n, command, atNs: this.now(), reason: 'test' } });
    return command;
  }

  calibrate(maxAgeS: number): bigint {
    const command = ++this.#command;
    const specJson = JSON.stringify({ driver: 'in-process', size: null, pacing: 'precise', workers: 1, maxAgeS });
    this.tell({ case: 'calibrate', value: { command, specJson } });
    return command;
  }

  drain(): void {
    this.tell({ case: 'drain', value: { reason: 'test' } });
  }

  /** The first thing of a kind that was said and not yet taken; waits for it. */
  async heard<C extends Said['case']>(kind: C): Promise<NonNullable<Word<C>['value']>> {
    for (;;) {
      const at = this.said.findIndex((said) => said.case === kind);
      const [found] = at < 0 ? [] : this.said.splice(at, 1);
      if (found !== undefined) return found.value as NonNullable<Word<C>['value']>;
      await this.#news();
    }
  }

  /** Resolves once an interval of this sequence number has come. */
  async hasReported(seq: number): Promise<void> {
    while (!this.reported.includes(seq)) await this.#news();
  }

  /** Breaks every connection; new ones are taken. */
  cut(): void {
    this.#line?.cut();
  }

  close(): void {
    this.#line?.close();
    this.#server.forceShutdown();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #onControl(call: ControlCall): void {
    this.#controls.add(call);
    call.on('data', ({ message }: ControlRequest) => {
      const received = this.now();
      if (message.case === 'register') this.#onRegister(call);
      if (message.case === 'heartbeat' && this.manners.renewals === 'answered') {
        answer(call, { case: 'leaseRenewed', value: { epoch: 1n } });
      }
      if (message.case === 'clockProbe') {
        const { t1Ns } = message.value;
        answer(call, { case: 'clockReply', value: { t1Ns, t2Ns: received, t3Ns: this.now() } });
      }
      this.said.push(message);
      this.#wake();
    });
    call.on('end', () => call.end());
    call.on('error', () => {});
    call.on('close', () => this.#controls.delete(call));
  }

  #onRegister(call: ControlCall): void {
    const { refusal, ttlMs } = this.manners;
    if (refusal !== null) answer(call, { case: 'refused', value: { code: refusal, message: 'not you' } });
    else answer(call, { case: 'lease', value: { session: 's', epoch: 1n, ttlMs, heartbeatMs: HEARTBEAT_MS } });
  }

  #onReport(call: ReportCall): void {
    call.on('data', ({ seq, interval }: ReportRequest) => {
      if (seq > 0n) this.reported.push(Number(seq));
      if (interval.length > 0) this.intervals.set(Number(seq), decodeInterval(interval));
      if (this.manners.acknowledgements === 'given' && Number(seq) === this.#durable + 1) this.#durable++;
      const ackThrough = BigInt(this.#durable);
      call.write(create(ReportResponseSchema, { ackThrough, resumeFrom: ackThrough + 1n }));
      this.#wake();
    });
    call.on('end', () => call.end());
    call.on('error', () => {});
  }
}

const answer = (call: ControlCall, message: Told): boolean => call.write(create(ControlResponseSchema, { message }));
