import { Client, credentials, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';

/** A dead peer is noticed, and a coordinator that is back is found within a second. */
const OPTIONS = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 1_000,
} as const;

/** A channel to the coordinator at `host:port`, which finds its way back by itself until it is closed. */
export function openChannel(address: string): Client {
  // What the library would print is told by the streams' own errors; the last line of standard error stays ours.
  setLogVerbosity(logVerbosity.NONE);
  return new Client(address, credentials.createInsecure(), OPTIONS);
}
