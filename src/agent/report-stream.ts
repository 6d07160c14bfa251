import { type Client, Metadata } from '@grpc/grpc-js';
import {
  type FleetService,
  type ReportRequest,
  ReportRequestSchema,
  type ReportResponse,
} from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { create } from '../wire/protobuf.ts';
import type { BidiClient } from '../wire/service.ts';
import { DialledStream } from './dialled-stream.ts';
import type { FromLine } from './line-words.ts';
import type { Entry } from './outbox.ts';

export interface ReportStreamOptions {
  readonly channel: Client;
  readonly fleet: BidiClient<typeof FleetService>;
  readonly lease: { readonly session: string; readonly epoch: bigint };
  /** Number of the first stream that is opened; each further one has the next. */
  readonly firstStream: number;
  tell(message: Extract<FromLine, { readonly kind: 'acknowledged' }>): void;
}

/**
 * The way of entries to the coordinator under one lease, over whatever stream there is. `write()` returning false is
 * obeyed: what comes meanwhile waits here, and is bounded by the credit of whoever sends. What waits for a stream that
 * breaks is forgotten: it is sent again from where the coordinator says on the next one.
 */
export class ReportStream {
  readonly #options: ReportStreamOptions;
  readonly #stream: DialledStream<ReportRequest, ReportResponse>;
  #unsent: Entry[] = [];
  #flow: 'greeting' | 'open' | 'blocked' = 'greeting';
  #number: number;

  constructor(options: ReportStreamOptions) {
    this.#options = options;
    this.#number = options.firstStream - 1;
    const { channel, fleet, lease } = options;
    this.#stream = new DialledStream(channel, () => fleet.report(new Metadata()), {
      onOpen: () => {
        this.#number++;
        this.#restart();
        this.#stream.write(create(ReportRequestSchema, lease));
      },
      onResponse: (response) => this.#onResponse(response),
      onDetached: () => this.#restart(),
      onDrain: () => this.#onDrain(),
    });
  }

  /** Number of the stream that there is, or was last. */
  get number(): number {
    return this.#number;
  }

  send(stream: number, entry: Entry): void {
    if (stream !== this.#number || this.#flow === 'greeting') return;
    if (this.#flow === 'blocked') this.#unsent.push(entry);
    else this.#write(entry);
  }

  close(graceMs: number): Promise<void> {
    return this.#stream.close(graceMs);
  }

  #write({ seq, cargo, payload }: Entry): void {
    const request = create(ReportRequestSchema, { seq: BigInt(seq), [cargo]: payload });
    if (!this.#stream.write(request)) this.#flow = 'blocked';
  }

  #onResponse({ ackThrough, resumeFrom }: ReportResponse): void {
    const opening = this.#flow === 'greeting' ? 'opens-stream' : 'goes-on';
    if (this.#flow === 'greeting') this.#flow = 'open';
    this.#options.tell({
      kind: 'acknowledged',
      stream: this.#number,
      opening,
      ackThrough: Number(ackThrough),
      resumeFrom: Number(resumeFrom),
    });
  }

  #restart(): void {
    this.#flow = 'greeting';
    this.#unsent = [];
  }

  #onDrain(): void {
    if (this.#flow !== 'blocked') return;
    this.#flow = 'open';
    for (const entry of this.#unsent.splice(0)) this.send(this.#number, entry);
  }
}
