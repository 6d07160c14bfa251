/** Memory that requests may take while they arrive and are unpacked, over all connections of an endpoint. */
export class ArrivingBytes {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether there is room for so many bytes more, which are taken then. A single request finds room however large it is. */
  take(bytes: number): boolean {
    if (this.#held > 0 && this.#held + bytes > this.#most) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}
