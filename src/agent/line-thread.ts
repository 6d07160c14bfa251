/**
 * The thread that holds an agent's streams. Words of the main thread come in, words of the coordinator go out.
 *
 * It outlives a main thread that is blocked: once the agent's part is over (its lease ran out, or another process has its
 * place) and the main thread does not take notice, the whole process is ended, and its runners with it.
 */
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { nodeMonotonic } from '../time/monotonic.ts';
import { Line } from './line.ts';
import type { FromLine, LineOptions, ToLine } from './line-words.ts';

/** How long the main thread may take to stop the load of an agent whose part is over. */
const FENCE_MS = 3_000;
const STANDARD_ERROR = 2;

class LineThread {
  readonly #port: MessagePort;
  #line: Line | null = null;
  #state: 'open' | 'closed' = 'open';
  #fence: NodeJS.Timeout | null = null;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (message: ToLine) => this.#onMessage(message));
  }

  #onMessage(message: ToLine): void {
    switch (message.kind) {
      case 'open':
        void this.#open(message.options);
        break;
      case 'close':
        void this.#close(message);
        break;
      default:
        this.#line?.hear(message);
    }
  }

  /** Where streams are encrypted, a certificate is got for the token first. */
  async #open(options: LineOptions): Promise<void> {
    const { authority, coordinator, identity, registerWithinMs: withinMs } = options;
    if (authority === null) {
      this.#dial(options, null);
      return;
    }
    const { enrol } = await import('./enrol.ts');
    const enrolment = await enrol({ ...identity, coordinator, secret: identity.token, authority, withinMs });
    if (enrolment.kind === 'ended') this.#tell(enrolment);
    else this.#dial({ ...options, identity: { ...identity, token: '' } }, enrolment.security);
  }

  #dial(options: LineOptions, security: ConstructorParameters<typeof Line>[1]): void {
    if (this.#state === 'open') this.#line = new Line(options, security, nodeMonotonic, (told) => this.#tell(told));
  }

  #tell(message: FromLine): void {
    this.#port.postMessage(message);
    if (message.kind === 'lease-expired' || message.kind === 'ended') this.#fence ??= setTimeout(endProcess, FENCE_MS);
  }

  async #close(message: Extract<ToLine, { readonly kind: 'close' }>): Promise<void> {
    this.#state = 'closed';
    if (this.#fence !== null) clearTimeout(this.#fence);
    await this.#line?.close(message);
    flushCompileCache();
    this.#port.postMessage({ kind: 'closed' } satisfies FromLine);
  }
}

/** Runners end when the agent does, however it does. */
function endProcess(): void {
  const what = `its part was over and it did not stop its load within ${FENCE_MS / 1000} s`;
  writeSync(STANDARD_ERROR, `loadcell agent: ${what}, so the process ends itself\n`);
  process.kill(process.pid, 'SIGKILL');
}

if (parentPort === null) throw new Error('this is the entry of a thread');
new LineThread(parentPort);
