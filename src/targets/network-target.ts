import type { Outcome } from '../stats/outcome.ts';
import type { RequestFailure, TargetContext, TargetFacts } from './target.ts';

/** How the service time of one request was made up; nanoseconds, 0 where a part is not known. */
export interface ServiceParts {
  /** Opening the connection that carried it: name, socket, TLS. 0 on a connection that was open. */
  connectNs: number;
  /** From there to the first byte of the answer. */
  firstByteNs: number;
  /** The server's own time where it reports one. */
  serverNs: number;
  /** When the first event of an answer that streams them came, the trial's clock; NaN: none did. */
  firstEventAtNs: number;
}

/**
 * A request is over: whoever sent it tells when its last byte came (`completedNs`, the trial's clock), and looks at the
 * answer after that. `failure` tells more about an outcome other than ok. The place is free again; `parts` may be used
 * again by the caller.
 */
export type Settle = (
  place: number,
  completedNs: number,
  outcome: Outcome,
  failure: RequestFailure | null,
  parts: ServiceParts,
) => void;

/**
 * An event of the request in flight on this place came at `atNs`, the one before it at `sinceNs`; NaN: it is the first. Both
 * on the trial's clock.
 */
export type TellEvent = (place: number, sinceNs: number, atNs: number) => void;

/** What a network target is given when it opens. */
export interface NetworkContext extends TargetContext {
  /** Its connections on this thread, and requests that each may have in flight; place = connection · streams + stream. */
  readonly connections: number;
  readonly streams: number;
  /** Audits of the endpoint before the load are this one's to make. */
  readonly audits: boolean;
  /** A seed unlike that of any other opening: what is drawn from it was never sent before. */
  readonly freshSeed: string;
  readonly settle: Settle;
  readonly event: TellEvent;
}

/**
 * What is measured through sockets: many requests in flight on one thread, whose event loop belongs to it.
 *
 * `open` connects, warms its connections and makes one checked request; it rejects with one sentence for people. After
 * that every request that is started on a place ends with one call of `settle` for that place, or with `cancel`; a place
 * has at most one request at a time. A connection that was lost is opened again by the next request that needs it, as
 * part of its service time: a place is never without a connection for long, and never waits for one in vain.
 */
export interface NetworkTarget {
  readonly name: string;
  open(context: NetworkContext): Promise<TargetFacts>;
  /** Lays sample `sample` ready for the `start` that follows on this place, outside the measured time. What it throws ends the trial. */
  prepare?(place: number, sample: number): void;
  /** Sends the request. Hot path: neither throws nor waits; a fault is told through `settle`. */
  start(place: number, sample: number): void;
  /** Gives the request of this place up: nothing more is told of it. Its connection is not used again where it could answer late. */
  cancel(place: number): void;
  /** After the last request: what the endpoint says of itself now and did not when it was opened, as a sentence; null: nothing. Rejects with an InputFault where an answer could not be held against what it should be. */
  changed(): Promise<string | null>;
  close(): Promise<void>;
}
