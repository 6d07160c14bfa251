import type { StreamCheck } from '../../campaign/endpoint-spec.ts';
import type { TellEvent } from '../network-target.ts';
import { RequestFailure } from '../target.ts';
import { type EventRead, EventStreamParser } from './event-stream.ts';
import { valueAtPath } from './response-judge.ts';

/**
 * The streams of events that answers are, one on each place at a time. An event comes when the bytes that complete it are
 * read; several of one read come at the same instant. Hot: nothing is made for an event, but where it is read as JSON.
 */
export class Streams {
  readonly #check: StreamCheck;
  readonly #done: Buffer | null;
  readonly #type: Buffer | null;
  readonly #tell: TellEvent;
  readonly #places: Stream[] = [];
  readonly #broken: RequestFailure;
  readonly #tooFew = new Map<number, RequestFailure>();
  /** Of the bytes that are read now. */
  readonly #now: { place: number; readNs: number } = { place: 0, readNs: 0 };

  constructor(check: StreamCheck, tell: TellEvent) {
    this.#check = check;
    this.#done = check.done === null ? null : Buffer.from(check.done);
    this.#type = check.type === null ? null : Buffer.from(check.type);
    this.#tell = tell;
    const message = `the stream ended without its last event, ${JSON.stringify(check.done)}`;
    this.#broken = new RequestFailure('target-error', 'stream-broken', message);
  }

  /** Bytes [from, to) of the body that comes on a place, read at `readNs`. */
  read(place: number, readNs: number, bytes: Buffer, from: number, to: number): void {
    this.#now.place = place;
    this.#now.readNs = readNs;
    this.#of(place).parser.read(bytes, from, to, this.#taken);
  }

  /** When the first event of the answer on a place came; NaN: none did. */
  firstAtNs(place: number): number {
    return this.#of(place).firstNs;
  }

  /** Why the stream on a place, whose body is complete, is not right; null: it is. */
  failure(place: number): RequestFailure | null {
    const { parser, count, isDone } = this.#of(place);
    if (parser.isTooLong) return TOO_LONG;
    if (this.#done !== null && !isDone) return count === 0 ? this.#few(0) : this.#broken;
    return count < this.#check.atLeast ? this.#few(count) : null;
  }

  /** The next bytes on a place are those of another answer. */
  clear(place: number): void {
    const stream = this.#of(place);
    stream.parser.reset();
    stream.count = 0;
    stream.isDone = false;
    stream.firstNs = Number.NaN;
    stream.lastNs = Number.NaN;
  }

  readonly #taken: EventRead = (parser) => {
    const { place, readNs } = this.#now;
    const stream = this.#of(place);
    if (stream.isDone) return;
    if (this.#done !== null && parser.dataIs(this.#done)) {
      stream.isDone = true;
      return;
    }
    if (!this.#counts(parser)) return;
    this.#tell(place, stream.lastNs, readNs);
    if (stream.count === 0) stream.firstNs = readNs;
    stream.lastNs = readNs;
    stream.count++;
  };

  #counts(parser: EventStreamParser): boolean {
    if (this.#type !== null && !parser.typeIs(this.#type)) return false;
    return this.#check.holding === null || holds(parser.dataText(), this.#check.holding);
  }

  /** One and the same object for every stream with so many events. */
  #few(count: number): RequestFailure {
    const { atLeast } = this.#check;
    const message = `found ${count} event${count === 1 ? '' : 's'} that count, expected at least ${atLeast}`;
    const known = this.#tooFew.get(count) ?? new RequestFailure('wrong-output', 'events', message);
    this.#tooFew.set(count, known);
    return known;
  }

  #of(place: number): Stream {
    this.#places[place] ??= new Stream();
    return this.#places[place];
  }
}

/** One answer as far as it has come. */
class Stream {
  readonly parser = new EventStreamParser();
  count = 0;
  isDone = false;
  firstNs = Number.NaN;
  lastNs = Number.NaN;
}

const TOO_LONG = new RequestFailure('wrong-output', 'too-long', 'found an event of more than 16 MiB');

function holds(data: string, path: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return false;
  }
  const found = valueAtPath(value, path);
  return found !== undefined && found !== null && found !== '';
}
