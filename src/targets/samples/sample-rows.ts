import type { ByteFile } from './byte-file.ts';

/** Where the samples of one array lie in a file. */
export interface RowGeometry {
  /** First byte of sample 0. */
  readonly base: number;
  /** Bytes from one sample to the next. */
  readonly stride: number;
  /** Bytes of one sample, at most `stride`. */
  readonly bytes: number;
  readonly count: number;
}

/** Samples of a fixed size in a file, read by index. Nothing is kept in memory. */
export class SampleRows {
  readonly count: number;
  readonly bytes: number;
  readonly #file: ByteFile;
  readonly #base: number;
  readonly #stride: number;

  constructor(file: ByteFile, { base, stride, bytes, count }: RowGeometry) {
    this.#file = file;
    this.#base = base;
    this.#stride = stride;
    this.bytes = bytes;
    this.count = count;
  }

  /** Fills `into` with `rows` samples from `first` on; after the last one comes the first. Allocates nothing. */
  read(first: number, rows: number, into: Uint8Array): void {
    let done = 0;
    while (done < rows) {
      const index = (first + done) % this.count;
      const run = this.#stride === this.bytes ? Math.min(rows - done, this.count - index) : 1;
      this.#file.read(into, done * this.bytes, run * this.bytes, this.#base + index * this.#stride);
      done += run;
    }
  }
}
