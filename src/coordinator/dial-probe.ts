import { authority } from '../campaign/dial-address.ts';
import type { AgentGroup, Engine, Handle } from '../engines/engine.ts';
import { type Ns, seconds, toMilliseconds, toSeconds } from '../time/ns.ts';
import { isQuietRefusal } from '../wire/refusal.ts';
import { AttemptWatch } from './attempt-watch.ts';
import { ControlDesk } from './control-desk.ts';
import type { Entrance } from './entrance.ts';
import { deadlinesFor } from './fleet-plan.ts';
import type { Happening } from './run-state.ts';
import { listen } from './server.ts';

/** What became of an agent that was placed to dial in and do nothing else. `address`: what it was told to dial. */
export type Dialled =
  | { readonly kind: 'came'; readonly address: string; readonly node: string }
  /** It came and would not be taken: its node is not what was asked for, or has another version. */
  | { readonly kind: 'refused'; readonly address: string; readonly why: string }
  /** It was placed, and did not come. `why`: what it or the engine said last. */
  | { readonly kind: 'silent'; readonly address: string; readonly why: string }
  /** Nobody was placed, which says nothing about the address. */
  | { readonly kind: 'unplaced'; readonly address: string; readonly why: string }
  /** There is no address that could be dialled. */
  | { readonly kind: 'no-door'; readonly why: string };

export interface DialProbeOptions {
  readonly engine: Engine;
  /** One place, and where its agent dials is said here. */
  readonly group: Omit<AgentGroup, 'coordinator' | 'token' | 'registerWithinS'>;
  readonly entrance: Entrance;
  /** Of the program that planned. */
  readonly version: string;
  /** Nanoseconds of the node's monotonic clock. */
  monotonic(): bigint;
  /** Why no place is given yet, a clause. */
  waiting(why: string): void;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** How long the engine may look for a place, and a placed agent may take to come; by default one minute and two. */
  readonly patience?: { readonly queueNs: Ns; readonly comeNs: Ns };
}

/** A node may have to unpack the agent first. */
const PATIENCE = { queueNs: seconds(60), comeNs: seconds(120) };
/** An agent that cannot dial says why when it gives up. */
const REGISTER_WITHIN_S = 15;
const CANCEL_GRACE = seconds(2);
const CLOSE_MS = 500;

/**
 * Places one agent by the engine, as a run would, and says whether it could dial in: over the same door, with the same
 * certificates. It is sent away as soon as it has come; nobody is left. Throws a `ResultsError` `port` where the door
 * cannot be opened.
 */
export async function dialProbe(options: DialProbeOptions): Promise<Dialled> {
  const { engine, group, entrance, signal } = options;
  const outcome = Promise.withResolvers<Dialled>();
  const visit = new Visit(options, outcome.resolve);
  const door = await listen(entrance.listen, entrance.security, visit.desk, NOBODY, NOBODY);
  const { host, port } = entrance.advertise;
  visit.address = authority(host, port ?? door.port);
  const callOff = (): void => visit.end('unplaced', 'it was called off');
  signal.addEventListener('abort', callOff, { once: true });
  if (signal.aborted) callOff();
  let handle: Handle | null = null;
  let unwatch = (): void => {};
  try {
    const token = entrance.admission.token(1);
    const asked = { ...group, coordinator: visit.address, token, registerWithinS: REGISTER_WITHIN_S };
    handle = await engine.submit(asked, { runId: group.runId, attempt: 1 });
    const watch = new AttemptWatch(handle, (happening) => visit.onHappening(happening));
    visit.queued();
    unwatch = engine.watch(handle, (status) => watch.onStatus(status));
    return await outcome.promise;
  } catch (error) {
    return { kind: 'unplaced', address: visit.address, why: error instanceof Error ? error.message : String(error) };
  } finally {
    unwatch();
    visit.close();
    if (handle !== null) await engine.cancel(handle, CANCEL_GRACE);
    await door.close(CLOSE_MS);
  }
}

/** Streams that an agent without a lease does not open. */
const NOBODY = { accept: (call: { end(): unknown }): void => void call.end(), close: (): void => {} };

/** The one agent's way here. */
class Visit {
  readonly desk: ControlDesk;
  address = '';
  readonly #options: DialProbeOptions;
  readonly #tell: (dialled: Dialled) => void;
  readonly #patience: { readonly queueNs: Ns; readonly comeNs: Ns };
  #why = 'the engine has not said why';
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DialProbeOptions, tell: (dialled: Dialled) => void) {
    this.#options = options;
    this.#tell = tell;
    this.#patience = options.patience ?? PATIENCE;
    this.desk = this.#desk();
  }

  queued(): void {
    const { queueNs } = this.#patience;
    this.#within(queueNs, () =>
      this.end('unplaced', `no place was given within ${toSeconds(queueNs)} s: ${this.#why}`),
    );
  }

  onHappening(happening: Happening): void {
    switch (happening.kind) {
      case 'queued':
        this.#why = happening.why;
        this.#options.waiting(happening.why);
        break;
      case 'placed': {
        const { comeNs } = this.#patience;
        this.#within(comeNs, () => this.end('silent', `it did not come within ${toSeconds(comeNs)} s`));
        break;
      }
      case 'exited':
        this.end('silent', `it ${happening.message}`);
        break;
      default:
    }
  }

  end(kind: 'refused' | 'silent' | 'unplaced', why: string): void {
    this.#tell({ kind, address: this.address, why });
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #within(limitNs: Ns, over: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(over, toMilliseconds(limitNs));
  }

  #desk(): ControlDesk {
    const { group, entrance, version, monotonic } = this.#options;
    const unasked = (): never => {
      throw new Error('an agent without a lease is given nothing to do');
    };
    return new ControlDesk({
      runId: group.runId,
      admission: entrance.admission,
      version,
      deadlines: deadlinesFor(entrance.security === null ? 'loopback' : 'network'),
      monotonic,
      calibrationMaxAgeS: 0,
      trialSpec: unasked,
      monotonicOf: unasked,
      drawSession: unasked,
      ageS: unasked,
      onEvent: (happening) => this.#onEvent(happening),
      onRefused: ({ code, message }) => {
        if (!isQuietRefusal(code)) this.end('refused', `${message} (${code})`);
      },
    });
  }

  #onEvent(happening: Happening): void {
    if (happening.kind !== 'register') return;
    const { link, node, arrival } = happening;
    const problem = arrival?.problem ?? null;
    if (problem === null) this.#tell({ kind: 'came', address: this.address, node: node.id });
    else this.end('refused', `node ${node.id}: ${problem}`);
    this.desk.refuse(link, 'run-over', 'it was placed to see whether it could dial in, and could');
  }
}
