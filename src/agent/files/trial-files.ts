import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileOfPlan } from '../../campaign/plan.ts';
import type { FileDigest } from '../../models/known-digest.ts';
import { makeFolders } from '../../models/make-folders.ts';
import { relocated } from '../../wire/needed-files.ts';
import type { TrialSpec } from '../../wire/trial-spec.ts';
import { FileCache } from './file-cache.ts';
import { FileProblem } from './file-problem.ts';
import type { Pieces } from './receive-file.ts';

export interface TrialFilesOptions {
  /** Where files lie that were sent to this node, whoever of its agents they were for. */
  readonly folder: string;
  /** Where what is derived from files is kept: digests, line indexes, unpacked arrays. */
  readonly derived: string;
  readonly source: Pieces & { close(): void };
  /** Names the node to people. */
  readonly node: string;
  /** Drawn once per process. */
  readonly nonce: string;
  /** Milliseconds of the wall clock. */
  nowMs(): number;
}

export type Provision =
  | { readonly kind: 'files-provided'; readonly spec: TrialSpec }
  /** A sentence. */
  | { readonly kind: 'files-refused'; readonly message: string };

/** Loaded where a trial names files: most agents verify none. */
const knownDigest = async (path: string, cache: string): Promise<FileDigest> =>
  await (await import('../../models/known-digest.ts')).knownDigest(path, cache);

const ALIVE_EVERY_MS = 60_000;
/** Files of an agent that gave no sign of life for this long are nobody's. */
const ABANDONED_MS = 15 * 60_000;

/**
 * The files of trials on this node, each verified before the trial is ready: where the plan found them if they lie there with
 * the same content, where the campaign says that they lie already, else a copy that was sent, laid out below a folder of the
 * agent's own under the path that it has where the plan was made. So what lies beside a file lies beside it here too.
 */
export class TrialFiles {
  readonly #options: TrialFilesOptions;
  readonly #cache: FileCache;
  readonly #tree: string;
  /** Copies that were laid out and verified. */
  readonly #laid = new Map<string, string>();
  #alive: NodeJS.Timeout | null = null;
  #underWay: AbortController | null = null;

  constructor(options: TrialFilesOptions) {
    this.#options = options;
    this.#cache = new FileCache({ ...options, folder: join(options.folder, 'content') });
    this.#tree = join(options.folder, 'agents', options.nonce);
  }

  /** The same trial with its files as they lie here; null: it was abandoned before they all did. */
  async provide(spec: TrialSpec): Promise<Provision | null> {
    const underWay = new AbortController();
    this.#underWay = underWay;
    try {
      const places = new Map<string, string>();
      for (const file of spec.files ?? []) places.set(file.path, await this.#place(file, underWay.signal));
      if (underWay.signal.aborted) return null;
      return { kind: 'files-provided', spec: relocated(spec, places, this.#options.derived) };
    } catch (error) {
      if (underWay.signal.aborted) return null;
      return { kind: 'files-refused', message: error instanceof Error ? error.message : String(error) };
    }
  }

  /** What is on its way is not wanted any more. */
  abandon(): void {
    this.#underWay?.abort();
  }

  /** What was laid out is of no use to anybody else. */
  async close(): Promise<void> {
    this.abandon();
    this.#options.source.close();
    if (this.#alive === null) return;
    clearInterval(this.#alive);
    await rm(this.#tree, { recursive: true, force: true }).catch(() => {});
  }

  async #place(file: FileOfPlan, signal: AbortSignal): Promise<string> {
    if (file.there !== undefined) return await this.#declared(file, file.there);
    if (await this.#isAt(file.path, file)) return file.path;
    const laid = this.#laid.get(file.path);
    if (laid !== undefined) return laid;
    await this.#settle();
    const to = join(this.#tree, file.path);
    await this.#cache.lay(file, to, signal);
    this.#laid.set(file.path, to);
    return to;
  }

  async #declared(file: FileOfPlan, there: string): Promise<string> {
    const { node, derived } = this.#options;
    const expected = `expected ${file.path} there, SHA-256 ${file.sha256}, as fleet.alreadyThere says`;
    const found = await knownDigest(there, derived).catch((error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'found no such file' : `cannot be read (${error.code ?? error.message})`;
      throw new FileProblem(`${there}: ${why} on ${node}, ${expected}`);
    });
    if (found.sha256 === file.sha256) return there;
    throw new FileProblem(`${there}: found SHA-256 ${found.sha256} on ${node}, ${expected}`);
  }

  /** Read through only where this node has not read it since it last changed, and where its size may be right. */
  async #isAt(path: string, { sha256, bytes }: FileOfPlan): Promise<boolean> {
    try {
      if ((await stat(path)).size !== bytes) return false;
      return (await knownDigest(path, this.#options.derived)).sha256 === sha256;
    } catch {
      return false;
    }
  }

  /** The folder of this agent, which it keeps from being taken for abandoned; those that are go. */
  async #settle(): Promise<void> {
    if (this.#alive !== null) return;
    const tree = this.#tree;
    this.#alive = setInterval(() => {
      const now = this.#options.nowMs() / 1000;
      void utimes(tree, now, now).catch(() => {});
    }, ALIVE_EVERY_MS).unref();
    await makeFolders(tree, 0o700).catch((error: NodeJS.ErrnoException) => {
      const hint = 'name a folder that the agent may write with --files';
      throw new FileProblem(
        `${tree}: cannot be made on ${this.#options.node}: ${error.code ?? error.message}; ${hint}`,
      );
    });
    await this.#forgetTheDead();
  }

  async #forgetTheDead(): Promise<void> {
    const agents = join(this.#options.folder, 'agents');
    for (const name of await readdir(agents).catch(() => [])) {
      const path = join(agents, name);
      const state = await stat(path).catch(() => null);
      if (state === null || this.#options.nowMs() - state.mtimeMs < ABANDONED_MS) continue;
      await rm(path, { recursive: true, force: true }).catch(() => {});
    }
  }
}
