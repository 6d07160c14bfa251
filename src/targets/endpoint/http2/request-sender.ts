import type { Bodies } from './bodies.ts';
import type { Output } from './output.ts';
import type { PeerSettings } from './peer-settings.ts';
import type { StreamRequest } from './request.ts';
import type { Http2Stream } from './stream.ts';

/** Sends requests on one connection, each in the shortest form that its server understands by now. */
export class RequestSender {
  readonly #output: Output;
  readonly #bodies: Bodies;
  readonly #peer: PeerSettings;
  #isTableFilled = false;

  constructor(output: Output, bodies: Bodies, peer: PeerSettings) {
    this.#output = output;
    this.#bodies = bodies;
    this.#peer = peer;
  }

  send(stream: Http2Stream, { tabled, plain, emptying, body }: StreamRequest): void {
    const { keepsTable } = this.#peer;
    let frames = keepsTable ? plain : emptying;
    if (keepsTable && tabled !== null) {
      const { filling, filled, withBody } = tabled;
      if (this.#isTableFilled && withBody !== null && body !== null && this.#bodies.sendsAtOnce(body.length)) {
        this.#output.addFrames(withBody, stream.id);
        stream.window -= body.length;
        return;
      }
      frames = this.#isTableFilled ? filled : filling;
      this.#isTableFilled = true;
    }
    this.#output.addFrames(frames, stream.id);
    if (body !== null) this.#bodies.send(stream, body);
  }
}
