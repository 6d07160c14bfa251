import type { Bodies } from './bodies.ts';
import { TABLE_BYTES } from './field-table.ts';
import { FRAME_PAYLOAD, LARGEST_WINDOW, SETTING } from './frame.ts';
import type { Http2Stream } from './stream.ts';

/** What the server of one connection has said of itself (RFC 9113, section 6.5.2), lately. */
export class PeerSettings {
  /** Streams that may be open at a time; Infinity: it has not said. */
  mostStreams = Number.POSITIVE_INFINITY;
  /** Whether it keeps a table of fields. One that was taken away stays so: what it held is not known any more. */
  keepsTable = true;
  readonly #bodies: Bodies;

  constructor(bodies: Bodies) {
    this.#bodies = bodies;
  }

  /** Takes in bytes [from, to) of a frame of SETTINGS; what is wrong with them, null: nothing. */
  take(bytes: Buffer, from: number, to: number, begun: Iterable<Http2Stream>): string | null {
    for (let at = from; at < to; at += 6) {
      const [id, value] = [bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2)];
      if (id === SETTING.window && value > LARGEST_WINDOW) return MORE_ROOM;
      if (id === SETTING.window) this.#bodies.setStreamWindow(value, begun);
      else if (id === SETTING.mostStreams) this.mostStreams = value;
      else if (id === SETTING.framePayload) this.#bodies.setFramePayload(Math.max(value, FRAME_PAYLOAD));
      else if (id === SETTING.tableBytes) this.keepsTable &&= value >= TABLE_BYTES;
    }
    return null;
  }
}

export const MORE_ROOM = 'more room than there may be';
