import { create } from '@bufbuild/protobuf';
import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import {
  type ControlRequest,
  ControlRequestSchema,
  type ControlResponse,
  FleetService,
  IntervalSchema,
  type ReportRequest,
  ReportRequestSchema,
  type ReportResponse,
} from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { encodeInterval } from '../../src/wire/interval-codec.ts';
import { COORDINATOR_NAME } from '../../src/wire/join-token.ts';
import { bidiClient } from '../../src/wire/service.ts';
import { pemOf } from '../../src/wire/x509.ts';
import { aCalibration, someFacts } from './run-play.ts';

type Reply = ControlResponse['message'];
type ReplyCase = NonNullable<Reply['case']>;
type ReplyOf<C extends ReplyCase> = Extract<Reply, { case: C }>;
type ValueOf<C extends ReplyCase> = Extract<NonNullable<ReplyOf<C>>, { value: unknown }>['value'];
type WordInit = NonNullable<NonNullable<Parameters<typeof create<typeof ControlRequestSchema>>[1]>['message']>;

/** Things that came in, in order, for a test to take one by one as they come. */
class Inbox<T> {
  readonly #came: T[] = [];
  #wake: (() => void)[] = [];

  put(one: T): void {
    this.#came.push(one);
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** The first that fits, now or later; those before it are dropped. */
  async take<S extends T>(fits: (one: T) => one is S): Promise<S> {
    for (;;) {
      const index = this.#came.findIndex(fits);
      if (index >= 0) return this.#came.splice(0, index + 1)[index] as S;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  get size(): number {
    return this.#came.length;
  }
}

export interface FakeAgentOptions {
  readonly address: string;
  readonly runId: string;
  readonly token: string;
  readonly index: number;
  readonly attempt?: number;
  readonly nonce?: string;
  readonly nodeJson?: string;
  readonly version?: string;
  /** Certificate of the run's authority, DER: dials over TLS, without a certificate of its own. Absent: unencrypted. */
  readonly authority?: Uint8Array;
}

/** Channels of one process to one address would share one connection; agents are processes. */
const OWN_CONNECTION = { 'grpc.use_local_subchannel_pool': 1 };

/** An agent without a runner: says on real streams exactly what a test lets it say. */
export class FakeAgent {
  readonly #options: FakeAgentOptions;
  readonly #channel: Client;
  readonly #inbox = new Inbox<Reply>();
  readonly #control: ClientDuplexStream<ControlRequest, ControlResponse>;
  /** Resolves when the control stream is over. */
  readonly detached: Promise<void>;

  constructor(options: FakeAgentOptions) {
    this.#options = options;
    const trust = options.authority === undefined ? null : Buffer.from(pemOf(options.authority));
    this.#channel = new Client(
      options.address,
      trust === null ? credentials.createInsecure() : credentials.createSsl(trust),
      { ...OWN_CONNECTION, ...(trust === null ? {} : { 'grpc.ssl_target_name_override': COORDINATOR_NAME }) },
    );
    this.#control = bidiClient(this.#channel, FleetService).control(new Metadata());
    this.#control.on('data', ({ message }: ControlResponse) => this.#inbox.put(message));
    this.#control.on('error', () => {});
    this.detached = new Promise((resolve) => this.#control.on('close', resolve).on('end', resolve));
  }

  say(message: WordInit): void {
    this.#control.write(create(ControlRequestSchema, { message }));
  }

  register(): void {
    const { runId, token, index } = this.#options;
    const value = {
      runId,
      token,
      index,
      attempt: this.#options.attempt ?? 1,
      nonce: this.#options.nonce ?? `nonce-${index}`,
      version: this.#options.version ?? '0.1.0',
      pid: 4711,
      nodeJson: this.#options.nodeJson ?? JSON.stringify({ id: 'node-a', cpu: 'some' }),
    };
    this.say({ case: 'register', value });
  }

  async hear<C extends ReplyCase>(wanted: C): Promise<ValueOf<C>> {
    const reply: Reply = await this.#inbox.take((one): one is Reply => one.case === wanted);
    return reply.value as ValueOf<C>;
  }

  report(): FakeReport {
    return new FakeReport(bidiClient(this.#channel, FleetService).report(new Metadata()));
  }

  /** Answers a calibration order. */
  async calibrate(): Promise<void> {
    const { command, specJson } = await this.hear('calibrate');
    const result = { ...aCalibration, ...JSON.parse(specJson), takenAt: new Date().toISOString() };
    this.say({ case: 'calibrated', value: { command, resultJson: JSON.stringify(result) } });
  }

  /** Gets ready and armed for the next trial; returns its PREPARE. */
  async arm(): Promise<ValueOf<'prepare'>> {
    const prepare = await this.hear('prepare');
    this.say({ case: 'ready', value: { command: prepare.command, factsJson: JSON.stringify(someFacts) } });
    const { command } = await this.hear('start');
    this.say({ case: 'armed', value: { command, inTime: true, marginNs: 40_000_000n } });
    return prepare;
  }

  async leave(): Promise<void> {
    await this.hear('drain');
    this.say({ case: 'bye', value: { lastSeq: 0n, offset: { offsetNs: 0n, boundNs: 100_000n, driftPpm: 0 } } });
  }

  /** Ends the control stream; the process, so to speak, lives on. */
  detach(): void {
    this.#control.cancel();
  }

  close(): void {
    this.#control.cancel();
    this.#channel.close();
  }
}

/** A report stream. */
export class FakeReport {
  readonly #stream: ClientDuplexStream<ReportRequest, ReportResponse>;
  readonly #inbox = new Inbox<ReportResponse>();
  /** Resolves with the details of the failure that ended the stream; empty when it ended in order. */
  readonly failure: Promise<string>;

  constructor(stream: ClientDuplexStream<ReportRequest, ReportResponse>) {
    this.#stream = stream;
    stream.on('data', (response: ReportResponse) => this.#inbox.put(response));
    this.failure = new Promise((resolve) => {
      stream.on('error', (error: Error & { details?: string }) => resolve(error.details ?? error.message));
      stream.on('end', () => setImmediate(() => resolve('')));
    });
  }

  greet(lease: { readonly session: string; readonly epoch: bigint }): void {
    this.#stream.write(create(ReportRequestSchema, lease));
  }

  send(seq: number, interval: Uint8Array): void {
    this.#stream.write(create(ReportRequestSchema, { seq: BigInt(seq), interval }));
  }

  response(): Promise<ReportResponse> {
    return this.#inbox.take((one): one is ReportResponse => one !== undefined);
  }

  /** Waits until everything through `seq` is acknowledged. */
  acknowledged(seq: number): Promise<ReportResponse> {
    return this.#inbox.take((one): one is ReportResponse => one.ackThrough >= BigInt(seq));
  }

  /** Responses that came and were not taken. */
  get pending(): number {
    return this.#inbox.size;
  }

  cut(): void {
    this.#stream.cancel();
  }
}

/** Second `seq` of the first trial of cell 0 as agent `agent` saw it, with nothing settled. */
type IntervalInit = NonNullable<Parameters<typeof create<typeof IntervalSchema>>[1]>;
export const anInterval = (agent: number, seq: number, change: Partial<IntervalInit> = {}): Uint8Array =>
  encodeInterval(
    create(IntervalSchema, {
      cell: 0,
      trial: 1,
      attempt: 1,
      agent,
      seq,
      startNs: BigInt(seq - 1) * 1_000_000_000n,
      endNs: BigInt(seq) * 1_000_000_000n,
      phases: [{ phase: 0, offered: 10, started: 10, achieved: 10 }],
      ...change,
    } as IntervalInit),
  );
