import { setTimeout as delay } from 'node:timers/promises';
import { PlaceTrouble } from '../../engines/inside-place.ts';

type Passed = 'drain' | 'abort';

/** The user wants it over at once. */
export interface AtOnce {
  readonly kind: 'at-once';
}

/** Between two tries to pass an interrupt on over a connection that broke. */
const AGAIN_MS = 2_000;

/**
 * SIGINT and SIGTERM of a command whose coordinator is elsewhere: the first one drains, the second one ends at once. SIGHUP
 * ends nothing. Both are passed on as soon as there is a coordinator to pass them to.
 */
export class Interrupts {
  /** Resolves once the second one was passed on, or could not be. */
  readonly atOnce: Promise<AtOnce>;
  readonly #signals: Pick<NodeJS.Process, 'on' | 'off'>;
  readonly #show: (signal: string) => void;
  readonly #drained = new AbortController();
  readonly #abandoned = new AbortController();
  readonly #isOver: (end: AtOnce) => void;
  #by: string | null = null;
  #wanted: Passed | null = null;
  #pass: ((what: Passed) => Promise<void>) | null = null;
  #onTrouble: (sentence: string) => void = () => {};
  #closed = false;

  /** `show`: tells people that the first one was understood. */
  constructor(signals: Pick<NodeJS.Process, 'on' | 'off'>, show: (signal: string) => void) {
    this.#signals = signals;
    this.#show = show;
    const { promise, resolve } = Promise.withResolvers<AtOnce>();
    this.atOnce = promise;
    this.#isOver = resolve;
    signals.on('SIGINT', this.#onSignal).on('SIGTERM', this.#onSignal).on('SIGHUP', ignore);
  }

  /** By which signal; null: none has come. */
  get by(): string | null {
    return this.#by;
  }

  /** Aborted by the first one. */
  get drained(): AbortSignal {
    return this.#drained.signal;
  }

  /** Aborted by the second one. */
  get abandoned(): AbortSignal {
    return this.#abandoned.signal;
  }

  /** There is a coordinator now. */
  passTo(pass: (what: Passed) => Promise<void>, onTrouble: (sentence: string) => void): void {
    this.#pass = pass;
    this.#onTrouble = onTrouble;
    if (this.#wanted !== null) void this.#hand(this.#wanted);
  }

  close(): void {
    this.#closed = true;
    this.#signals.off('SIGINT', this.#onSignal).off('SIGTERM', this.#onSignal).off('SIGHUP', ignore);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#by === null) this.#show(signal);
    this.#wanted = this.#by === null ? 'drain' : 'abort';
    this.#by ??= signal;
    if (this.#wanted === 'abort') this.#abandoned.abort(new Error(`ended by ${signal}`));
    this.#drained.abort(new Error(`ended by ${signal}`));
    if (this.#pass !== null) void this.#hand(this.#wanted);
  };

  /** Tries a drain again until it was passed on; at once means now. */
  async #hand(what: Passed): Promise<void> {
    while (!this.#closed && this.#wanted === what) {
      try {
        await this.#pass?.(what);
        break;
      } catch (error) {
        this.#onTrouble(error instanceof Error ? error.message : String(error));
        if (what === 'abort' || !(error instanceof PlaceTrouble) || error.kind !== 'lost') break;
        await delay(AGAIN_MS);
      }
    }
    if (what === 'abort') this.#isOver({ kind: 'at-once' });
  }
}

const ignore = (): void => {};
