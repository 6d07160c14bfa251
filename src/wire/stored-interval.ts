/** What stands around the bytes of an interval in the journal; whole numbers below 2^53. */
export interface StoredFields {
  readonly agent: number;
  readonly epoch: bigint;
  readonly seq: bigint;
  /** An encoded Interval. */
  readonly interval: Uint8Array;
}

/** Tags of `JournalRecord.interval` and of the fields of `StoredInterval` (fleet.proto): number and wire type in one byte. */
const RECORD = (1 << 3) | 2;
const AGENT = 1 << 3;
const EPOCH = 2 << 3;
const SEQ = 3 << 3;
const INTERVAL = (4 << 3) | 2;

/**
 * A `JournalRecord` with a `StoredInterval`, byte for byte as the general encoder writes it, with one copy of the interval
 * and without its tables: once for every second of every agent. Watched by `bench/coordinator-fleet.ts`.
 */
export function storedIntervalRecord({ agent, epoch, seq, interval }: StoredFields): Uint8Array {
  const [epochNumber, seqNumber] = [Number(epoch), Number(seq)];
  const inner =
    numberLength(agent) + numberLength(epochNumber) + numberLength(seqNumber) + bytesLength(interval.length);
  const record = Buffer.allocUnsafe(1 + varintLength(inner) + inner);
  record[0] = RECORD;
  let at = writeVarint(record, 1, inner);
  at = writeNumber(record, at, AGENT, agent);
  at = writeNumber(record, at, EPOCH, epochNumber);
  at = writeNumber(record, at, SEQ, seqNumber);
  if (interval.length > 0) {
    record[at] = INTERVAL;
    at = writeVarint(record, at + 1, interval.length);
    record.set(interval, at);
  }
  return record;
}

/** A field that is 0 is not written. */
const numberLength = (value: number): number => (value === 0 ? 0 : 1 + varintLength(value));

const bytesLength = (length: number): number => (length === 0 ? 0 : 1 + varintLength(length) + length);

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

function writeNumber(into: Uint8Array, at: number, tag: number, value: number): number {
  if (value === 0) return at;
  into[at] = tag;
  return writeVarint(into, at + 1, value);
}

function writeVarint(into: Uint8Array, from: number, value: number): number {
  let at = from;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) into[at++] = (rest % 0x80) | 0x80;
  into[at++] = rest;
  return at;
}
