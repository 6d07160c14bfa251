import { FrameReader, type K6Frame } from './frames.ts';

/** What k6 tells of its samples, whichever way it tells it, as the frames that accounting takes. */
export interface SampleStream {
  /** The descriptor of k6 on which samples come. */
  readonly fd: 1 | 3;
  samples(chunk: Buffer): Iterable<K6Frame>;
  /** What k6 logs. */
  log(chunk: Buffer): void;
  /** What is certain by now though no sample came: to be asked for often. */
  turn(): Iterable<K6Frame>;
  /** What is left when k6 has ended. */
  end(): Iterable<K6Frame>;
}

/** Samples that loadcell's output folds inside k6. */
export class FoldedSamples implements SampleStream {
  readonly fd = 3;
  readonly #reader = new FrameReader();

  samples(chunk: Buffer): Iterable<K6Frame> {
    return this.#reader.read(chunk);
  }

  log(): void {}

  turn(): readonly K6Frame[] {
    return [];
  }

  end(): readonly K6Frame[] {
    return [];
  }
}
