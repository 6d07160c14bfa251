/**
 * The least that a server of HTTP/2 can do: every request of a connection is answered with the same frames, made beforehand,
 * and what one read asks for goes out in one piece. What requests say is not looked at.
 */

import type { Socket } from 'node:net';
import { framed } from '../../targets/endpoint/grpc-frame.ts';
import { Bodies } from '../../targets/endpoint/http2/bodies.ts';
import {
  FLAG,
  FRAME_PAYLOAD,
  frameHead,
  LARGEST_WINDOW,
  PREFACE,
  pingAckFrame,
  SETTING,
  SETTINGS_ACK,
  STREAM_AT,
  settingsFrame,
  TYPE,
} from '../../targets/endpoint/http2/frame.ts';
import { FrameReader } from '../../targets/endpoint/http2/frame-reader.ts';
import { plain } from '../../targets/endpoint/http2/hpack-encoding.ts';
import { Output } from '../../targets/endpoint/http2/output.ts';
import type { Frames } from '../../targets/endpoint/http2/request.ts';
import { FIRST_ROOM, Room } from '../../targets/endpoint/http2/room.ts';
import { Http2Stream } from '../../targets/endpoint/http2/stream.ts';

const HELLO = Buffer.concat([
  settingsFrame([
    [SETTING.mostStreams, 1000],
    [SETTING.window, LARGEST_WINDOW],
  ]),
  FIRST_ROOM,
]);

/** What every request is answered with. */
export interface PlainAnswer {
  readonly head: Frames;
  readonly body: Buffer;
  /** Fields after it; null: there are none. */
  readonly trailer: Frames | null;
  /** All of it in one piece; null: the body is too long for that. */
  readonly whole: Frames | null;
}

/** Decides when a request is answered, by a call of `respond`. `flush`: the answer is not to wait for others of one read. */
export type Answering = (respond: () => void, flush: () => void) => void;

/** 200 and a body. */
export function plainAnswer(body: Buffer): PlainAnswer {
  const head = fieldsFrames(body.length === 0 ? FLAG.endStream : 0, [[':status', '200']]);
  const trailer = null;
  if (body.length === 0) return { head, body, trailer, whole: head };
  const whole = body.length > FRAME_PAYLOAD ? null : joined(head, dataFrame(FLAG.endStream, body));
  return { head, body, trailer, whole };
}

/** One message of a unary call, and OK. */
export function unaryAnswer(message: Buffer): PlainAnswer {
  const body = Buffer.from(framed(message));
  const head = fieldsFrames(0, [
    [':status', '200'],
    ['content-type', 'application/grpc'],
  ]);
  const trailer = fieldsFrames(FLAG.endStream, [['grpc-status', '0']]);
  const whole = body.length > FRAME_PAYLOAD ? null : joined(head, dataFrame(0, body), trailer);
  return { head, body, trailer, whole };
}

/** Serves a connection to its end. */
export function servePlainHttp2(socket: Socket, answer: PlainAnswer, answering: Answering): void {
  const output = new Output(socket);
  const room = new Room(output);
  const answers = new Answers(output, answer);
  let [toSkip, isReading] = [PREFACE.length, false];
  const flush = (): void => output.flush();
  const asked = (flags: number, id: number): void => {
    if ((flags & FLAG.endStream) === 0) return;
    const respond = (): void => {
      answers.send(id);
      if (!isReading) flush();
    };
    answering(respond, flush);
  };
  const reader = new FrameReader({
    block: asked,
    data: () => {},
    dataEnd: (id, flags, bytes) => {
      room.use(bytes);
      asked(flags, id);
    },
    frame: (type, flags, id, bytes, from, to) => {
      if (type === TYPE.windowUpdate) answers.widen(id, bytes.readUInt32BE(from) & LARGEST_WINDOW);
      else if ((flags & FLAG.ack) !== 0) return;
      else if (type === TYPE.ping) output.add(pingAckFrame(bytes.subarray(from, to)));
      else if (type === TYPE.settings) {
        answers.heed(bytes, from, to);
        output.add(SETTINGS_ACK);
      }
    },
  });
  output.add(HELLO);
  flush();
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    const skipped = Math.min(toSkip, chunk.length);
    toSkip -= skipped;
    const bytes = chunk.subarray(skipped);
    isReading = true;
    if (!reader.read(bytes, bytes.length)) socket.destroy();
    isReading = false;
    flush();
  });
}

/** The answers of one connection, those included for which the client has no room yet. */
class Answers {
  readonly #output: Output;
  readonly #bodies: Bodies;
  readonly #answer: PlainAnswer;
  readonly #waiting = new Map<number, Http2Stream>();

  constructor(output: Output, answer: PlainAnswer) {
    this.#output = output;
    this.#bodies = new Bodies(output);
    this.#answer = answer;
  }

  send(id: number): void {
    const { whole, head, body, trailer } = this.#answer;
    if (whole !== null && this.#bodies.sendsAtOnce(body.length)) {
      this.#output.addFrames(whole, id);
      return;
    }
    this.#output.addFrames(head, id);
    if (body.length === 0) return;
    const stream = new Http2Stream(UNHEARD);
    stream.begin(id, this.#bodies.streamWindow);
    if (trailer !== null) stream.trailer = framesOf(trailer, id);
    this.#bodies.send(stream, body);
    if (stream.body !== null) this.#waiting.set(id, stream);
  }

  /** The client has more room; `id` 0: on the whole connection. */
  widen(id: number, bytes: number): void {
    const stream = this.#waiting.get(id);
    if (id !== 0 && stream === undefined) return;
    this.#bodies.widen(stream ?? null, bytes);
    for (const [each, { body }] of this.#waiting) if (body === null) this.#waiting.delete(each);
  }

  /** What the client says of the room that its streams begin with. */
  heed(settings: Buffer, from: number, to: number): void {
    for (let at = from; at < to; at += 6) {
      if (settings.readUInt16BE(at) === SETTING.window)
        this.#bodies.setStreamWindow(settings.readUInt32BE(at + 2), this.#waiting.values());
    }
  }
}

/** Nobody waits to hear of an answer. */
const UNHEARD = { fields: () => {}, body: () => {}, ended: () => {}, broken: () => {} };

function fieldsFrames(flags: number, fields: readonly (readonly [string, string])[]): Frames {
  const block = Buffer.concat(fields.map(plain));
  const bytes = Buffer.concat([frameHead(TYPE.headers, FLAG.endHeaders | flags, 0, block.length), block]);
  return { bytes, streamsAt: [STREAM_AT] };
}

const dataFrame = (flags: number, body: Buffer): Frames => ({
  bytes: Buffer.concat([frameHead(TYPE.data, flags, 0, body.length), body]),
  streamsAt: [STREAM_AT],
});

/** The frames of stream `id`. */
function framesOf({ bytes, streamsAt }: Frames, id: number): Buffer {
  const own = Buffer.from(bytes);
  for (const at of streamsAt) own.writeUInt32BE(id, at);
  return own;
}

function joined(...parts: readonly Frames[]): Frames {
  const streamsAt: number[] = [];
  let length = 0;
  for (const part of parts) {
    streamsAt.push(...part.streamsAt.map((at) => length + at));
    length += part.bytes.length;
  }
  return { bytes: Buffer.concat(parts.map(({ bytes }) => bytes)), streamsAt };
}
