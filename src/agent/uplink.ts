import { type Client, Metadata } from '@grpc/grpc-js';
import {
  type FleetService,
  type ReportRequest,
  ReportRequestSchema,
  type ReportResponse,
} from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { mergeEncoded } from '../wire/interval-merge.ts';
import { create } from '../wire/protobuf.ts';
import type { BidiClient } from '../wire/service.ts';
import { DialledStream } from './dialled-stream.ts';
import { type Cargo, type Entry, Outbox } from './outbox.ts';
import type { Spool } from './spool.ts';

export interface UplinkOptions {
  readonly channel: Client;
  readonly fleet: BidiClient<typeof FleetService>;
  readonly spool: Spool;
  /** Everything that was reported is acknowledged. */
  onDelivered(): void;
}

/**
 * Sealed intervals on their way to the coordinator's journal. Each is spooled before it is sent, kept until it is
 * acknowledged and sent again on a new stream from where the coordinator says; `write()` returning false is obeyed. Out of
 * credit, seconds that cannot be sent yet are merged into one: nothing is dropped, and what is kept stays small.
 */
export class Uplink {
  readonly #options: UplinkOptions;
  readonly #outbox = new Outbox();
  #lease: { readonly session: string; readonly epoch: bigint } | null = null;
  #stream: DialledStream<ReportRequest, ReportResponse> | null = null;
  /** `greeting`: the first response on this stream is awaited; it says where to resume. */
  #flow: 'greeting' | 'open' | 'blocked' = 'greeting';

  constructor(options: UplinkOptions) {
    this.#options = options;
  }

  /** Sequence number of the newest interval over the agent's life. */
  get lastSeq(): number {
    return this.#outbox.lastSeq;
  }

  get isDelivered(): boolean {
    return this.#outbox.unacknowledged.length === 0;
  }

  /** Reports under this lease from now on. */
  lease(session: string, epoch: bigint): void {
    const unchanged = this.#lease?.session === session && this.#lease.epoch === epoch;
    this.#lease = { session, epoch };
    if (unchanged && this.#stream !== null) return;
    void this.#stream?.close(0);
    this.#stream = this.#dial();
  }

  report(payload: Uint8Array, cargo: Cargo = 'interval'): void {
    const entry = (cargo === 'interval' ? this.#merged(payload) : null) ?? this.#outbox.add(payload, cargo);
    if (this.#lease !== null) this.#options.spool.append(this.#lease.session, this.#lease.epoch, entry);
    this.#pump();
  }

  async close(graceMs: number): Promise<void> {
    await this.#stream?.close(graceMs);
    this.#options.spool.close();
  }

  /** The entry that holds this second with those before it; null where it is to have one of its own. */
  #merged(payload: Uint8Array): Entry | null {
    const latest = this.#outbox.isOutOfCredit ? this.#outbox.latestUnsent : null;
    const both = latest === null ? null : mergeEncoded(latest.payload, payload);
    return latest === null || both === null ? null : this.#outbox.replace(latest, both);
  }

  #dial(): DialledStream<ReportRequest, ReportResponse> {
    const { channel, fleet } = this.#options;
    const stream = new DialledStream(channel, () => fleet.report(new Metadata()), {
      onOpen: () => {
        this.#flow = 'greeting';
        stream.write(create(ReportRequestSchema, this.#lease ?? {}));
      },
      onResponse: (response) => this.#onResponse(response),
      onDetached: () => {
        this.#flow = 'greeting';
      },
      onDrain: () => {
        if (this.#flow === 'blocked') this.#flow = 'open';
        this.#pump();
      },
    });
    return stream;
  }

  #onResponse({ ackThrough, resumeFrom }: ReportResponse): void {
    const before = this.#outbox.unacknowledged.length;
    this.#outbox.acknowledge(Number(ackThrough));
    if (this.#flow === 'greeting') {
      this.#outbox.resumeFrom(Number(resumeFrom));
      this.#flow = 'open';
    }
    this.#pump();
    if (!this.isDelivered || before === 0) return;
    this.#options.spool.clear();
    this.#options.onDelivered();
  }

  #pump(): void {
    while (this.#flow === 'open') {
      const entry = this.#outbox.take();
      if (entry === null) return;
      const request = create(ReportRequestSchema, { seq: BigInt(entry.seq), [entry.cargo]: entry.payload });
      if (this.#stream?.write(request) !== true) this.#flow = 'blocked';
    }
  }
}
