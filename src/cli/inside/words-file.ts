import { appendFileSync } from 'node:fs';
import { type Word, wordLine } from './words.ts';

/**
 * Where a coordinator inside says its words. One that cannot be written, on a full disk for example, is not said: what
 * is measured and recorded does not hang on it. What was begun of it is a line that is none, and followers pass over it.
 */
export class WordsFile {
  readonly #append: (text: string) => void;
  #isTorn = false;

  /** `append`: takes all of a text or throws; by default at the end of the file, which only its owner may read. */
  constructor(path: string, append = (text: string): void => appendFileSync(path, text, { mode: 0o600 })) {
    this.#append = append;
  }

  /** Whether it was said. */
  say(word: Word): boolean {
    try {
      this.#append(`${this.#isTorn ? '\n' : ''}${wordLine(word)}`);
      this.#isTorn = false;
    } catch {
      this.#isTorn = true;
    }
    return !this.#isTorn;
  }
}
