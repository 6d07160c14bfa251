import type { ChildProcess, ExecFileOptions } from 'node:child_process';

/** How a call of an engine's command-line tool ended. `why`: a clause for people, in the tool's own words. */
export type ToolEnd =
  | { readonly kind: 'answered'; readonly stdout: string; readonly stderr: string }
  /** There is no such tool here. */
  | { readonly kind: 'missing'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string }
  /** No answer in time: nothing is known of what it did. */
  | { readonly kind: 'silent'; readonly why: string };

/** Calls a tool by its name, with what it is to read; never rejects, and never lasts longer than its limit. */
export type CallTool = (tool: string, args: readonly string[], input?: string) => Promise<ToolEnd>;

/** That of node:child_process. */
export type ExecFile = (
  command: string,
  args: readonly string[],
  options: ExecFileOptions,
  done: (error: Error | null, stdout: string | Buffer, stderr: string | Buffer) => void,
) => ChildProcess;

interface ExecError extends Error {
  readonly code?: string | number | null;
  readonly signal?: string | null;
}

/** Calls tools of this machine with a time limit of their own. */
export const toolCaller =
  (execFile: ExecFile, env: Readonly<Record<string, string | undefined>>, limitMs: number): CallTool =>
  (tool, args, input) => {
    const { promise, resolve } = Promise.withResolvers<ToolEnd>();
    const options: ExecFileOptions = { env: { ...env }, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 };
    const child = execFile(tool, args, options, (error, stdout, stderr) =>
      resolve(endOf(tool, error, String(stdout), String(stderr))),
    );
    // What it could not read it says itself.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
    const limit = setTimeout(() => {
      abandon(child);
      resolve({ kind: 'silent', why: `${tool} gave no answer within ${limitMs / 1000} s` });
    }, limitMs);
    return promise.finally(() => clearTimeout(limit));
  };

/** Ends a process, and waits no longer for it: something that it started may live on and hold its output. */
export function abandon(child: ChildProcess): void {
  child.kill('SIGKILL');
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  child.unref();
}

function endOf(tool: string, error: ExecError | null, stdout: string, stderr: string): ToolEnd {
  if (error === null) return { kind: 'answered', stdout, stderr };
  if (error.code === 'ENOENT') return { kind: 'missing', why: `${tool} is not on the PATH of this machine` };
  const said = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const how = error.signal ? `was ended by ${error.signal}` : `ended with exit code ${error.code}`;
  return { kind: 'refused', why: said.length === 0 ? `${tool} ${how}` : said.join(' ').slice(0, 600) };
}
