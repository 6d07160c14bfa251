import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Probe } from '../../src/engines/engine.ts';
import {
  type Bundle,
  type InsideHandle,
  type InsideOrder,
  type InsidePlace,
  type InsideStatus,
  PlaceTrouble,
  type ResultFile,
  ROOM,
} from '../../src/engines/inside-place.ts';
import { linesOf } from '../../src/engines/slurm/room-lines.ts';
import { commandLine } from './loadcell.ts';

/** What goes wrong between a place and whoever asks it, each time once. */
export interface Breaks {
  /** Lines after which the connection is lost. */
  words?: number[];
  /** Bytes of a file after which it is. */
  reads?: number[];
  /** A file that comes otherwise than it lies there. */
  garbled?: string[];
  /** The results are refused, with that sentence. */
  results?: string[];
}

/** A place on this machine: the real `loadcell inside` in a folder, with connections that break. */
export class FolderPlace implements InsidePlace {
  readonly name = 'slurm';
  readonly keeps = 'until they are fetched';
  readonly breaks: Breaks;
  readonly cleared: string[] = [];
  readonly #folder: string;
  readonly #beforeStart: (bundle: string) => void;
  #child: ChildProcess | null = null;

  constructor(folder: string, breaks: Breaks = {}, beforeStart: (bundle: string) => void = () => {}) {
    this.#folder = folder;
    this.breaks = breaks;
    this.#beforeStart = beforeStart;
  }

  probe = (): Promise<Probe> => Promise.resolve({ kind: 'feasible', found: [] });

  async start({ runId }: InsideOrder, { files }: Bundle): Promise<InsideHandle> {
    const room = join(this.#folder, runId);
    for (const { name, content } of files) {
      const to = join(room, ROOM.bundle, name);
      mkdirSync(dirname(to), { recursive: true });
      if (typeof content === 'string') await copyFile(content, to);
      else writeFileSync(to, content);
    }
    this.#beforeStart(join(room, ROOM.bundle));
    const [command = '', ...args] = commandLine(['inside', room, '--advertise', '127.0.0.1']);
    this.#child = spawn(command, args, { stdio: 'ignore' });
    return { runId, id: String(this.#child.pid), room };
  }

  find = (): Promise<readonly InsideHandle[]> => Promise.resolve([]);

  status(): Promise<InsideStatus> {
    const { exitCode = null, signalCode = null } = this.#child ?? {};
    const hasEnded = exitCode !== null || signalCode !== null;
    return Promise.resolve(
      hasEnded ? { kind: 'ended', reason: `exit code ${exitCode}` } : { kind: 'running', node: null },
    );
  }

  async *words({ room }: InsideHandle, from: number, signal: AbortSignal): AsyncGenerator<string> {
    const hasEnded = async (): Promise<boolean> => (await this.status()).kind === 'ended';
    let left = this.breaks.words?.shift() ?? Number.POSITIVE_INFINITY;
    for await (const line of linesOf(join(room, ROOM.words), from, hasEnded, signal)) {
      if (left-- === 0) throw new PlaceTrouble('lost', 'the line is down');
      yield line;
    }
  }

  tell(_handle: InsideHandle, what: 'drain' | 'abort'): Promise<void> {
    this.#child?.kill(what === 'drain' ? 'SIGTERM' : 'SIGKILL');
    return Promise.resolve();
  }

  async results({ room }: InsideHandle): Promise<readonly ResultFile[]> {
    const refusal = this.breaks.results?.shift();
    if (refusal !== undefined) throw new PlaceTrouble('refused', refusal);
    const sealed = join(room, ROOM.sealed);
    return existsSync(sealed) ? (JSON.parse(readFileSync(sealed, 'utf8')) as readonly ResultFile[]) : [];
  }

  async *read({ room, runId }: InsideHandle, path: string, from: number): AsyncGenerator<Uint8Array> {
    const most = this.breaks.reads?.shift();
    const isGarbled = this.breaks.garbled?.[0] === path;
    if (isGarbled) this.breaks.garbled?.shift();
    for await (const piece of createReadStream(join(room, ROOM.results, runId, path), { start: from })) {
      const bytes = piece as Buffer;
      if (isGarbled) bytes[0] = (bytes[0] ?? 0) ^ 1;
      yield most === undefined ? bytes : bytes.subarray(0, most);
      if (most !== undefined) throw new PlaceTrouble('lost', 'the line is down');
    }
  }

  clear({ room }: InsideHandle): Promise<void> {
    this.#child?.kill('SIGKILL');
    rmSync(room, { recursive: true, force: true });
    this.cleared.push(room);
    return Promise.resolve();
  }
}
