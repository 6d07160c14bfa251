import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { frame } from '../wire/framing.ts';
import { ReportRequestSchema } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { create, toBinary } from '../wire/protobuf.ts';
import type { Entry } from './outbox.ts';

/**
 * What the coordinator has not acknowledged, on disk before it is sent: framed `ReportRequest`s that outlive the
 * process of the agent. Emptied whenever everything is acknowledged, removed when the agent ends in order.
 */
export class Spool {
  readonly path: string;
  /** Null until there is something to keep. */
  #fd: number | null = null;
  #length = 0;

  /** `path` names no file yet; only the owner may read it once it does. */
  constructor(path: string) {
    this.path = path;
  }

  /** Throws when the file cannot be made or written. */
  append(session: string, epoch: bigint, { seq, payload }: Entry): void {
    const request = create(ReportRequestSchema, { session, epoch, seq: BigInt(seq), interval: payload });
    const bytes = frame(toBinary(ReportRequestSchema, request));
    this.#fd ??= this.#open();
    writeSync(this.#fd, bytes);
    this.#length += bytes.length;
  }

  /** Everything in it is acknowledged. */
  clear(): void {
    if (this.#fd === null || this.#length === 0) return;
    ftruncateSync(this.#fd, 0);
    this.#length = 0;
  }

  /** Closes the file, and keeps it only if something in it is not acknowledged. */
  close(): void {
    if (this.#fd === null) return;
    closeSync(this.#fd);
    if (this.#length === 0) rmSync(this.path, { force: true });
  }

  #open(): number {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    return openSync(this.path, 'ax', 0o600);
  }
}
