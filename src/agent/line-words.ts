import type { AgentEnd } from './agent-end.ts';
import type { ChannelSecurity } from './channel.ts';
import type { Entry } from './outbox.ts';
import type { Identity, Words } from './speech.ts';

/** Where an agent dials, and as whom. */
export interface LineOptions {
  /** Where the coordinator listens: `host:port`. */
  readonly coordinator: string;
  /** Certificate of the run's authority, DER; null: streams are not encrypted. */
  readonly authority: Uint8Array | null;
  /** Its token buys a certificate where streams are encrypted, and is shown where they are not. */
  readonly identity: Identity;
  /** How long the coordinator is looked for before the first lease. */
  readonly registerWithinMs: number;
}

/** What the agent's main thread tells the thread that holds its streams. */
export type ToLine =
  /** Once. */
  | { readonly kind: 'open'; readonly options: LineOptions }
  | { readonly kind: 'say'; readonly words: Words }
  /** To be sent on the report stream of that number; dropped if it is over: the next one says where to go on. */
  | { readonly kind: 'report'; readonly stream: number; readonly entry: Entry }
  /** No more trials, and everything is acknowledged: the clock is probed a last time. */
  | { readonly kind: 'finish-clock' }
  /** `byeSeq`: sequence number of the newest interval, said with bye; null: without a word. */
  | { readonly kind: 'close'; readonly byeSeq: number | null; readonly graceMs: number };

/** What the coordinator wants of the agent. Instants are nanoseconds of the agent's clock. */
export type Order =
  | { readonly kind: 'calibrate'; readonly command: bigint; readonly specJson: string }
  | { readonly kind: 'prepare'; readonly command: bigint; readonly specJson: string }
  /** `zero` null: the offset to the coordinator's clock is not known yet. */
  | { readonly kind: 'start'; readonly command: bigint; readonly zero: bigint | null; readonly warmupNs: bigint }
  | { readonly kind: 'stop'; readonly at: bigint }
  | { readonly kind: 'drain' };

/** What the thread that holds the streams tells the agent's main thread. */
export type FromLine =
  | { readonly kind: 'attached' }
  | { readonly kind: 'detached' }
  | {
      readonly kind: 'leased';
      readonly session: string;
      readonly epoch: bigint;
      /** By what further connections are encrypted; null: not at all. */
      readonly security: ChannelSecurity | null;
      /** Under another epoch than before. */
      readonly anew: 'same-epoch' | 'other-epoch';
    }
  | { readonly kind: 'ordered'; readonly order: Order }
  /** `opening`: the first word on a report stream, by which it may be used. */
  | {
      readonly kind: 'acknowledged';
      readonly stream: number;
      readonly opening: 'opens-stream' | 'goes-on';
      readonly ackThrough: number;
      readonly resumeFrom: number;
    }
  | { readonly kind: 'clock-finished' }
  | { readonly kind: 'lease-expired' }
  /** Nothing will come of this line. */
  | { readonly kind: 'ended'; readonly end: Extract<AgentEnd, { readonly kind: 'refused' | 'never-registered' }> }
  | { readonly kind: 'closed' };
