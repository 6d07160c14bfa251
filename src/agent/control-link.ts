import { type Client, Metadata } from '@grpc/grpc-js';
import {
  type ControlRequest,
  ControlRequestSchema,
  type ControlResponse,
  type FleetService,
} from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { create } from '../wire/protobuf.ts';
import type { BidiClient } from '../wire/service.ts';
import { DialledStream } from './dialled-stream.ts';

export interface ControlListener {
  /** A stream is open; the registration goes first. */
  onOpen(): void;
  onResponse(message: ControlResponse['message']): void;
  /** The stream is gone; another one is on its way. */
  onDetached(): void;
}

/**
 * What the agent says to the coordinator and hears of it, over whatever stream there is. What is said while there is
 * none is lost: registration and answers are said again on the next one. `write()` returning false is obeyed.
 */
export class ControlLink {
  readonly #stream: DialledStream<ControlRequest, ControlResponse>;
  #unsaid: ControlRequest[] = [];
  #flow: 'open' | 'blocked' = 'open';
  #trouble: string | null = null;

  constructor(channel: Client, fleet: BidiClient<typeof FleetService>, listener: ControlListener) {
    this.#stream = new DialledStream(channel, () => fleet.control(new Metadata()), {
      onOpen: () => {
        this.#restart();
        listener.onOpen();
      },
      onResponse: ({ message }) => listener.onResponse(message),
      onDetached: (why) => {
        this.#trouble = why;
        this.#restart();
        listener.onDetached();
      },
      onDrain: () => this.#onDrain(),
    });
  }

  /** Why the last stream ended, a clause for people; null before the first. */
  get trouble(): string | null {
    return this.#trouble;
  }

  get attached(): boolean {
    return this.#stream.attached;
  }

  /** What is said now goes out at once. */
  get isOpen(): boolean {
    return this.#stream.attached && this.#flow === 'open';
  }

  say(message: ControlRequest['message']): void {
    if (this.#stream.attached) this.#send(create(ControlRequestSchema, { message }));
  }

  close(graceMs: number): Promise<void> {
    return this.#stream.close(graceMs);
  }

  #send(request: ControlRequest): void {
    if (this.#flow === 'blocked') this.#unsaid.push(request);
    else if (!this.#stream.write(request)) this.#flow = 'blocked';
  }

  #restart(): void {
    this.#unsaid = [];
    this.#flow = 'open';
  }

  #onDrain(): void {
    this.#flow = 'open';
    for (const request of this.#unsaid.splice(0)) this.#send(request);
  }
}
