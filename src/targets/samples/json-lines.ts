import { basename } from 'node:path';
import type { PlannedFile } from '../../campaign/inputs-spec.ts';
import { ByteFile } from './byte-file.ts';
import { IndexedLines, indexLines, lineIndexFile } from './line-index.ts';

const FIRST_LOOKED_AT = 256;
const SPREAD = 256;

/** Samples of a JSON-lines file by index. */
export class JsonLines {
  readonly count: number;
  readonly label: string;
  readonly #lines: IndexedLines;

  private constructor(lines: IndexedLines, label: string) {
    this.#lines = lines;
    this.count = lines.count;
    this.label = label;
  }

  /** @throws Error `found …, expected …` where there is no line, or the file system's own. */
  static async open({ path, sha256, cache }: PlannedFile): Promise<JsonLines> {
    const index = await openIndex(path, sha256, cache);
    const lines = new JsonLines(new IndexedLines(new ByteFile(path), index), basename(path));
    if (lines.count > 0) return lines;
    lines.close();
    throw new Error(`found no line in ${lines.label}, expected one sample a line, for example [0.5, 1.25]`);
  }

  /** What stands in line `index`. @throws Error `found …, expected …` */
  record(index: number): unknown {
    try {
      return JSON.parse(this.#lines.line(index));
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      throw new Error(`found ${this.name(index)}, which is no JSON (${words}); write NaN and Infinity as text`);
    }
  }

  /** Lines that hold nothing do not count. */
  name(index: number): string {
    return `record ${index + 1} of ${this.label}`;
  }

  /** Indexes that are looked at before anything starts: the first ones, some from everywhere, the last. */
  *spotChecks(): Generator<number> {
    const first = Math.min(this.count, FIRST_LOOKED_AT);
    for (let index = 0; index < first; index++) yield index;
    const step = Math.max(1, Math.floor((this.count - first) / SPREAD));
    for (let index = first; index < this.count - 1; index += step) yield index;
    if (first < this.count) yield this.count - 1;
  }

  close(): void {
    this.#lines.close();
  }
}

/** The index that staging left; made here where a node has none. */
async function openIndex(path: string, sha256: string, cache: string): Promise<ByteFile> {
  const file = lineIndexFile(sha256, cache);
  try {
    return new ByteFile(file);
  } catch {
    await indexLines(path, cache);
    return new ByteFile(file);
  }
}
