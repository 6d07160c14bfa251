import type { RequestFailure } from '../../target.ts';
import { AnswerBodies, LARGEST_ANSWER, overlongRefusal } from '../answer-bodies.ts';
import { type Exchange, NoAnswer } from '../carrier.ts';
import type { FieldBlock } from './field-blocks.ts';
import type { StatusIn } from './place.ts';
import type { StreamRequest } from './request.ts';
import type { Http2Session } from './session.ts';
import { Http2Stream, type StreamEvents } from './stream.ts';

/** One answer as it gathers. */
class Gathered implements StreamEvents {
  readonly answer = Promise.withResolvers<Exchange>();
  readonly #parts: ExchangeParts;
  readonly #fields = new Map<string, string>();
  readonly #bodies = new AnswerBodies();

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
  }

  fields(block: FieldBlock): void {
    for (const [name, value] of block.fields) this.#fields.set(name, value);
  }

  body(bytes: Buffer, from: number, to: number): void {
    this.#bodies.add(0, bytes, from, to);
  }

  ended(): void {
    const body = this.#bodies.take(0);
    if (body.byteLength > LARGEST_ANSWER) this.answer.reject(overlongRefusal(this.#parts.where));
    else {
      const status = Number(this.#fields.get(this.#parts.statusIn) ?? -1);
      this.answer.resolve({ status, header: (name) => this.#fields.get(name), body });
    }
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
export async function exchange(session: Http2Session, request: StreamRequest, parts: ExchangeParts): Promise<Exchange> {
  const { where, withinMs, now } = parts;
  const gathered = new Gathered(parts);
  const stream = new Http2Stream(gathered);
  const sinceNs = now();
  const timer = setTimeout(() => {
    session.giveUp(stream, sinceNs);
    gathered.answer.reject(new NoAnswer(where, withinMs));
  }, withinMs);
  session.begin(stream, request);
  return gathered.answer.promise.finally(() => clearTimeout(timer));
}
