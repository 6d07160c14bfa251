import { constants, type ServerHttp2Stream } from 'node:http2';
import { ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';

/**
 * Ends a call whose request has not come whole within `longestMs` of its head, as an HTTP request that trickles in is ended:
 * what is half sent is held in memory, and nothing else bounds how long.
 */
export const receiveDeadline =
  (longestMs: number): ServerInterceptor =>
  (_, call) => {
    const timer = setTimeout(() => {
      call.sendStatus({
        code: status.DEADLINE_EXCEEDED,
        details: `the request did not come whole within ${longestMs / 1000} s`,
      });
      closeStream(call);
    }, longestMs);
    timer.unref();
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, go) => go(metadata),
          onReceiveMessage: (message, go) => go(message),
          onReceiveHalfClose: (go) => {
            clearTimeout(timer);
            go();
          },
          onCancel: () => clearTimeout(timer),
        }),
      sendMetadata: (metadata, go) => go(metadata),
      sendMessage: (message, go) => go(message),
      sendStatus: (told, go) => {
        clearTimeout(timer);
        go(told);
      },
    });
  };

/**
 * A status ends the answer and not the request: the client could go on for ever on a stream that counts as open. @grpc/grpc-js
 * has no word for it, so the stream is taken from the innermost call, where there is one.
 */
function closeStream(call: object): void {
  const { stream } = call as { readonly stream?: ServerHttp2Stream };
  stream?.close(constants.NGHTTP2_NO_ERROR);
}
