import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * An open file that is read at any place. It costs a descriptor and no memory of its own: what is read often lies in
 * the operating system's page cache, once for all workers of a node.
 */
export class ByteFile {
  readonly path: string;
  readonly size: number;
  readonly #descriptor: number;

  /** @throws the file system's own error. */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(path, 'r');
    this.size = fstatSync(this.#descriptor).size;
  }

  /** Fills `into` from `offset` on with `length` bytes that lie at `position`. Allocates nothing. */
  read(into: Uint8Array, offset: number, length: number, position: number): void {
    let done = 0;
    while (done < length) {
      const count = readSync(this.#descriptor, into, offset + done, length - done, position + done);
      if (count === 0) throw new RangeError(`${this.path} ends before byte ${position + length}`);
      done += count;
    }
  }

  /** A copy of a stretch that lies in the file. */
  slice(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.read(bytes, 0, length, position);
    return bytes;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
