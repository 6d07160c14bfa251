import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Ns } from '../../time/ns.ts';
import type { Driver } from '../../wire/calibration.ts';
import type { Credential } from '../../wire/x509.ts';
import { entryFile } from './entry-file.ts';

/** How a canned responder treats a request; instants on the node's monotonic clock, nanoseconds. */
export interface Behaviour {
  /** How long it takes over each, one after the other. */
  readonly serviceNs: Ns;
  /** Whatever meets this stretch is answered at its end. */
  readonly stall: { readonly fromNs: number; readonly untilNs: number } | null;
}

/** What the responder's thread is started with. */
export interface ResponderTask {
  readonly protocol: 'http/1.1' | 'http/2' | 'grpc';
  readonly bodyBytes: number;
  /** Null: connections are plain. */
  readonly secured: Credential | null;
  /** Service time, start and end of the stall. */
  readonly behaviour: SharedArrayBuffer;
}

/** Answers every request with 200, or OK, and a body of the size of the request's, on loopback, on a thread of its own. */
export interface Responder {
  readonly port: number;
  behave(behaviour: Behaviour): void;
  close(): void;
}

export async function startResponder(
  driver: Extract<Driver, ResponderTask['protocol']>,
  bodyBytes: number,
  secured: Credential | null,
): Promise<Responder> {
  const behaviour = new SharedArrayBuffer(24);
  const instants = new Float64Array(behaviour);
  const task: ResponderTask = {
    protocol: driver,
    bodyBytes,
    secured,
    behaviour,
  };
  const thread = new Worker(entryFile('canned-thread', import.meta.url), { workerData: task });
  const [port] = (await once(thread, 'message')) as [number];
  return {
    port,
    behave: ({ serviceNs, stall }) => {
      instants[1] = stall?.fromNs ?? 0;
      instants[2] = stall?.untilNs ?? 0;
      instants[0] = serviceNs;
    },
    close: () => void thread.terminate(),
  };
}
