import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { frame } from '../wire/framing.ts';
import { ReportRequestSchema } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import type { Entry } from './outbox.ts';

/**
 * What the coordinator has not acknowledged, on disk before it is sent: framed `ReportRequest`s that outlive the
 * process of the agent. Emptied whenever everything is acknowledged, removed when the agent ends in order.
 */
export class Spool {
  readonly path: string;
  readonly #fd: number;
  #length = 0;

  /** Throws when the file cannot be made, or is there already. Only the owner may read it. */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.path = path;
    this.#fd = openSync(path, 'ax', 0o600);
  }

  append(session: string, epoch: bigint, { seq, payload }: Entry): void {
    const request = create(ReportRequestSchema, { session, epoch, seq: BigInt(seq), interval: payload });
    const bytes = frame(toBinary(ReportRequestSchema, request));
    writeSync(this.#fd, bytes);
    this.#length += bytes.length;
  }

  /** Everything in it is acknowledged. */
  clear(): void {
    if (this.#length === 0) return;
    ftruncateSync(this.#fd, 0);
    this.#length = 0;
  }

  /** Closes the file, and keeps it only if something in it is not acknowledged. */
  close(): void {
    closeSync(this.#fd);
    if (this.#length === 0) rmSync(this.path, { force: true });
  }
}
