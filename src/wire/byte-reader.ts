import { closeSync, openSync, readSync } from 'node:fs';
import type { ByteReader, OpenFile } from '../scenarios/byte-reader.ts';

/** Opens a file of this machine. Throws what the file system says. */
export const openBytes: OpenFile = (path) => new FileBytes(openSync(path, 'r'));

class FileBytes implements ByteReader {
  readonly #descriptor: number;
  #isOpen = true;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  read(into: Uint8Array, position: number): number {
    return this.#isOpen ? readSync(this.#descriptor, into, 0, into.length, position) : 0;
  }

  close(): void {
    if (this.#isOpen) closeSync(this.#descriptor);
    this.#isOpen = false;
  }
}
