import type { RequestFailure } from '../../target.ts';
import { type Exchange, NoAnswer } from '../carrier.ts';
import type { FieldBlock } from './field-blocks.ts';
import type { StatusIn } from './place.ts';
import type { StreamRequest } from './request.ts';
import type { Http2Session } from './session.ts';
import { Http2Stream, type StreamEvents } from './stream.ts';

/** One answer as it gathers. */
class Gathered implements StreamEvents {
  readonly answer = Promise.withResolvers<Exchange>();
  readonly #statusIn: StatusIn;
  readonly #fields = new Map<string, string>();
  readonly #chunks: Buffer[] = [];

  constructor(statusIn: StatusIn) {
    this.#statusIn = statusIn;
  }

  fields(block: FieldBlock): void {
    for (const [name, value] of block.fields) this.#fields.set(name, value);
  }

  body(bytes: Buffer, from: number, to: number): void {
    this.#chunks.push(Buffer.from(bytes.subarray(from, to)));
  }

  ended(): void {
    this.answer.resolve({
      status: Number(this.#fields.get(this.#statusIn) ?? -1),
      header: (name) => this.#fields.get(name),
      body: Buffer.concat(this.#chunks),
    });
  }

  broken(failure: RequestFailure): void {
    this.answer.reject(failure);
  }
}

export interface ExchangeParts {
  readonly statusIn: StatusIn;
  readonly where: string;
  readonly withinMs: number;
  readonly now: () => number;
}

/** Sends a request and reads its answer whole, within `withinMs`. @throws NoAnswer, RequestFailure */
export async function exchange(
  session: Http2Session,
  request: StreamRequest,
  { statusIn, where, withinMs, now }: ExchangeParts,
): Promise<Exchange> {
  const gathered = new Gathered(statusIn);
  const stream = new Http2Stream(gathered);
  const sinceNs = now();
  const timer = setTimeout(() => {
    session.giveUp(stream, sinceNs);
    gathered.answer.reject(new NoAnswer(where, withinMs));
  }, withinMs);
  session.begin(stream, request);
  return gathered.answer.promise.finally(() => clearTimeout(timer));
}
