import type { Client } from '@grpc/grpc-js';
import { FetchRequestSchema, type FetchResponse, FleetService } from '../../wire/gen/loadcell/v1/fleet_pb.ts';
import { create } from '../../wire/protobuf.ts';
import { bidiClient } from '../../wire/service.ts';
import type { ChannelSecurity } from '../channel.ts';
import { FileProblem } from './file-problem.ts';
import type { Pieces } from './receive-file.ts';

/** Under which an agent asks for files, and by what the connection is encrypted. */
export interface FileLease {
  readonly session: string;
  readonly epoch: bigint;
  readonly security: ChannelSecurity | null;
}

export interface SourceOptions {
  /** Where the coordinator listens: `host:port`. */
  readonly coordinator: string;
  /** The lease under which is asked; null: there is none yet. */
  lease(): FileLease | null;
}

/**
 * Files of the plan as the coordinator sends them, on a connection of their own: what is large delays no heartbeat. It is
 * opened when the first file is asked for, and what speaks gRPC is loaded then.
 */
export class FileSource implements Pieces {
  readonly #options: SourceOptions;
  #channel: Client | null = null;

  constructor(options: SourceOptions) {
    this.#options = options;
  }

  /** @throws FileProblem where they are not to be had; the line's own error where it breaks. */
  async *pieces(sha256: string, offset: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const lease = this.#options.lease();
    if (lease === null) return;
    const { Metadata } = await import('@grpc/grpc-js');
    const call = bidiClient(await this.#open(lease.security), FleetService).fetch(new Metadata());
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel);
    // Told to whoever reads; an error that comes after the last look is of nobody's interest.
    call.on('error', () => {});
    const { session, epoch } = lease;
    call.write(create(FetchRequestSchema, { session, epoch, sha256, offset: BigInt(offset) }));
    try {
      for await (const { message } of call as AsyncIterable<FetchResponse>) {
        if (message.case === 'piece') yield message.value;
        if (message.case === 'refused') throw new FileProblem(message.value.message);
      }
    } finally {
      signal.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  close(): void {
    this.#channel?.close();
    this.#channel = null;
  }

  async #open(security: ChannelSecurity | null): Promise<Client> {
    const { openOwnChannel } = await import('../channel.ts');
    this.#channel ??= openOwnChannel(this.#options.coordinator, security);
    return this.#channel;
  }
}
