import type { ServiceParts } from '../network-target.ts';
import type { RequestFailure } from '../target.ts';
import type { PreparedRequest } from './prepared-request.ts';

/** One answer read whole: before the load, where time does not count. */
export interface Exchange {
  readonly status: number;
  /** By a name in lower case. */
  header(name: string): string | undefined;
  readonly body: Buffer;
}

/** What a carrier tells of the requests on its places; instants on the trial's clock, nanoseconds. */
export interface AnswerEvents {
  /** Bytes [from, to) of `bytes` belong to the answer's body; they are only there during the call. */
  body(place: number, bytes: Buffer, from: number, to: number): void;
  /** The answer is complete; its last byte was read at `readNs`. */
  answered(place: number, readNs: number, status: number, parts: ServiceParts): void;
  failed(place: number, readNs: number, failure: RequestFailure, parts: ServiceParts): void;
}

/** How much of an endpoint a carrier is to hold, and who hears of it. */
export interface CarrierUse {
  readonly connections: number;
  readonly streams: number;
  readonly now: () => number;
  readonly events: AnswerEvents;
}

/** The connections of one thread to one endpoint, and what is in flight on them. */
export interface Carrier {
  /** Opens every connection, each within {@link OPEN_MS}. Rejects with the error of the first that does not open. */
  open(): Promise<void>;
  /** Sends a request before the load and reads its answer whole, within `withinMs` with all that it needs a connection for. */
  exchange(request: PreparedRequest, withinMs: number): Promise<Exchange>;
  /** What {@link prepare} lays ready: one of `count` requests, all of one method. */
  feed(request: (index: number) => PreparedRequest, count: number): void;
  /** Lays the request of a sample ready on a place. */
  prepare(place: number, sample: number): void;
  /** Sends what was laid ready. */
  start(place: number): void;
  cancel(place: number): void;
  /** While bytes of a body are told: when they were read. */
  readNs(place: number): number;
  /** While an answer is told: one of its headers, by its name in lower case. */
  header(place: number, name: string): string | undefined;
  close(): void;
}

/** Whoever asks before the load. */
export type Asker = Pick<Carrier, 'exchange'>;

/** Longest wait for a connection before the load, milliseconds. */
export const OPEN_MS = 30_000;

/** Nothing came within the time that there was. */
export class NoAnswer extends Error {
  constructor(where: string, withinMs: number) {
    super(`${where}: no answer within ${withinMs} ms, expected one`);
  }
}
