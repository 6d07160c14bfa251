import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { TextTail } from '../text-tail.ts';
import type { K6Frame } from './frames.ts';
import type { SampleStream } from './sample-stream.ts';

export interface K6Start {
  readonly program: string;
  readonly args: readonly string[];
  /** The script, on standard input. */
  readonly script: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly samples: SampleStream;
  /** Whether it may export `setup`. */
  readonly hasSetup: boolean;
  readonly onFrame: (frame: K6Frame) => void;
}

/** k6's execution status while it waits for its release (GET /v1/status). */
const WAITING = 4;
const POLL_MS = 25;
const STDERR_BYTES = 16 * 1024;

/** One k6, controlled over its loopback API. Its samples come over a pipe. */
export class K6Process {
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;
  readonly #api: string;
  readonly #start: K6Start;
  readonly #ending = Promise.withResolvers<Awaited<K6Process['ended']>>();
  readonly #errors = new TextTail(STDERR_BYTES);
  #isOver = false;

  private constructor(start: K6Start, port: number) {
    this.#api = `http://127.0.0.1:${port}/v1`;
    this.#start = start;
    this.ended = this.#ending.promise;
    this.#child = spawn(start.program, [...start.args, '--address', `127.0.0.1:${port}`, '-'], {
      cwd: start.cwd,
      env: start.env,
      stdio: ['pipe', start.samples.fd === 1 ? 'pipe' : 'ignore', 'pipe', start.samples.fd === 3 ? 'pipe' : 'ignore'],
    });
    this.#child.stdin?.on('error', () => {});
    this.#child.stdin?.end(start.script);
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#errors.push(chunk);
      start.samples.log(chunk);
    });
    this.#child.stdio[start.samples.fd]?.on('data', (chunk: Buffer) => this.#hand(() => start.samples.samples(chunk)));
    this.#child.on('error', this.#ending.reject);
    this.#child.on('close', (code, signal) => {
      this.#hand(() => start.samples.end());
      this.#ending.resolve({ code, signal });
    });
    this.ended
      .catch(() => {})
      .finally(() => {
        this.#isOver = true;
      });
  }

  static async start(start: K6Start): Promise<K6Process> {
    return new K6Process(start, await freePort());
  }

  /** Hands on what is certain though no sample came. */
  turn(): void {
    if (!this.#isOver) this.#hand(() => this.#start.samples.turn());
  }

  #hand(frames: () => Iterable<K6Frame>): void {
    try {
      for (const frame of frames()) this.#start.onFrame(frame);
    } catch (error) {
      this.#ending.reject(error);
    }
  }

  /** Resolves when every virtual user is there and k6 waits; false where it ended before, or `withinMs` were over. */
  async waits(withinMs: number): Promise<boolean> {
    for (const until = performance.now() + withinMs; performance.now() < until && !this.#isOver; ) {
      if ((await this.#status()) === WAITING) return true;
      await after(POLL_MS);
    }
    return false;
  }

  /**
   * Runs the script's `setup()` while k6 waits, so that it takes nothing of the schedule, for as long as its `setupTimeout`
   * lets it. Null, or a clause that says why it failed.
   */
  async setUp(): Promise<string | null> {
    if (!this.#start.hasSetup) return null;
    try {
      const answer = await fetch(`${this.#api}/setup`, { method: 'POST' });
      if (answer.ok) return null;
      const { errors } = (await answer.json()) as { errors?: readonly { readonly detail?: string }[] };
      return firstLines(errors?.[0]?.detail ?? `k6 answered ${answer.status}`);
    } catch {
      return this.#isOver ? this.lastError() : 'k6 gave no answer';
    }
  }

  /** Lets a waiting k6 go. */
  release(): Promise<boolean> {
    return this.#patch({ paused: false });
  }

  /** Ends every executor; iterations in flight are interrupted. */
  async stop(): Promise<void> {
    if (!(await this.#patch({ stopped: true })) && !this.#isOver) this.#child.kill('SIGTERM');
  }

  kill(): void {
    if (!this.#isOver) this.#child.kill('SIGKILL');
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The last error that k6 logged, as one line; empty: none. */
  lastError(): string {
    return lastErrorOf(this.#errors.bytes().toString('utf8'));
  }

  async #status(): Promise<number | null> {
    try {
      const answer = await fetch(`${this.#api}/status`, { signal: AbortSignal.timeout(2000) });
      const { data } = (await answer.json()) as { data: { attributes: { status: number } } };
      return data.attributes.status;
    } catch {
      return null;
    }
  }

  async #patch(attributes: Readonly<Record<string, boolean>>): Promise<boolean> {
    const body = JSON.stringify({ data: { type: 'status', id: 'default', attributes } });
    try {
      const answer = await fetch(`${this.#api}/status`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(2000),
      });
      return answer.ok;
    } catch {
      return false;
    }
  }
}

/** k6 logs `time=… level=error msg="…" …`; the message's first lines, joined. Of a panic, which Go prints: its reason. */
export function lastErrorOf(text: string): string {
  const found = [...text.matchAll(/level=(?:error|fatal) msg="((?:[^"\\]|\\.)*)"/gu)].at(-1)?.[1];
  const panic = /^panic: .*$/mu.exec(text)?.[0];
  if (panic !== undefined) return panic;
  if (found === undefined) return text.trim().split('\n').at(-1) ?? '';
  return firstLines(found.replaceAll('\\"', '"').replaceAll('\\t', ' ').replaceAll('\\n', '\n'));
}

const firstLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, 2)
    .join(' ');

async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.on('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
  });
  return await promise;
}
