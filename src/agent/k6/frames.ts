import type { ScriptPart } from '../../verdict/k6/part.ts';

/** What k6's output extension sends (`k6/output/frame.go`), piece by piece. */
export type K6Frame =
  | {
      readonly kind: 'hello';
      readonly protocol: number;
      /** The script's thresholds by metric, as it writes them. */
      readonly thresholds: Readonly<Record<string, readonly string[]>>;
    }
  | { readonly kind: 'iterations'; readonly iterations: readonly K6Iteration[] }
  | { readonly kind: 'scenario'; readonly id: number; readonly name: string }
  | {
      readonly kind: 'failure';
      readonly id: number;
      readonly outcome: number;
      readonly code: string;
      readonly message: string;
    }
  | { readonly kind: 'part'; readonly id: number; readonly part: K6Part }
  | { readonly kind: 'sums'; readonly sums: readonly K6Sum[] }
  | ({ readonly kind: 'tick' } & K6Tick)
  | ({ readonly kind: 'bye' } & K6Tick);

/** What is so now. `lost`: iterations that were not told. `orphans`: exceptions whose iteration was not found. */
export interface K6Tick {
  readonly vus: number;
  readonly vusMax: number;
  readonly lost: number;
  readonly orphans: number;
}

/** What the entry before a script counts exceptions by (`k6/output/iterations.go` reads it likewise). */
export const THROWN_METRIC = 'loadcell_thrown';

/** How a tick of an executor ended. */
export const K6Outcome = { ok: 0, exception: 1, failedCheck: 2, dropped: 3, interrupted: 4 } as const;

export interface K6Iteration {
  /** Numbers of a scenario and, from 1, of a kind of failure. */
  readonly scenario: number;
  readonly failure: number;
  /** Of {@link K6Outcome}. */
  readonly outcome: number;
  /** Wall clock, nanoseconds since 1970; of one that was dropped or interrupted when that was. */
  readonly startNs: bigint;
  readonly durationNs: number;
}

/** What one part of the script's metrics is; `time`: its values are milliseconds. */
export interface K6Part extends ScriptPart {
  readonly time: boolean;
}

/** What came to a part since the last sums. `buckets`: sparse as `SparseHistogram.buckets`, of trends. */
export interface K6Sum {
  readonly id: number;
  readonly count: number;
  readonly nonzero: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly buckets: Uint8Array;
}

const HEAD = 4;
const ITERATION = 24;
const SUM = 48;
/** More than the output ever sends at once. */
const LONGEST = 256 * 1024 * 1024;

/** Cuts a stream into frames. Throws on what is none. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  *read(chunk: Buffer): Generator<K6Frame> {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= HEAD) {
      const length = bytes.readUInt32LE(0);
      if (length < 1 || length > LONGEST) throw new Error(`k6 stream: found a frame of ${length} bytes`);
      if (bytes.length < HEAD + length) break;
      const frame = frameOf(bytes[HEAD] as number, bytes.subarray(HEAD + 1, HEAD + length));
      bytes = bytes.subarray(HEAD + length);
      if (frame !== null) yield frame;
    }
    this.#rest = Buffer.from(bytes);
  }
}

/** Null: of a kind that is not known, which a later output may send. */
function frameOf(kind: number, payload: Buffer): K6Frame | null {
  switch (kind) {
    case 1:
      return { kind: 'hello', ...json<Fields<'hello'>>(payload) };
    case 2:
      return { kind: 'iterations', iterations: iterationsOf(payload) };
    case 3:
      return { kind: 'scenario', ...json<Fields<'scenario'>>(payload) };
    case 4:
      return { kind: 'failure', ...json<Fields<'failure'>>(payload) };
    case 5: {
      const { id, ...part } = json<K6Part & { readonly id: number }>(payload);
      return { kind: 'part', id, part };
    }
    case 6:
      return { kind: 'sums', sums: sumsOf(payload) };
    case 7:
      return { kind: 'tick', ...json<Fields<'tick'>>(payload) };
    case 8:
      return { kind: 'bye', ...json<Fields<'bye'>>(payload) };
    default:
      return null;
  }
}

type Fields<K extends K6Frame['kind']> = Omit<Extract<K6Frame, { readonly kind: K }>, 'kind'>;

/** Written by our own output, whose shapes are held by its tests. */
const json = <T>(payload: Buffer): T => JSON.parse(payload.toString('utf8')) as T;

const iterationsOf = (payload: Buffer): K6Iteration[] =>
  Array.from({ length: payload.length / ITERATION }, (_, i) => {
    const at = i * ITERATION;
    return {
      scenario: payload.readUInt16LE(at),
      outcome: payload.readUInt8(at + 2),
      failure: payload.readUInt16LE(at + 4),
      startNs: payload.readBigInt64LE(at + 8),
      durationNs: Number(payload.readBigInt64LE(at + 16)),
    };
  });

function sumsOf(payload: Buffer): K6Sum[] {
  const sums: K6Sum[] = [];
  for (let at = 0; at < payload.length; ) {
    const length = payload.readUInt32LE(at + 4);
    sums.push({
      id: payload.readUInt32LE(at),
      count: Number(payload.readBigUInt64LE(at + 8)),
      nonzero: Number(payload.readBigUInt64LE(at + 16)),
      sum: payload.readDoubleLE(at + 24),
      min: payload.readDoubleLE(at + 32),
      max: payload.readDoubleLE(at + 40),
      buckets: payload.subarray(at + SUM, at + SUM + length),
    });
    at += SUM + length;
  }
  return sums;
}
