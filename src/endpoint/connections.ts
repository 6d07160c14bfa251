import type { Server, Socket } from 'node:net';

/** Nothing moves on a connection that is the same at so many looks, so far apart. */
const QUIET_LOOKS = 4;
const LOOK_MS = 250;

/** The open connections of a listener. */
export class Connections {
  readonly #sockets = new Set<Socket>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Ends all of them at once. */
  sever(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * Ends each as soon as nothing has moved on it for a second: a client that neither goes on with a request nor closes a
   * connection that was ended would be waited for as long as one that still reads its answer.
   */
  endQuiet(): void {
    const seen = new Map<Socket, { readonly bytes: number; looks: number }>();
    const look = (): void => {
      for (const socket of this.#sockets) {
        const bytes = socket.bytesRead + socket.bytesWritten;
        const before = seen.get(socket);
        if (before?.bytes !== bytes) seen.set(socket, { bytes, looks: 0 });
        else if (++before.looks >= QUIET_LOOKS) socket.destroy();
      }
      if (this.#sockets.size === 0) clearInterval(timer);
    };
    const timer = setInterval(look, LOOK_MS).unref();
    look();
  }
}
