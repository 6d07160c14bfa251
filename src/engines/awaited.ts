import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wantedGpus } from '../campaign/instance.ts';
import { makeFoldersSync } from '../models/make-folders.ts';
import { formatJoinFile, JOIN_FILE_ENDING, joinFileName } from '../wire/join-file.ts';
import type { AgentGroup, AttemptKey, Engine, GroupStatus, Handle, Probe } from './engine.ts';

const AWAITED = 'agents that are started elsewhere are awaited: loadcell agent --join';

/**
 * Places nobody: lays one join file for each place into a folder, for agents that somebody else starts and that can see the
 * folder, such as containers that share a volume. Ends nobody either: an agent leaves when the run is over, and when its
 * lease is. The folder is this run's alone.
 */
export class AwaitedEngine implements Engine {
  readonly name = 'awaited';
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async probe(_group: AgentGroup): Promise<Probe> {
    try {
      makeFoldersSync(this.#folder, 0o700);
      const trial = join(this.#folder, `.probe-${process.pid}`);
      writeFileSync(trial, '', { mode: 0o600 });
      rmSync(trial);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const message = `--join: ${this.#folder} cannot be written: ${why}`;
      const hint = 'name a folder that belongs to the user of coordinator and agents';
      return { kind: 'infeasible', found: [], problems: [{ code: 'no-permission', message, hint }] };
    }
    return { kind: 'feasible', found: [`join files go to ${this.#folder}`] };
  }

  async submit(group: AgentGroup, key: AttemptKey): Promise<Handle> {
    makeFoldersSync(this.#folder, 0o700);
    for (const name of this.#untaken()) if (!name.startsWith(`${key.runId}-`)) rmSync(join(this.#folder, name));
    for (const index of group.indices) this.#lay(group, key, index);
    return { engine: this.name, key, members: [] };
  }

  async status(_handle: Handle): Promise<GroupStatus> {
    return { kind: 'queued', reason: AWAITED };
  }

  /** Whether an agent lives is known from what it says to the coordinator alone. */
  watch(_handle: Handle, onStatus: (status: GroupStatus) => void): () => void {
    onStatus({ kind: 'queued', reason: AWAITED });
    return () => {};
  }

  async cancel({ key }: Handle): Promise<void> {
    for (const name of this.#untaken()) {
      if (name.startsWith(`${key.runId}-`)) rmSync(join(this.#folder, name), { force: true });
    }
  }

  async *logs(): AsyncGenerator<Uint8Array> {}

  async list(): Promise<readonly Handle[]> {
    return [];
  }

  /** In one piece: an agent may look at any instant. */
  #lay({ coordinator, token, instance }: AgentGroup, { runId, attempt }: AttemptKey, index: number): void {
    const path = join(this.#folder, joinFileName(runId, index));
    const expects = wantedGpus(instance);
    const ticket = { coordinator, runId, attempt, index, token, ...(expects === null ? {} : { expects }) };
    writeFileSync(`${path}.tmp`, formatJoinFile(ticket), { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  }

  #untaken(): readonly string[] {
    return readdirSync(this.#folder).filter((name) => name.endsWith(JOIN_FILE_ENDING));
  }
}
