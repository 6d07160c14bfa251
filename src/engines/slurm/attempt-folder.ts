import { rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TextTail } from '../../agent/text-tail.ts';
import { makeFoldersSync } from '../../models/make-folders.ts';
import { readText } from '../../wire/read-text.ts';
import type { AttemptKey, MemberExit } from '../engine.ts';
import { exitStatus } from '../exit-status.ts';

/** What is kept in mind of an agent's standard error. */
const STDERR_BYTES = 64 * 1024;

/** In which the attempts of a run have theirs. */
export const runFolder = (shared: string, runId: string): string => join(shared, 'runs', runId);

/** What an attempt and its tasks tell each other: files on a path that every node reads and writes. */
export class AttemptFolder {
  readonly path: string;

  constructor(shared: string, { runId, attempt }: AttemptKey) {
    this.path = join(runFolder(shared, runId), `${attempt}`);
  }

  get tokenFile(): string {
    return join(this.path, 'token');
  }

  /** Makes it anew: nothing of an earlier try may be taken for this one's. Throws where it cannot be made. */
  make(token: string, script: string): void {
    rmSync(this.path, { recursive: true, force: true });
    makeFoldersSync(this.path, 0o700);
    writeFileSync(this.tokenFile, `${token}\n`, { mode: 0o600 });
    writeFileSync(join(this.path, 'agent.sh'), script, { mode: 0o700 });
  }

  /** The folder of a run goes with its last attempt. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
    try {
      rmdirSync(dirname(this.path));
    } catch {
      return;
    }
  }

  /** The node of a task and the devices that it was given; null: its agent has not started. */
  nodeOf(task: number): { readonly node: string; readonly gpus: readonly string[] } | null {
    const text = readText(join(this.path, `node-${task}`))?.trim();
    if (text === undefined || text === '') return null;
    const [node = '', devices = ''] = text.split(' ');
    return { node, gpus: devices.split(',').filter((device) => device !== '') };
  }

  /** How the agent of a task ended; null: it has not, or could not say so. */
  exitOf(task: number, index: number): MemberExit | null {
    const text = readText(join(this.path, `exit-${task}`))?.trim();
    if (text === undefined || !/^\d+$/.test(text)) return null;
    return { index, ...exitStatus(Number(text)), lastLine: this.#lastLine(task) };
  }

  /** The end of what the agent of a task wrote to its standard error. */
  stderrOf(task: number): Uint8Array {
    return this.#stderr(task).bytes();
  }

  #lastLine(task: number): string {
    return this.#stderr(task).lastLine();
  }

  #stderr(task: number): TextTail {
    const tail = new TextTail(STDERR_BYTES);
    tail.push(Buffer.from(readText(join(this.path, `log-${task}`)) ?? ''));
    return tail;
  }
}
