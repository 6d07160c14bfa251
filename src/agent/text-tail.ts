const NODE_TRAILER = /^(\s+at |Node\.js v\d)/;

/** The end of a stream of text, bounded: what a process wrote to its standard error before it died. */
export class TextTail {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #length = 0;

  /** Keeps at most `limitBytes` of what was written last. */
  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk.length > this.#limit ? chunk.subarray(chunk.length - this.#limit) : chunk);
    this.#length += this.#chunks.at(-1)?.length ?? 0;
    while (this.#length - (this.#chunks[0]?.length ?? 0) >= this.#limit)
      this.#length -= this.#chunks.shift()?.length ?? 0;
  }

  bytes(): Buffer {
    const all = Buffer.concat(this.#chunks);
    return all.subarray(Math.max(0, all.length - this.#limit));
  }

  /**
   * The last line that says something, without control characters; at most 300 characters; empty when there is none.
   * The frames and the version that Node writes below an error say nothing.
   */
  lastLine(): string {
    const lines = this.bytes()
      .toString('utf8')
      .split(/[\r\n]+/);
    const last = lines.findLast((line) => line.trim() !== '' && !NODE_TRAILER.test(line)) ?? '';
    return last
      .replaceAll(/\p{Cc}\[?[0-9;]*m?/gu, '')
      .trim()
      .slice(0, 300);
  }
}
