import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFoldersSync } from '../models/make-folders.ts';
import { frame } from '../wire/framing.ts';
import { ReportRequestSchema } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { create, toBinary } from '../wire/protobuf.ts';
import type { Entry } from './outbox.ts';

/**
 * What the coordinator has not acknowledged, on disk before it is sent: framed `ReportRequest`s that outlive the
 * process of the agent. Of two with one number the later one holds: it has more seconds in it. Emptied whenever everything is acknowledged, removed when the agent ends in order.
 *
 * A disk that takes nothing ends no measurement: the agent has everything in memory too, so all that is lost is what
 * would have outlived it. Then nothing more is kept until everything is acknowledged.
 */
export class Spool {
  readonly #path: string;
  /** Null until there is something to keep. */
  #fd: number | null = null;
  #length = 0;
  #state: 'sound' | 'given-up' = 'sound';

  /** `path` names no file yet; only the owner may read it once it does. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The file that holds all that is not acknowledged; null: it could not be written. */
  get path(): string | null {
    return this.#state === 'sound' ? this.#path : null;
  }

  append(session: string, epoch: bigint, { seq, cargo, payload }: Entry): void {
    if (this.#state === 'given-up') return;
    const request = create(ReportRequestSchema, { session, epoch, seq: BigInt(seq), [cargo]: payload });
    const bytes = frame(toBinary(ReportRequestSchema, request));
    if (this.#write(bytes)) this.#length += bytes.length;
    else this.#state = 'given-up';
  }

  /** Everything in it is acknowledged. */
  clear(): void {
    this.#state = 'sound';
    if (this.#fd === null || this.#length === 0) return;
    ftruncateSync(this.#fd, 0);
    this.#length = 0;
  }

  /** Closes the file, and keeps it only if something in it is not acknowledged. */
  close(): void {
    if (this.#fd === null) return;
    closeSync(this.#fd);
    if (this.#length === 0) rmSync(this.#path, { force: true });
  }

  /** False when the disk does not take all of it: the file then ends with the last whole record. */
  #write(bytes: Uint8Array): boolean {
    try {
      this.#fd ??= this.#open();
      if (writeSync(this.#fd, bytes) === bytes.length) return true;
      ftruncateSync(this.#fd, this.#length);
    } catch {
      return false;
    }
    return false;
  }

  #open(): number {
    makeFoldersSync(dirname(this.#path), 0o700);
    return openSync(this.#path, 'ax', 0o600);
  }
}
