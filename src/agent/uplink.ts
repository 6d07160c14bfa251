import { mergeEncoded } from '../wire/interval-merge.ts';
import type { FromLine } from './line-words.ts';
import { type Cargo, type Entry, Outbox } from './outbox.ts';
import type { Spool } from './spool.ts';

export interface UplinkOptions {
  readonly spool: Spool;
  /** Sends an entry on a report stream. */
  send(stream: number, entry: Entry): void;
  /** Everything that was reported is acknowledged. */
  onDelivered(): void;
}

/**
 * Sealed intervals on their way to the coordinator's journal. Each is spooled before it is sent, kept until it is
 * acknowledged and sent again on a new stream from where the coordinator says. Out of credit, seconds that cannot be sent
 * yet are merged into one: nothing is dropped, and what is kept stays small.
 */
export class Uplink {
  readonly #options: UplinkOptions;
  readonly #outbox = new Outbox();
  #lease: { readonly session: string; readonly epoch: bigint } | null = null;
  /** The report stream that the coordinator has greeted last; null: none yet. */
  #stream: number | null = null;

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
    this.#lease = { session, epoch };
  }

  report(payload: Uint8Array, cargo: Cargo = 'interval'): void {
    const entry = (cargo === 'interval' ? this.#merged(payload) : null) ?? this.#outbox.add(payload, cargo);
    if (this.#lease !== null) this.#options.spool.append(this.#lease.session, this.#lease.epoch, entry);
    this.#pump();
  }

  acknowledged({
    stream,
    opening,
    ackThrough,
    resumeFrom,
  }: Extract<FromLine, { readonly kind: 'acknowledged' }>): void {
    const before = this.#outbox.unacknowledged.length;
    this.#outbox.acknowledge(ackThrough);
    if (opening === 'opens-stream') {
      this.#outbox.resumeFrom(resumeFrom);
      this.#stream = stream;
    }
    this.#pump();
    if (!this.isDelivered || before === 0) return;
    this.#options.spool.clear();
    this.#options.onDelivered();
  }

  close(): void {
    this.#options.spool.close();
  }

  /** The entry that holds this second with those before it; null where it is to have one of its own. */
  #merged(payload: Uint8Array): Entry | null {
    const latest = this.#outbox.isOutOfCredit ? this.#outbox.latestUnsent : null;
    const both = latest === null ? null : mergeEncoded(latest.payload, payload);
    return latest === null || both === null ? null : this.#outbox.replace(latest, both);
  }

  #pump(): void {
    if (this.#stream === null) return;
    for (let entry = this.#outbox.take(); entry !== null; entry = this.#outbox.take()) {
      this.#options.send(this.#stream, entry);
    }
  }
}
