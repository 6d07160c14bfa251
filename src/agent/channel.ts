import { type ChannelOptions, Client, credentials, logVerbosity, Metadata, setLogVerbosity } from '@grpc/grpc-js';
import type { FleetService } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { COORDINATOR_NAME } from '../wire/join-token.ts';
import type { BidiClient } from '../wire/service.ts';

/** A dead peer is noticed, and a coordinator that is back is found within a second. */
const OPTIONS = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 1_000,
} as const;

/** How long a coordinator may take to say why it cannot be reached. */
const TROUBLE_MS = 1_000;

/** All PEM. */
export interface ChannelSecurity {
  /** Of the run: a coordinator that it has not certified is not trusted. */
  readonly authority: string;
  /** What the agent proves its place by; null: nothing yet. */
  readonly identity: { readonly key: string; readonly certificate: string } | null;
}

/** A channel to the coordinator at `host:port`, which finds its way back by itself until it is closed. `security` null: not encrypted. */
export const openChannel = (address: string, security: ChannelSecurity | null): Client =>
  channelTo(address, security, OPTIONS);

/** The same on a connection that no other channel shares. */
export const openOwnChannel = (address: string, security: ChannelSecurity | null): Client =>
  channelTo(address, security, { ...OPTIONS, 'grpc.use_local_subchannel_pool': 1 });

function channelTo(address: string, security: ChannelSecurity | null, options: ChannelOptions): Client {
  // What the library would print is told by the streams' own errors; the last line of standard error stays ours.
  setLogVerbosity(logVerbosity.NONE);
  if (security === null) return new Client(address, credentials.createInsecure(), options);
  return new Client(address, encrypted(security), { ...options, 'grpc.ssl_target_name_override': COORDINATOR_NAME });
}

function encrypted({ authority, identity }: ChannelSecurity): ReturnType<typeof credentials.createSsl> {
  const [key, certificate] = identity === null ? [null, null] : [identity.key, identity.certificate];
  return credentials.createSsl(
    Buffer.from(authority),
    key === null ? null : Buffer.from(key),
    certificate === null ? null : Buffer.from(certificate),
  );
}

/** Why a coordinator cannot be reached, a clause for people: what the library says of a stream that does not wait for it. */
export function troubleOf(fleet: BidiClient<typeof FleetService>): Promise<string> {
  return new Promise((resolve) => {
    const stream = fleet.control(new Metadata());
    const impatience = setTimeout(() => {
      stream.cancel();
      resolve('its address does not answer');
    }, TROUBLE_MS);
    stream.on('data', () => {});
    stream.on('error', (error: Error & { readonly details?: string }) => {
      clearTimeout(impatience);
      resolve(error.details ?? error.message);
    });
  });
}
