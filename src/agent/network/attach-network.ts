import type { Server } from 'node:net';
import type { Remote } from '../../campaign/endpoint-spec.ts';
import type { ViaSpec } from '../../campaign/via-spec.ts';
import type { NetworkReleases } from '../../targets/network-facts.ts';
import { nodeMonotonic, threadClock } from '../../time/monotonic.ts';
import { watchLifeline } from '../../wire/lifeline.ts';
import { Alarm, alarmMemory } from '../runner/alarm.ts';
import { startAlarms } from '../runner/alarm-start.ts';
import { NetworkProxy } from './proxy.ts';

/**
 * What the process is told: once what to be, then that its own examination is over, and what is asked of it. That the
 * channel closes ends it.
 */
export type ToNetwork =
  | {
      readonly kind: 'open';
      readonly via: ViaSpec;
      readonly seed: string;
      /** Of its random streams. */
      readonly name: string;
      /** Where the endpoint is. */
      readonly remote: Remote;
      /** Where the examiner answers. */
      readonly examiner: Remote;
    }
  | { readonly kind: 'examined' }
  /** Could the endpoint be reached? */
  | { readonly kind: 'ask-reached' };

export type FromNetwork =
  /** Ports on loopback: to the endpoint, and to the examiner. */
  | { readonly kind: 'listening'; readonly port: number; readonly examinerPort: number }
  /** It cannot be, or cannot go on: one sentence for people. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Why a connection to the endpoint could not be made last, by the error's code; null: there was none such. */
  | { readonly kind: 'reached'; readonly unreachable: string | null }
  /** What it let out since it last said so. */
  | ({ readonly kind: 'released' } & NetworkReleases);

/** How often it tells what it let out. */
const TELL_MS = 200;

/** Makes this process the network of the runner that forked it: it lives and dies with it. */
export function attachNetwork(): void {
  if (process.send === undefined) {
    process.stderr.write('network: found no channel to a runner, expected to be started by one\n');
    process.exit(64);
  }
  watchLifeline(process.env);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  let examination: Server | null = null;
  const reach: Reach = { unreachable: null };
  process.on('message', (message: ToNetwork) => {
    if (message.kind === 'examined') examination?.close();
    else if (message.kind === 'ask-reached') tell({ kind: 'reached', ...reach });
    else {
      opened(message, reach).then(
        (server) => {
          examination = server;
        },
        (error: unknown) => tell({ kind: 'refused', message: error instanceof Error ? error.message : String(error) }),
      );
    }
  });
}

const tell = (message: FromNetwork): void => {
  process.send?.(message, undefined, {}, () => {});
};

/** What became of the connections to the endpoint. */
interface Reach {
  unreachable: string | null;
}

async function opened(
  { via, seed, name, remote, examiner }: Extract<ToNetwork, { kind: 'open' }>,
  reach: Reach,
): Promise<Server> {
  const origin = nodeMonotonic();
  const clock = threadClock(origin);
  const memory = alarmMemory(1);
  startAlarms(memory, origin, (error) => {
    throw error;
  });
  const unreachable = (error: Error): void => {
    reach.unreachable = 'code' in error ? String(error.code) : error.message;
  };
  const proxy = new NetworkProxy({
    via,
    seed,
    name,
    now: () => clock.now(),
    alarm: new Alarm(memory, 0),
    unreachable,
  });
  setInterval(() => {
    const releases = proxy.releases();
    if (releases.released > 0) tell({ kind: 'released', ...releases });
  }, TELL_MS);
  const [{ port }, examined] = [await proxy.listen(remote), await proxy.listen(examiner)];
  tell({ kind: 'listening', port, examinerPort: examined.port });
  return examined.server;
}
