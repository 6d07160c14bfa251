import { constants, type ServerHttp2Stream } from 'node:http2';
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { Ns } from '../../time/ns.ts';
import type { ArrivingBytes } from '../arriving-bytes.ts';
import { CROWDED, GRPC_STATUS, Refusal } from '../refusal.ts';

/** What bounds a call that comes, as it bounds an HTTP request. */
export interface Receiving {
  /** From its head until its request is whole. */
  readonly longestMs: number;
  readonly arriving: ArrivingBytes;
  readonly now: () => Ns;
  /** Told of each call that is refused before its request was whole: the path of its method, and when its head came. */
  readonly refused: (path: string, refusal: Refusal, arrivedAt: Ns) => void;
}

/**
 * Ends a call whose request has not come whole within its time, or for which there is no room while it comes: what is half
 * sent is held in memory, and nothing else bounds how long and how much of it.
 */
export const receiving =
  ({ longestMs, arriving, now, refused }: Receiving): ServerInterceptor =>
  ({ path }, call) => {
    const stream = streamOf(call);
    const arrivedAt = now();
    let held = 0;
    let isOver = false;
    const over = (): void => {
      isOver = true;
      clearTimeout(timer);
      arriving.give(held);
      held = 0;
    };
    const refuse = (refusal: Refusal): void => {
      if (isOver) return;
      over();
      refused(path, refusal, arrivedAt);
      call.sendStatus({ code: GRPC_STATUS[refusal.code], details: refusal.message });
      closeSoon(stream);
    };
    const timer = setTimeout(() => refuse(lateBy(longestMs)), longestMs);
    timer.unref();
    // The stream is paused until its call is read: to listen to it does not let it flow.
    stream?.on('data', (chunk: Buffer) => {
      if (isOver) return;
      if (arriving.take(chunk.length)) held += chunk.length;
      else refuse(CROWDED);
    });
    stream?.once('close', over);
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, go) => go(metadata),
          onReceiveMessage: (message, go) => go(message),
          onReceiveHalfClose: (go) => {
            over();
            go();
          },
          // What the library refuses by itself, such as a message that is too large, ends here too: the client may still send.
          onCancel: () => {
            if (!isOver) closeSoon(stream);
            over();
          },
        }),
      sendMetadata: (metadata, go) => go(metadata),
      sendMessage: (message, go) => go(message),
      sendStatus: (told, go) => {
        over();
        go(told);
      },
    });
  };

const lateBy = (longestMs: number): Refusal =>
  new Refusal('deadline', `the request did not come whole within ${longestMs / 1000} s`);

/** How long a client may take to hear that its call is over, and to end it. */
const HEARD_MS = 500;

/**
 * A status ends the answer and not the request: the client could go on for ever on a stream that counts as open. Whoever listens
 * ends it himself; a reset at once would overtake the status where the connection is busy.
 */
const closeSoon = (stream: ServerHttp2Stream | undefined): void => {
  setTimeout(() => stream?.close(constants.NGHTTP2_NO_ERROR), HEARD_MS).unref();
};

/** @grpc/grpc-js has no word for that, nor for the bytes that came: the stream is the innermost call's, where there is one. */
const streamOf = (call: object): ServerHttp2Stream | undefined =>
  (call as { readonly stream?: ServerHttp2Stream }).stream;
