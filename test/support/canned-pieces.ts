import { createHash } from 'node:crypto';
import type { Pieces } from '../../src/agent/files/receive-file.ts';
import type { FileOfPlan } from '../../src/campaign/plan.ts';

export const sha256Of = (content: string): string => createHash('sha256').update(content).digest('hex');

/** A file of a plan that lay at `path`. */
export const fileOfPlan = (content: string, path = '/campaign/file.bin'): FileOfPlan => ({
  path,
  sha256: sha256Of(content),
  bytes: content.length,
});

/** A line over which files come in pieces of three bytes; what is asked of it is kept. `come` gives each answer. */
export class CannedPieces implements Pieces {
  /** From which byte each stream began. */
  readonly asked: number[] = [];
  readonly #come: (stream: number, offset: number) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

  constructor(come: (stream: number, offset: number) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#come = come;
  }

  async *pieces(_sha256: string, offset: number, _signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const stream = this.asked.push(offset);
    yield* this.#come(stream, offset);
  }

  close(): void {}
}

export function* inPieces(content: string): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += 3) yield Buffer.from(content.slice(at, at + 3));
}
