import { type Client, Metadata } from '@grpc/grpc-js';
import { FetchRequestSchema, type FetchResponse, FleetService } from '../../wire/gen/loadcell/v1/fleet_pb.ts';
import { create } from '../../wire/protobuf.ts';
import { bidiClient } from '../../wire/service.ts';
import { type ChannelSecurity, openOwnChannel } from '../channel.ts';
import { FileProblem } from './file-problem.ts';
import type { Pieces } from './receive-file.ts';

export interface SourceOptions {
  /** Where the coordinator listens: `host:port`. */
  readonly coordinator: string;
  readonly security: ChannelSecurity | null;
  /** The lease under which is asked; null: there is none yet. */
  lease(): { readonly session: string; readonly epoch: bigint } | null;
}

/**
 * Files of the plan as the coordinator sends them, on a connection of their own: what is large delays no heartbeat. It is
 * opened when the first file is asked for.
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
    const call = bidiClient(this.#open(), FleetService).fetch(new Metadata());
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel);
    // Told to whoever reads; an error that comes after the last look is of nobody's interest.
    call.on('error', () => {});
    call.write(create(FetchRequestSchema, { ...lease, sha256, offset: BigInt(offset) }));
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

  #open(): Client {
    const { coordinator, security } = this.#options;
    this.#channel ??= openOwnChannel(coordinator, security);
    return this.#channel;
  }
}
