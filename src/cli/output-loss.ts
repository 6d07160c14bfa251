import { EXIT_CODES } from '../verdict/exit-code.ts';

/** A reader that has seen enough (`| head`), a terminal that has gone away: nobody misses what comes after. */
const READER_GONE: readonly (string | undefined)[] = ['EPIPE', 'EIO', 'ECONNRESET'];

/** What standard output did not take: a full disk must not leave half a result behind an exit code of 0. */
export class OutputLoss {
  #code: string | null = null;

  /** Takes an error of the stream; none of them ends the program. */
  note(error: NodeJS.ErrnoException): void {
    if (!READER_GONE.includes(error.code)) this.#code ??= error.code ?? error.message;
  }

  /** One sentence for people; null when everything was taken. */
  get sentence(): string | null {
    if (this.#code === null) return null;
    const why = this.#code === 'ENOSPC' || this.#code === 'EDQUOT' ? 'the disk is full' : this.#code;
    return `standard output: cannot be written (${why}); what stands there is not whole`;
  }

  /** The exit code that says so where none says anything graver. */
  exitCode(code: number): number {
    return this.#code !== null && code === 0 ? EXIT_CODES['own-fault'].code : code;
  }
}
