const NOTHING = Buffer.alloc(0);

/** The bodies of the answers that are on their way, by place. */
export class AnswerBodies {
  readonly #bodies: Buffer[] = [];

  /** Bytes [from, to) of `bytes`, which are only there during the call. */
  add(place: number, bytes: Buffer, from: number, to: number): void {
    this.#bodies[place] = Buffer.concat([this.#bodies[place] ?? NOTHING, bytes.subarray(from, to)]);
  }

  /** What came; the next answer on this place begins anew. */
  take(place: number): Buffer {
    const body = this.#bodies[place] ?? NOTHING;
    this.#bodies[place] = NOTHING;
    return body;
  }

  drop(place: number): void {
    this.#bodies[place] = NOTHING;
  }
}
