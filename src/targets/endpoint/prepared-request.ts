/** One request, whatever carries it. */
export interface PreparedRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case; what is the same for every request of a target is added by its carrier. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: readonly Uint8Array[];
}

/** Where requests come from. */
export interface RequestSource {
  /** A request takes one by its sample, modulo their number. */
  readonly count: number;
  /** `sha256:…` of what the requests are made from; null: of nothing but the campaign. */
  readonly digest: string | null;
  request(index: number): PreparedRequest;
  close(): void;
}

export const bodyBytes = ({ body }: PreparedRequest): number => body.reduce((sum, part) => sum + part.byteLength, 0);

/** Memory for requests that are kept ready, bytes of each thread. */
const MOST_KEPT = 256 * 2 ** 20;

/** Requests as their carrier sends them: each is built once and kept, as far as there is room. */
export class ReadyRequests<T> {
  readonly #request: (index: number) => PreparedRequest;
  readonly #count: number;
  readonly #encode: (request: PreparedRequest) => T;
  readonly #kept: (T | undefined)[] = [];
  #bytes = 0;

  constructor(request: (index: number) => PreparedRequest, count: number, encode: (request: PreparedRequest) => T) {
    this.#request = request;
    this.#count = count;
    this.#encode = encode;
  }

  of(sample: number): T {
    const index = sample % this.#count;
    return this.#kept[index] ?? this.#build(index);
  }

  #build(index: number): T {
    const request = this.#request(index);
    const ready = this.#encode(request);
    const bytes = bodyBytes(request);
    if (this.#bytes + bytes <= MOST_KEPT) {
      this.#bytes += bytes;
      this.#kept[index] = ready;
    }
    return ready;
  }
}
