/**
 * Why a request gets no outputs.
 * - `invalid`: not what the protocol or the model says: the client's mistake.
 * - `not-found`: no such model, version or path.
 * - `too-large`: the message is larger than is taken.
 * - `unauthenticated`: no token, or not the right one.
 * - `full`: the queue, the memory set aside for requests or the rate is used up; to be tried again later.
 * - `deadline`: its time ran out before the model began with it.
 * - `cancelled`: the client went away.
 * - `draining`: the endpoint is about to end.
 * - `failed`: the endpoint's own fault.
 */
export type RefusalCode =
  | 'invalid'
  | 'not-found'
  | 'too-large'
  | 'unauthenticated'
  | 'full'
  | 'deadline'
  | 'cancelled'
  | 'draining'
  | 'failed';

/** A request that is refused: data of the protocol, with one sentence for whoever sent it. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  /** Seconds after which it may be worth trying again; null: nothing is known of that. */
  readonly retryAfterS: number | null;

  constructor(code: RefusalCode, message: string, retryAfterS: number | null = null) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

/** The memory set aside for requests that arrive is used up. */
export const CROWDED = new Refusal('full', 'too many requests arrive at once; try again later', 1);

/** HTTP's status for each. 499 is what proxies log for a client that went away. */
export const HTTP_STATUS: Readonly<Record<RefusalCode, number>> = {
  invalid: 400,
  'not-found': 404,
  'too-large': 413,
  unauthenticated: 401,
  full: 429,
  deadline: 504,
  cancelled: 499,
  draining: 503,
  failed: 500,
};

/** gRPC's status codes (https://grpc.io/docs/guides/status-codes/). */
export const GRPC_STATUS: Readonly<Record<RefusalCode, number>> = {
  invalid: 3,
  'not-found': 5,
  'too-large': 8,
  unauthenticated: 16,
  full: 8,
  deadline: 4,
  cancelled: 1,
  draining: 14,
  failed: 13,
};
