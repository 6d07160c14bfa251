import type { Socket } from 'node:net';
import type { Frames } from './request.ts';

const FIRST_BYTES = 1024;
/** Pieces above this size go out from where they lie. */
const LARGE = 4096;
const NOTHING = Buffer.alloc(0);

/** What is to be sent on one connection, gathered and written at once. Hot: its memory is used again wherever the socket took all. */
export class Output {
  readonly #socket: Socket;
  #memory: Buffer = NOTHING;
  #length = 0;
  #isCorked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  add(bytes: Buffer): void {
    if (bytes.length > LARGE) this.#addLarge(bytes);
    else {
      this.#makeRoom(bytes.length);
      bytes.copy(this.#memory, this.#length);
      this.#length += bytes.length;
    }
  }

  /** The frames of stream `id`. */
  addFrames({ bytes, streamsAt }: Frames, id: number): void {
    this.#makeRoom(bytes.length);
    bytes.copy(this.#memory, this.#length);
    for (const at of streamsAt) this.#memory.writeUInt32BE(id, this.#length + at);
    this.#length += bytes.length;
  }

  flush(): void {
    this.#write();
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#socket.uncork();
  }

  #addLarge(bytes: Buffer): void {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
    }
    this.#write();
    this.#socket.write(bytes);
  }

  #write(): void {
    if (this.#length === 0) return;
    this.#socket.write(this.#memory.subarray(0, this.#length));
    this.#length = 0;
    if (this.#socket.writableLength > 0) this.#memory = NOTHING;
  }

  #makeRoom(bytes: number): void {
    const wanted = this.#length + bytes;
    if (wanted <= this.#memory.length) return;
    let size = Math.max(FIRST_BYTES, this.#memory.length);
    while (size < wanted) size *= 2;
    const memory = Buffer.allocUnsafeSlow(size);
    this.#memory.copy(memory, 0, 0, this.#length);
    this.#memory = memory;
  }
}
