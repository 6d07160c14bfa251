import { pino } from 'pino';
import { watchLifeline } from '../wire/lifeline.ts';
import { type Endpoint, openEndpoint } from './endpoint.ts';
import type { EndpointSpec } from './endpoint-spec.ts';
import type { SessionFacts } from './session-task.ts';

/** What an endpoint process is told, once: what to serve. That the channel closes ends it. */
export interface ToEndpoint {
  readonly kind: 'open';
  readonly spec: EndpointSpec;
  /** Version of the program, as its clients are told. */
  readonly version: string;
}

export type FromEndpoint =
  | {
      readonly kind: 'listening';
      /** Null where it does not listen. */
      readonly httpPort: number | null;
      readonly grpcPort: number | null;
      readonly facts: SessionFacts;
    }
  /** It could not be opened, or cannot go on: one sentence for people. */
  | { readonly kind: 'refused'; readonly message: string };

/**
 * Makes this process the endpoint of whoever forked it: it lives and dies with its parent. When the channel closes it
 * answers nothing more and kills itself at once, whatever its sessions are doing: the trial that it served is over.
 */
export function attachEndpoint(): void {
  if (process.send === undefined) {
    process.stderr.write('endpoint: found no channel to a runner, expected to be started by one\n');
    process.exit(64);
  }
  watchLifeline(process.env);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', killSelf);
  process.once('message', (message) => void opened(message as ToEndpoint));
}

/** A normal exit in the middle of a native inference would abort with a core dump. */
const killSelf = (): void => {
  process.kill(process.pid, 'SIGKILL');
};

const tell = (message: FromEndpoint): void => {
  process.send?.(message, undefined, {}, () => {});
};

async function opened({ spec, version }: ToEndpoint): Promise<void> {
  const refused = (error: unknown): void =>
    tell({ kind: 'refused', message: error instanceof Error ? error.message : String(error) });
  try {
    const endpoint: Endpoint = await openEndpoint(spec, { env: process.env, version, log: pino({ level: 'silent' }) });
    endpoint.broken.catch(refused);
    const [httpPort, grpcPort] = [endpoint.http?.port ?? null, endpoint.grpc?.port ?? null];
    tell({ kind: 'listening', httpPort, grpcPort, facts: endpoint.facts });
  } catch (error) {
    refused(error);
  }
}
