import type { ExecFileOptions } from 'node:child_process';
import type { GpuLook } from '../../agent/gpu-look.ts';
import type { K6Program } from '../../agent/k6/program.ts';
import { abandon, type ExecFile } from '../../engines/tool.ts';
import type { ChosenSource } from '../../gpu/source-names.ts';
import type { ReadText } from '../../wire/read-text.ts';

/** How an external command ended. `why`: a phrase. */
export type CommandEnd =
  | { readonly kind: 'answered'; readonly stdout: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly why: string };

/** What the doctor may ask of a machine. Nothing here rejects, and nothing lasts longer than its limit. */
export interface Machine {
  readonly readText: ReadText;
  readonly run: (command: string, args: readonly string[]) => Promise<CommandEnd>;
  readonly exists: (path: string) => boolean;
  /** One look at its GPUs by these sources. */
  readonly gpus: (sources: readonly ChosenSource[]) => Promise<GpuLook>;
  /** The k6 that a run would take, or why there is none. */
  readonly k6: () => Promise<K6Program | string>;
}

/**
 * A runner of commands that are killed after `limitMs`, and no longer waited for even when something that they started
 * lives on and holds their output. `execFile` is that of node:child_process.
 */
export const commandRunner =
  (execFile: ExecFile, limitMs: number): Machine['run'] =>
  (command, args) => {
    const { promise, resolve } = Promise.withResolvers<CommandEnd>();
    const options: ExecFileOptions = { killSignal: 'SIGKILL', maxBuffer: 2 ** 20, windowsHide: true };
    try {
      const child = execFile(command, args, options, (error, stdout, stderr) => resolve(endOf(error, stdout, stderr)));
      const limit = setTimeout(() => {
        abandon(child);
        resolve({ kind: 'failed', why: `gave no answer within ${limitMs / 1000} s` });
      }, limitMs);
      return promise.finally(() => clearTimeout(limit));
    } catch (error) {
      return Promise.resolve({ kind: 'failed', why: error instanceof Error ? error.message : String(error) });
    }
  };

interface ExecError extends Error {
  readonly code?: string | number;
  readonly signal?: string;
}

function endOf(error: ExecError | null, stdout: string | Buffer, stderr: string | Buffer): CommandEnd {
  if (error === null) return { kind: 'answered', stdout: String(stdout) };
  if (error.code === 'ENOENT') return { kind: 'absent' };
  const [line = ''] = (String(stderr).trim() || String(stdout).trim()).split('\n');
  const how = error.signal === undefined || error.signal === null ? `exit ${error.code}` : error.signal;
  return { kind: 'failed', why: line === '' ? `ended with ${how}` : line.slice(0, 160) };
}
