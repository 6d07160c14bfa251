import { type ChildProcess, spawn } from 'node:child_process';

/** A tool that prints lines, as its reader sees it. */
export interface ToolLines {
  /** Null while it runs; else how it ended, a clause. */
  ended(): string | null;
  stop(): void;
}

export interface ToolCall {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** No tool prints longer lines; what is longer is cut off there and read as what it is, no row. */
const LONGEST_LINE = 64 * 1024;

/**
 * Starts a tool and hands over each line of its standard output as it comes, then those of its standard error. Its clock
 * is set to UTC, so that no time stamp is told in a zone that is not. Nothing is thrown: a tool that is not there has ended.
 * It ends with this process, however that ends.
 */
export function toolLines({ command, args, env }: ToolCall, onLine: (line: string) => void): ToolLines {
  const child = spawn(command, args, { env: { ...env, TZ: 'UTC', LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] });
  let end: string | null = null;
  eachLine(child.stdout, onLine);
  eachLine(child.stderr, onLine);
  child.once('error', (error) => {
    end = `cannot be started: ${error.message}`;
  });
  child.once('close', (code, signal) => {
    end ??= signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  });
  endWithThisProcess(child);
  return { ended: () => end, stop: () => void child.kill('SIGKILL') };
}

/**
 * A sampler is killed like nothing else of a run. A tool that prints meets its closed pipe then; one that has nothing to say, for
 * nobody computes, would go on for ever. So a shell waits beside it for the end of a pipe that this process alone holds.
 */
function endWithThisProcess(tool: ChildProcess): void {
  if (tool.pid === undefined) return;
  const args = ['-c', 'read -r _; kill -9 "$1"', 'sh', `${tool.pid}`];
  const guard = spawn('/bin/sh', args, { stdio: ['pipe', 'ignore', 'ignore'] });
  guard.on('error', () => {
    // Without a shell the tool ends when it next prints.
  });
  guard.unref();
  tool.once('exit', () => guard.kill('SIGKILL'));
}

function eachLine(stream: ChildProcess['stdout'], onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (piece: string) => {
    const lines = (rest + piece).split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) onLine(line.replace(/\r$/, '').slice(0, LONGEST_LINE));
  });
}

/** What a tool prints once. Null: it is not there, failed, or took too long; it is killed then. */
export function toolOutput({ command, args, env }: ToolCall, withinMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const child = spawn(command, args, {
      env: { ...env, TZ: 'UTC', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      // What the tool itself has started may hold its output open for longer.
      child.stdout.destroy();
      resolve(null);
    }, withinMs);
    child.stdout.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > MOST_OUTPUT) child.kill('SIGKILL');
      else pieces.push(piece);
    });
    child.once('error', () => {
      clearTimeout(timer);
      resolve(null);
    });
    child.once('close', (_code, signal) => {
      clearTimeout(timer);
      // Tools print their errors in place of answers and with any exit code: the text says what it is.
      resolve(signal === null ? Buffer.concat(pieces).toString('utf8') : null);
    });
  });
}

/** The longest document known, of eight GPUs with MIG, has some 400 kB. */
const MOST_OUTPUT = 8 * 2 ** 20;
