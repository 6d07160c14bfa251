import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { FileOfPlan } from '../campaign/plan.ts';
import { sha256OfFile } from '../models/digest.ts';
import { type FetchRequest, type FetchResponse, FetchResponseSchema } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { create } from '../wire/protobuf.ts';
import type { Lease } from './report-desk.ts';

type Call = ServerDuplexStream<FetchRequest, FetchResponse>;

/** A part of a file that has gone out to the agent of a place. */
export interface Sent {
  readonly index: number;
  readonly file: FileOfPlan;
  /** Of the whole file, those that the agent had before included. */
  readonly bytes: number;
}

export interface FetchOptions {
  /** What may be had: the files of the plan and nothing else. */
  readonly files: readonly FileOfPlan[];
  /** Folder in which they lie by their SHA-256; absent: they lie at their paths. */
  readonly folder?: string | undefined;
  /** The place and epoch behind a lease's name; null when there is none, or no more. */
  leaseOf(session: string): Lease | null;
  /** Nanoseconds of the node's monotonic clock. */
  monotonic(): bigint;
  /** Told of every stream at its beginning, at most twice a second, and at its end. */
  onSent(sent: Sent): void;
}

/** Below what a message may hold, which is 256 KiB with what is around it. */
const PIECE_BYTES = 192 * 1024;
const TELL_EVERY_NS = 500_000_000n;

/**
 * Sends files of the plan, by their content, to agents whose nodes lack them. What is sent is what was planned: a file that
 * has changed since is refused before its first byte. `write()` returning false is obeyed.
 */
export class FetchDesk {
  readonly #options: FetchOptions;
  readonly #files: ReadonlyMap<string, FileOfPlan>;
  readonly #calls = new Set<Call>();
  /** What was found wrong with a file in a state of it; null: nothing. */
  readonly #looked = new Map<string, Promise<string | null>>();

  constructor(options: FetchOptions) {
    this.#options = options;
    this.#files = new Map(options.files.map((file) => [file.sha256, file]));
  }

  /** Serves one stream: one file, from where its agent has it. */
  accept(call: Call): void {
    const gone = new AbortController();
    this.#calls.add(call);
    for (const event of ['cancelled', 'error', 'close']) {
      call.on(event, () => {
        this.#calls.delete(call);
        gone.abort();
      });
    }
    call.once('data', (request: FetchRequest) => {
      this.#serve(call, request, gone.signal).catch((error: unknown) => {
        if (!gone.signal.aborted) refuse(call, 'unreadable', error instanceof Error ? error.message : String(error));
      });
    });
  }

  /** Ends every stream. */
  close(): void {
    for (const call of this.#calls) call.end();
  }

  async #serve(call: Call, { session, epoch, sha256, offset }: FetchRequest, gone: AbortSignal): Promise<void> {
    const lease = this.#options.leaseOf(session);
    if (lease === null || BigInt(lease.epoch) !== epoch)
      return refuse(call, 'fenced', 'the lease is over, or never was');
    const file = this.#files.get(sha256);
    if (file === undefined) return refuse(call, 'no-such-file', `no file of the plan has the SHA-256 ${sha256}`);
    const problem = await this.#problemOf(file);
    if (problem !== null) return refuse(call, 'changed', problem);
    await this.#send(call, { index: lease.index, file, bytes: Number(offset) }, gone);
    call.end();
  }

  async #send(call: Call, begun: Sent, gone: AbortSignal): Promise<void> {
    const { monotonic, onSent } = this.#options;
    let { bytes } = begun;
    let toldAt = monotonic();
    onSent(begun);
    const pieces = createReadStream(this.#pathOf(begun.file), {
      start: bytes,
      highWaterMark: PIECE_BYTES,
      signal: gone,
    });
    for await (const piece of pieces) {
      const content = piece as Buffer;
      const isTaken = call.write(create(FetchResponseSchema, { message: { case: 'piece', value: content } }));
      if (!isTaken) await once(call, 'drain', { signal: gone });
      bytes += content.length;
      if (monotonic() - toldAt < TELL_EVERY_NS) continue;
      toldAt = monotonic();
      onSent({ ...begun, bytes });
    }
    onSent({ ...begun, bytes });
  }

  #pathOf({ path, sha256 }: FileOfPlan): string {
    const { folder } = this.#options;
    return folder === undefined ? path : join(folder, sha256);
  }

  /** Why a file is not what was planned, a sentence; read through once for each state that it is found in. */
  async #problemOf(file: FileOfPlan): Promise<string | null> {
    const path = this.#pathOf(file);
    const { sha256 } = file;
    try {
      const { ino, size, mtimeMs } = await stat(path);
      const state = [path, ino, size, mtimeMs].join(' ');
      const known = this.#looked.get(state) ?? changeOf(path, sha256);
      this.#looked.set(state, known);
      return await known;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return `${path}: cannot be read: ${code === 'ENOENT' ? 'there is no such file' : (code ?? message)}`;
    }
  }
}

async function changeOf(path: string, expected: string): Promise<string | null> {
  const found = await sha256OfFile(path);
  if (found === expected) return null;
  return `${path}: its content has changed since the plan was made (SHA-256 ${found}, expected ${expected}); plan again`;
}

function refuse(call: Call, code: string, message: string): void {
  call.write(create(FetchResponseSchema, { message: { case: 'refused', value: { code, message } } }));
  call.end();
}
