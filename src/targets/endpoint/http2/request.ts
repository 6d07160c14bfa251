import { bodyBytes, type PreparedRequest } from '../prepared-request.ts';
import { type Field, fieldBytes, staticIndex, TABLE_BYTES } from './field-table.ts';
import { FLAG, FRAME_HEAD, FRAME_PAYLOAD, frameHead, STREAM_AT, TYPE } from './frame.ts';
import { EMPTIES_TABLE, kept, known, plain } from './hpack-encoding.ts';

/** Bodies up to this size go out in one piece with their head. */
const ONE_PIECE = FRAME_PAYLOAD;

/** Frames of a stream whose identifier is still to be written. */
export interface Frames {
  readonly bytes: Buffer;
  /** Where it belongs. */
  readonly streamsAt: readonly number[];
}

/** The head of a request, by what its receiver's table holds: what fills it, and what it is when that has been said. */
export interface TabledHead {
  readonly filling: Frames;
  readonly filled: Frames;
  /** `filled` and the body behind it; null: the body is large, or there is none. */
  readonly withBody: Frames | null;
}

/** A request as HTTP/2 sends it. */
export interface StreamRequest {
  /** Null: there is no table, or it does not have every field that it is to hold. */
  readonly tabled: TabledHead | null;
  /** The head said in full. */
  readonly plain: Frames;
  /** The same to a receiver that keeps no table. */
  readonly emptying: Frames;
  /** Null: the head is all. */
  readonly body: Buffer | null;
  /** Its answer has no body, whatever it says of one. */
  readonly isHead: boolean;
}

/** What every request of an endpoint carries. */
export interface CommonFields {
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  readonly headers: readonly (readonly [string, string])[];
}

/**
 * Makes requests ready. Fields that all of a load have are said once on each connection, in full and in one order, and by
 * their number from then on, as any client does; no other field enters the table, so that the numbers stay what they are.
 */
export class RequestEncoder {
  readonly #common: CommonFields;
  #table: readonly Field[] = [];

  constructor(common: CommonFields) {
    this.#common = common;
  }

  /** Once, before the load. `some`: requests that have in common what all of it have in common. */
  learn(some: readonly PreparedRequest[]): void {
    const [first = [], ...others] = some.map((request) => this.#fields(request));
    const shared = first.filter(
      (field) => staticIndex(...field) === 0 && others.every((fields) => indexIn(fields, field) >= 0),
    );
    const bytes = shared.reduce((sum, field) => sum + fieldBytes(field), 0);
    this.#table = bytes <= TABLE_BYTES ? shared : [];
  }

  encode(request: PreparedRequest): StreamRequest {
    const fields = this.#fields(request);
    const body = bodyBytes(request) === 0 ? null : Buffer.concat(request.body);
    const said = fields.map(plain);
    const flags = body === null ? FLAG.endStream : 0;
    return {
      tabled: this.#table.length > 0 && this.#fillsTable(fields) ? this.#tabled(fields, body) : null,
      plain: headFrames(Buffer.concat(said), flags),
      emptying: headFrames(Buffer.concat([EMPTIES_TABLE, ...said]), flags),
      body,
      isHead: request.method === 'HEAD',
    };
  }

  /** Whether the fields that the table is to hold are all here, in their order. */
  #fillsTable(fields: readonly Field[]): boolean {
    const places = this.#table.map((field) => indexIn(fields, field));
    return places.every((place, i) => place > (places[i - 1] ?? -1));
  }

  #tabled(fields: readonly Field[], body: Buffer | null): TabledHead {
    const table = this.#table;
    const flags = body === null ? FLAG.endStream : 0;
    const block = (inTable: (field: Field, nth: number) => Buffer): Buffer =>
      Buffer.concat(
        fields.map((field) => {
          const at = indexIn(table, field);
          return at < 0 ? plain(field) : inTable(field, table.length - 1 - at);
        }),
      );
    const filled = headFrames(
      block((_, nth) => known(nth)),
      flags,
    );
    return {
      filling: headFrames(block(kept), flags),
      filled,
      withBody: body === null || body.length > ONE_PIECE ? null : withBody(filled, body),
    };
  }

  /** Those of HTTP/2 itself come first. */
  #fields({ method, path, headers }: PreparedRequest): readonly Field[] {
    const own = new Map([...this.#common.headers, ...headers].map(([name, value]) => [name.toLowerCase(), value]));
    const authority = own.get('host') ?? this.#common.authority;
    own.delete('host');
    return [
      [':method', method],
      [':scheme', this.#common.scheme],
      [':authority', authority],
      [':path', path],
      ...own.entries(),
    ];
  }
}

const indexIn = (fields: readonly Field[], [name, value]: Field): number =>
  fields.findIndex((field) => field[0] === name && field[1] === value);

/** A block of fields in as many frames as it needs. */
function headFrames(block: Buffer, flags: number): Frames {
  const parts: Buffer[] = [];
  const streamsAt: number[] = [];
  for (let from = 0, at = 0; from === 0 || from < block.length; from += FRAME_PAYLOAD) {
    const part = block.subarray(from, from + FRAME_PAYLOAD);
    const isLast = from + FRAME_PAYLOAD >= block.length;
    const type = from === 0 ? TYPE.headers : TYPE.continuation;
    const own = (from === 0 ? flags : 0) | (isLast ? FLAG.endHeaders : 0);
    parts.push(frameHead(type, own, 0, part.length), part);
    streamsAt.push(at + STREAM_AT);
    at += FRAME_HEAD + part.length;
  }
  return { bytes: Buffer.concat(parts), streamsAt };
}

const withBody = ({ bytes, streamsAt }: Frames, body: Buffer): Frames => ({
  bytes: Buffer.concat([bytes, frameHead(TYPE.data, FLAG.endStream, 0, body.length), body]),
  streamsAt: [...streamsAt, bytes.length + STREAM_AT],
});
