import { createHash } from 'node:crypto';
import type * as fsPromises from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolders } from '../models/make-folders.ts';
import type { NodesByProvider } from './target.ts';

export type PlacementFs = Pick<typeof fsPromises, 'readFile' | 'rename' | 'rm' | 'writeFile'>;

const nodesSchema = z.record(
  z.string(),
  z.object({ count: z.int().nonnegative(), ms: z.number(), operators: z.record(z.string(), z.int().positive()) }),
);

/**
 * What profiled sessions told on this node, one JSON file per key, so that an unchanged model on an unchanged node need
 * not be profiled again. A file that cannot be read counts as none; one that cannot be written costs the next run a
 * profile and nothing else.
 */
export class PlacementStore {
  readonly #folder: string;
  readonly #fs: PlacementFs;
  readonly #uniqueName: string;

  /** `uniqueName`: of this process and thread, for files that are being written. */
  constructor(folder: string, fs: PlacementFs, uniqueName: string) {
    this.#folder = folder;
    this.#fs = fs;
    this.#uniqueName = uniqueName;
  }

  /** `key`: everything that decides where nodes run. */
  async find(key: string): Promise<NodesByProvider | null> {
    try {
      const parsed = nodesSchema.safeParse(JSON.parse(await this.#fs.readFile(this.#path(key), 'utf8')));
      return parsed.success ? parsed.data : null;
    } catch {
      return null;
    }
  }

  async keep(key: string, nodes: NodesByProvider): Promise<void> {
    const path = this.#path(key);
    const temporary = `${path}.${this.#uniqueName}.tmp`;
    try {
      await makeFolders(this.#folder);
      await this.#fs.writeFile(temporary, JSON.stringify(nodes));
      await this.#fs.rename(temporary, path);
    } catch {
      await this.#fs.rm(temporary, { force: true }).catch(() => {});
    }
  }

  #path(key: string): string {
    return join(this.#folder, `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`);
  }
}
