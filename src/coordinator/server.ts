import { Server } from '@grpc/grpc-js';
import { type Address, authority } from '../campaign/dial-address.ts';
import { FleetService } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { addBidiService } from '../wire/service.ts';
import type { ControlDesk } from './control-desk.ts';
import { type DoorSecurity, doorCredentials } from './door-credentials.ts';
import type { FetchDesk } from './fetch-desk.ts';
import type { ReportDesk } from './report-desk.ts';
import { ResultsError, systemCode } from './results-error.ts';

export interface Listening {
  /** Where it listens: `host:port`. */
  readonly address: string;
  readonly port: number;
  /** Ends all streams; cuts off after `graceMs` what does not end by itself. */
  close(graceMs: number): Promise<void>;
}

/**
 * Whether an agent is there its heartbeats tell, and agents ask every 10 s whether we are: this end looks only for
 * connections that nobody uses. Nobody reads the library's own statistics.
 */
const OPTIONS = {
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.enable_channelz': 0,
} as const;

/** Whoever serves streams of a kind. */
type Served<D extends { accept(call: never): void; close(): void }> = Pick<D, 'accept' | 'close'>;

/** Opens the door for agents; `security` null: unencrypted. `port` 0 draws a free one. Throws {@link ResultsError} `port` when it is not to be had. */
export async function listen(
  { host, port }: Address,
  security: DoorSecurity | null,
  control: Served<ControlDesk>,
  report: Served<ReportDesk>,
  fetch: Served<FetchDesk>,
): Promise<Listening> {
  const server = new Server(OPTIONS);
  addBidiService(server, FleetService, {
    control: (call) => control.accept(call),
    report: (call) => report.accept(call),
    fetch: (call) => fetch.accept(call),
  });
  const bound = await bind(server, { host, port }, security);
  return {
    address: authority(host, bound),
    port: bound,
    close: async (graceMs) => {
      control.close();
      report.close();
      fetch.close();
      await shutDown(server, graceMs);
    },
  };
}

function bind(server: Server, { host, port }: Address, security: DoorSecurity | null): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(authority(host, port), doorCredentials(security), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(new ResultsError('port', `${authority(host, port)}: ${whyNot(error)}`, error));
    });
  });
}

const whyNot = (error: Error): string => {
  const code = systemCode(error) ?? error.message;
  if (code.includes('EADDRINUSE')) return 'the port is taken; choose another with --listen';
  if (code.includes('EACCES')) return 'no permission to listen there; choose a port above 1023';
  if (code.includes('EADDRNOTAVAIL')) return 'this machine has no such address';
  return `cannot listen there (${code})`;
};

/** `tryShutdown` waits for open streams for ever: after the grace they are cut. */
function shutDown(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, graceMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
