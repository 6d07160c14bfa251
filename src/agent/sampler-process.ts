import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { FrameReader } from '../wire/framing.ts';
import { LIFELINE_FD, lifelineStdio } from '../wire/lifeline.ts';
import { type Block, decodeBlock } from '../wire/telemetry-codec.ts';
import { type Loss, NO_SAMPLER, type Watch, type WatchCommand, type WatchEvent, watch } from './sampler/watch.ts';
import type { SamplerOrders, ToSampler } from './sampler/words.ts';
import { TextTail } from './text-tail.ts';

/** Starts a process: `spawn` of node:child_process. */
export type Spawn = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

export interface SamplerSource {
  readonly spawn: Spawn;
  /** The sampler's entry file. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Nanoseconds of the node's monotonic clock. */
  readonly nowNs: () => number;
}

export interface SamplerListener {
  /** A block, and its bytes as they came. */
  onBlock(block: Block, bytes: Uint8Array): void;
  /** Nothing is known of this stretch. */
  onGap(fromNs: number, toNs: number, loss: Loss): void;
}

const TICK_MS = 250;
const STDERR_BYTES = 4 * 1024;

/**
 * The sampler of an agent's node: one process that reads GPUs, killed and started anew when it does not keep its beat.
 * Whatever it does, the agent goes on. Carries out what {@link watch} decides.
 */
export class NodeSampler {
  readonly #source: SamplerSource;
  readonly #orders: SamplerOrders;
  readonly #listener: SamplerListener;
  readonly #ticks: NodeJS.Timeout;
  #state: Watch = NO_SAMPLER;
  #child: ChildProcess | null = null;
  #boundaries: readonly number[] = [];
  #flushed: (() => void) | null = null;

  constructor(source: SamplerSource, orders: SamplerOrders, listener: SamplerListener) {
    this.#source = source;
    this.#orders = orders;
    this.#listener = listener;
    this.#ticks = setInterval(() => this.#happen({ kind: 'tick', atNs: source.nowNs() }), TICK_MS);
    this.#happen({ kind: 'begin', atNs: source.nowNs() });
  }

  /** Counters are read exactly at these instants, nanoseconds of the node's monotonic clock. */
  boundaries(atNs: readonly number[]): void {
    this.#boundaries = atNs;
    this.#tell({ kind: 'boundaries', atNs });
  }

  /**
   * A gap that is open is told, and the sampler sends what there is; resolves with its answer, or after `withinMs`: then
   * nothing is known since its last one, and that is told.
   */
  flush(withinMs: number): Promise<void> {
    this.#happen({ kind: 'account', atNs: this.#source.nowNs() });
    if (this.#state.kind !== 'on') return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#happen({ kind: 'unanswered', atNs: this.#source.nowNs() });
      resolve();
    }, withinMs);
    this.#flushed = resolve;
    this.#tell({ kind: 'flush' });
    return promise.finally(() => clearTimeout(timer));
  }

  close(): void {
    clearInterval(this.#ticks);
    this.#happen({ kind: 'end' });
  }

  #happen(event: WatchEvent): void {
    const [state, commands] = watch(this.#state, event);
    this.#state = state;
    for (const command of commands) this.#obey(command);
  }

  #obey(command: WatchCommand): void {
    switch (command.kind) {
      case 'start':
        this.#start();
        break;
      case 'kill':
        this.#child?.kill('SIGKILL');
        this.#child = null;
        break;
      case 'gap':
        this.#listener.onGap(command.fromNs, command.toNs, command.loss);
        break;
    }
  }

  #start(): void {
    const { spawn, entry, env } = this.#source;
    const stdio: NonNullable<Exclude<SpawnOptions['stdio'], string>> = ['pipe', 'pipe', 'pipe'];
    stdio[LIFELINE_FD] = lifelineStdio(env);
    const child = spawn(process.execPath, [entry], { stdio: [...stdio], env: { ...env } });
    const stderr = new TextTail(STDERR_BYTES);
    const reader = new FrameReader();
    this.#child = child;
    child.stdin?.on('error', () => {});
    child.stderr?.on('data', (piece: Buffer) => stderr.push(piece));
    child.stdout?.on('data', (piece: Buffer) => {
      if (this.#child === child) this.#read(reader, piece);
    });
    child.on('error', (error) => stderr.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code, signal) => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#happen({ kind: 'exit', atNs: this.#source.nowNs(), ...ending(code, signal, stderr.lastLine()) });
    });
    this.#write(child, this.#orders);
    if (this.#boundaries.length > 0) this.#write(child, { kind: 'boundaries', atNs: this.#boundaries });
  }

  #read(reader: FrameReader, piece: Buffer): void {
    const atNs = this.#source.nowNs();
    this.#happen({ kind: 'bytes', atNs, count: piece.length });
    try {
      for (const record of reader.push(piece)) this.#take(record, atNs);
      if (reader.fault !== null) throw new Error(reader.fault.message);
    } catch (error) {
      const message = `the sampler wrote what cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      this.#happen({ kind: 'rubbish', atNs, message });
    }
  }

  #take(record: Uint8Array, atNs: number): void {
    if (this.#state.kind !== 'on') return;
    const block = decodeBlock(record);
    this.#happen({ kind: 'block', atNs, fromNs: block.fromNs });
    this.#listener.onBlock(block, record.slice());
    // Its beats say nothing of the inventory, unless something changed in it.
    if (block.inventoryJson === '') return;
    this.#flushed?.();
    this.#flushed = null;
  }

  #tell(word: ToSampler): void {
    if (this.#child !== null) this.#write(this.#child, word);
  }

  #write(child: ChildProcess, word: ToSampler | SamplerOrders): void {
    child.stdin?.write(`${JSON.stringify(word)}\n`);
  }
}

function ending(
  code: number | null,
  signal: NodeJS.Signals | null,
  lastLine: string,
): { readonly how: string; readonly by: 'signal' | 'code' } {
  const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  return { how: lastLine === '' ? how : `${how}: ${lastLine}`, by: signal === null ? 'code' : 'signal' };
}
