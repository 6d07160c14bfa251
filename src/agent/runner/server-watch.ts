import { isNetwork } from '../../campaign/target-spec.ts';
import type { ModelCounts } from '../../oip/statistics.ts';
import { endsWhenDone, type Phase } from '../../scenarios/phase.ts';
import { ownSecrets } from '../../targets/endpoint/secret.ts';
import type { ServerCounts } from '../../targets/endpoint/server-counts.ts';
import type { ServerReading, ServerTold } from '../../targets/server-told.ts';
import type { TargetFacts } from '../../targets/target.ts';
import { NS_PER_MS } from '../../time/ns.ts';
import type { TrialSpec } from '../../wire/trial-spec.ts';

/** Name of the protocol's extension by which a server says that it tells its counts. */
const EXTENSION = 'statistics';
/** Longest wait for one answer; and for a connection that must be opened anew, and the answer on it. */
const ASK_MS = 500;
const LOST_MS = 600;
/** A server may count a request after it has answered it: it is asked again until it tells the same twice, this long at most. */
const SETTLE_MS = 500;
const AGAIN_MS = 25;

/** Time as a watch needs it: the trial's, once it is armed, and what happens after a while. */
export interface WatchTime {
  /** Nanoseconds of the node's monotonic clock. */
  monotonic(): bigint;
  /** Returns what calls it off. */
  after(ms: number, happen: () => void): () => void;
}

/**
 * Asks the server at the boundaries of a trial's phases what it has counted. On a connection of its own, and on the
 * runner's main thread, which sends no requests: neither an answer that is late nor one that never comes delays one.
 */
export class ServerWatch {
  readonly #counts: ServerCounts;
  readonly #phases: readonly Phase[];
  readonly #time: WatchTime;
  readonly #starts: (ServerReading | null)[];
  #callOff: (() => void)[] = [];
  /** One question at a time, in order. */
  #last: Promise<void> = Promise.resolve();
  #zero = 0n;

  constructor(counts: ServerCounts, phases: readonly Phase[], time: WatchTime) {
    this.#counts = counts;
    this.#phases = phases;
    this.#time = time;
    this.#starts = phases.map(() => null);
  }

  /** Opens the connection before anything is measured. Rejects with one sentence for people. */
  async open(): Promise<void> {
    await this.#ask();
  }

  /** Instant 0 of the trial on the node's monotonic clock. What precedes the first request is asked right away. */
  arm(zero: bigint): void {
    this.#zero = zero;
    for (const [index, phase] of this.#phases.entries()) {
      if (index > 0 && endsWhenDone(this.#phases[index - 1] as Phase)) break;
      const inMs = index === 0 ? 0 : (phase.startNs - this.#now()) / NS_PER_MS;
      this.#callOff.push(this.#time.after(Math.max(0, inMs), () => this.#readStart(index)));
    }
  }

  /** After the last request has settled, however the trial ended: what was told. Never rejects. */
  async conclude(): Promise<ServerTold> {
    for (const callOff of this.#callOff) callOff();
    await this.#last;
    const after = await this.#settled();
    this.#counts.close();
    return { kind: 'read', source: this.#counts.source, starts: this.#starts, after };
  }

  #now(): number {
    return Number(this.#time.monotonic() - this.#zero);
  }

  #readStart(index: number): void {
    this.#last = this.#last.then(async () => {
      this.#starts[index] = await this.#read();
    });
  }

  #ask(): Promise<ModelCounts> {
    const { promise: lost, reject } = Promise.withResolvers<never>();
    const why = `${this.#counts.source}: no answer within ${LOST_MS} ms, expected one`;
    const callOff = this.#time.after(LOST_MS, () => reject(new Error(why)));
    return Promise.race([this.#counts.ask(ASK_MS), lost]).finally(callOff);
  }

  async #read(): Promise<ServerReading> {
    const askedNs = this.#now();
    try {
      const counts = await this.#ask();
      return { kind: 'read', askedNs, answeredNs: this.#now(), counts };
    } catch (error) {
      return { kind: 'missing', askedNs, why: error instanceof Error ? error.message : String(error) };
    }
  }

  async #settled(): Promise<ServerReading> {
    const untilNs = this.#now() + SETTLE_MS * NS_PER_MS;
    let last = await this.#read();
    while (last.kind === 'read' && this.#now() < untilNs) {
      await new Promise<void>((resolve) => this.#time.after(AGAIN_MS, resolve));
      const next = await this.#read();
      if (next.kind === 'read' && JSON.stringify(next.counts) === JSON.stringify(last.counts)) return next;
      last = next;
    }
    return last;
  }
}

/** Why nobody asks the server of a trial. */
export interface NotWatched {
  readonly why: string;
}

/** The watch of a trial on its server, connected. Null: this agent is not the one that asks, or nothing can be asked. */
export async function serverWatch(
  { target, share, phases }: TrialSpec,
  { endpoint }: TargetFacts,
  env: Readonly<Record<string, string | undefined>>,
  time: WatchTime,
): Promise<ServerWatch | NotWatched | null> {
  if (!isNetwork(target) || target.call.kind !== 'oip' || share.index !== 0) return null;
  const extensions = endpoint?.server?.extensions ?? [];
  if (!extensions.includes(EXTENSION)) {
    return { why: `the server does not name the extension ${EXTENSION}: it tells no counts of its own` };
  }
  const { serverCounts } = await import('../../targets/endpoint/server-counts.ts');
  const counts = serverCounts(target, ownSecrets(env));
  if (counts === null) return null;
  const watch = new ServerWatch(counts, phases, time);
  try {
    await watch.open();
    return watch;
  } catch (error) {
    counts.close();
    return { why: error instanceof Error ? error.message : String(error) };
  }
}
