/** The first SIGINT or SIGTERM, for what ends in good order by it. A second one ends the process as it would any other. */
export class FirstInterrupt {
  readonly #signals: Pick<NodeJS.Process, 'on' | 'off'>;
  readonly #come = new AbortController();
  #by: NodeJS.Signals | null = null;

  /** `signals`: where they arrive, `process`. */
  constructor(signals: Pick<NodeJS.Process, 'on' | 'off'>) {
    this.#signals = signals;
    signals.on('SIGINT', this.#onSignal).on('SIGTERM', this.#onSignal);
  }

  /** Which one it was; null: none has come. */
  get by(): NodeJS.Signals | null {
    return this.#by;
  }

  /** Aborted by it. */
  get signal(): AbortSignal {
    return this.#come.signal;
  }

  /** Idempotent. */
  close(): void {
    this.#signals.off('SIGINT', this.#onSignal).off('SIGTERM', this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.close();
    this.#by = signal;
    this.#come.abort(new Error(`ended by ${signal}`));
  };
}
