/** Up to so many report streams each interval is acknowledged as soon as it is on disk. */
const AT_ONCE_UP_TO = 100;
/** Beyond them acknowledgements wait for each other this long: a message to an agent costs more than the interval that it answers. */
const ROUND_MS = 2_000;

/**
 * When acknowledgements go out: at once while few agents report, in rounds when many do, and at once again when agents
 * wait for the last of them to leave. An agent's credit of 64 covers a round many times over.
 */
export class AckPace {
  readonly #streams: () => number;
  readonly #due = new Set<() => void>();
  #hurry: 'none' | 'all-leave' = 'none';
  /** Calls the round off that is to come; null: none is. */
  #cancel: (() => void) | null = null;

  /** `streams`: how many report. */
  constructor(streams: () => number) {
    this.#streams = streams;
  }

  /** Something of a stream is on disk: `acknowledge` says so, once, with all that came until then. */
  due(acknowledge: () => void): void {
    this.#due.add(acknowledge);
    this.#cancel ??= this.#isAtOnce ? soon(this.#round) : later(this.#round);
  }

  /** Nobody is to wait any more. */
  hurry(): void {
    this.#hurry = 'all-leave';
    this.#round();
  }

  get #isAtOnce(): boolean {
    return this.#hurry === 'all-leave' || this.#streams() <= AT_ONCE_UP_TO;
  }

  readonly #round = (): void => {
    this.#cancel?.();
    this.#cancel = null;
    const due = [...this.#due];
    this.#due.clear();
    for (const acknowledge of due) acknowledge();
  };
}

function soon(round: () => void): () => void {
  const immediate = setImmediate(round);
  return () => clearImmediate(immediate);
}

function later(round: () => void): () => void {
  const timer = setTimeout(round, ROUND_MS);
  return () => clearTimeout(timer);
}
