import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { ReportRequest, ReportResponse } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { AckPace } from './ack-pace.ts';
import type { IntervalLedger } from './interval-ledger.ts';
import { onDetached, PacedWriter } from './paced-writer.ts';
import type { RefusalCode } from './place.ts';

type Call = ServerDuplexStream<ReportRequest, ReportResponse>;

export interface Lease {
  readonly index: number;
  readonly epoch: number;
}

export interface ReportOptions {
  readonly ledger: IntervalLedger;
  /** The place and epoch behind a lease's name; null when there is none, or no more. */
  leaseOf(session: string): Lease | null;
  /**
   * Puts an interval into the journal, or what an agent observed beside it; resolves once it is on disk, rejects when
   * it cannot be. Returns a sentence in place of a promise when the bytes can be no evidence.
   */
  store(lease: Lease, seq: number, interval: Uint8Array): Promise<void> | string;
  observe(lease: Lease, seq: number, telemetry: Uint8Array): Promise<void> | string;
  /** Told of every lease that is refused, the first time that somebody reports under it. */
  onRefused(refusal: { readonly code: RefusalCode; readonly message: string; readonly peer: string }): void;
}

const LEASE_OVER = 'the lease is over, or never was: nothing that is reported under it is taken any more';
/** An agent that is fenced dials again and again until it hears of it. */
const REFUSALS_REMEMBERED = 1_000;

/**
 * The report streams of all agents. An interval is taken once, in order, and acknowledged when it is on disk and not
 * before; what was sent twice is acknowledged again and stored no more. What reached the disk together is acknowledged
 * together.
 */
export class ReportDesk {
  readonly #options: ReportOptions;
  readonly #calls = new Set<PacedWriter<ReportResponse>>();
  readonly #pace = new AckPace(() => this.#calls.size);
  /** Names of leases that were refused. */
  readonly #refused = new Set<string>();

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  /** Serves one report stream. */
  accept(call: Call): void {
    const writer = new PacedWriter<ReportResponse>(call);
    this.#calls.add(writer);
    let stream: ReportStream | null = null;
    call.on('data', (request: ReportRequest) => {
      if (stream === null) {
        const lease = this.#options.leaseOf(request.session);
        if (lease === null || BigInt(lease.epoch) !== request.epoch) {
          this.#refuse(call, writer, request.session);
          return;
        }
        stream = new ReportStream(this.#options, this.#pace, lease, writer);
        stream.greet();
      }
      if (request.seq === 0n) return;
      const refusal = stream.take(Number(request.seq), request);
      if (refusal !== null) this.#abort(call, writer, status.FAILED_PRECONDITION, refusal);
    });
    onDetached(call, () => {
      this.#calls.delete(writer);
      writer.end();
    });
  }

  /** Agents are told to leave: what is on disk is acknowledged at once from now on. */
  hurry(): void {
    this.#pace.hurry();
  }

  /** Ends every stream. */
  close(): void {
    for (const writer of this.#calls) writer.end();
  }

  #refuse(call: Call, writer: PacedWriter<ReportResponse>, session: string): void {
    if (!this.#refused.has(session) && this.#refused.size < REFUSALS_REMEMBERED) {
      this.#refused.add(session);
      this.#options.onRefused({ code: 'fenced', message: LEASE_OVER, peer: call.getPeer() });
    }
    this.#abort(call, writer, status.PERMISSION_DENIED, LEASE_OVER);
  }

  #abort(call: Call, writer: PacedWriter<ReportResponse>, code: status, details: string): void {
    writer.drop();
    this.#calls.delete(writer);
    call.emit('error', { code, details });
  }
}

/** What a request carries: one of the two is empty. */
type Cargo = Pick<ReportRequest, 'interval' | 'telemetry'>;

class ReportStream {
  readonly #options: ReportOptions;
  readonly #pace: AckPace;
  readonly #lease: Lease;
  readonly #writer: PacedWriter<ReportResponse>;

  constructor(options: ReportOptions, pace: AckPace, lease: Lease, writer: PacedWriter<ReportResponse>) {
    this.#options = options;
    this.#pace = pace;
    this.#lease = lease;
    this.#writer = writer;
  }

  /** Says what is on disk and what is wanted next. */
  greet(): void {
    this.#acknowledge();
  }

  /** Null when the interval is in good hands; otherwise why this stream cannot go on. */
  take(seq: number, request: Cargo): string | null {
    const { ledger } = this.#options;
    const { epoch } = this.#lease;
    switch (ledger.offer(epoch, seq)) {
      case 'repeated':
        this.#pace.due(this.#acknowledge);
        return null;
      case 'gap':
        return `interval ${seq}: expected interval ${ledger.resumeFrom(epoch) ?? 0} first`;
      case 'fenced':
        return 'the lease is over';
      case 'take':
        return this.#store(seq, request);
    }
  }

  #store(seq: number, { interval, telemetry }: Cargo): string | null {
    const { ledger } = this.#options;
    const { epoch } = this.#lease;
    const durable =
      telemetry.length > 0
        ? this.#options.observe(this.#lease, seq, telemetry)
        : this.#options.store(this.#lease, seq, interval);
    if (typeof durable === 'string') return durable;
    ledger.taken(epoch);
    durable.then(
      () => {
        ledger.stored(epoch, seq);
        this.#pace.due(this.#acknowledge);
      },
      () => this.#writer.end(),
    );
    return null;
  }

  readonly #acknowledge = (): void => {
    const { ledger } = this.#options;
    const ackThrough = ledger.ackThrough(this.#lease.epoch);
    const resumeFrom = ledger.resumeFrom(this.#lease.epoch);
    if (ackThrough === null || resumeFrom === null) return;
    this.#writer.write(acknowledgement(BigInt(ackThrough), BigInt(resumeFrom)));
  };
}

/** Said once per interval of every agent: a literal costs a tenth of what `create` does. */
const acknowledgement = (ackThrough: bigint, resumeFrom: bigint): ReportResponse => ({
  $typeName: 'loadcell.v1.ReportResponse',
  ackThrough,
  resumeFrom,
});
