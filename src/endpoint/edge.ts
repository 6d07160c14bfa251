import type { Logger } from 'pino';
import type { ServerMetadata } from '../oip/metadata.ts';
import type { Clock, WallClock } from '../time/clock.ts';
import type { ArrivingBytes } from './arriving-bytes.ts';
import type { Bearer } from './bearer.ts';
import type { ConfiguredModel } from './config.ts';
import type { EndpointSpec } from './endpoint-spec.ts';
import type { TlsFiles } from './listening.ts';
import type { Metrics } from './metrics.ts';
import type { ServedModel } from './served-model.ts';

/** What the HTTP and the gRPC edge are made of. */
export interface EdgeParts {
  readonly model: ServedModel;
  readonly server: ServerMetadata;
  readonly configured: ConfiguredModel;
  readonly metrics: Metrics;
  readonly bearer: Bearer | null;
  readonly tls: TlsFiles | null;
  /** Of both edges together. */
  readonly arriving: ArrivingBytes;
  readonly limits: Pick<EndpointSpec, 'maxBodyBytes' | 'maxConnections' | 'receiveNs'>;
  readonly clock: Clock;
  readonly wall: WallClock;
  readonly log: Logger;
}

/** An open edge. */
export interface Edge {
  readonly host: string;
  readonly port: number;
  /** Takes no further connection, ends idle ones, and resolves when those with requests have ended. */
  close(): Promise<void>;
  /** After everything taken in was answered: ends each connection as soon as nothing moves on it. */
  endQuiet(): void;
  /** Ends every connection at once. */
  sever(): void;
}
