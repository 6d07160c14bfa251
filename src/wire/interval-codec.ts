import { bucketOf, lowestOf, MAX_US, toRecordedUs } from '../stats/buckets.ts';
import { Histogram } from '../stats/histogram.ts';
import { SERVICE_PARTS, type ServicePart } from '../stats/service-parts.ts';
import { STREAM_METRICS, type StreamMetric } from '../stats/stream-tally.ts';
import { Tally } from '../stats/tally.ts';
import {
  type Interval,
  IntervalSchema,
  type SlotTally,
  SlotTallySchema,
  type SparseHistogram,
  SparseHistogramSchema,
} from './gen/loadcell/v1/fleet_pb.ts';
import { create, fromBinary, toBinary } from './protobuf.ts';

/**
 * A histogram as its occupied buckets: (value - previous value, count) pairs as unsigned LEB128 varints, ascending;
 * the value is the bucket's lowest, in microseconds. Nothing is lost: decoding gives the same counts, sum and maximum.
 */
export function encodeHistogram(histogram: Histogram): SparseHistogram {
  let at = 0;
  let previous = 0;
  for (let bucket = 0; bucket <= histogram.highestBucket; bucket++) {
    const count = histogram.at(bucket);
    if (count === 0) continue;
    if (at + LONGEST_PAIR > scratch.length) growScratch();
    const value = lowestOf(bucket);
    at = writeVarint(value - previous, at);
    at = writeVarint(count, at);
    previous = value;
  }
  return create(SparseHistogramSchema, {
    buckets: scratch.slice(0, at),
    sumNs: histogram.sumNs,
    maxNs: histogram.maxNs,
  });
}

export function decodeHistogram(sparse: SparseHistogram): Histogram {
  const histogram = new Histogram();
  addHistogramTo(histogram, sparse);
  return histogram;
}

/**
 * Adds an encoded histogram to an existing one, and to another one at once, without building any. Throws on bytes that are
 * none. Watched by `bench/judge-hour.ts`.
 */
export function addHistogramTo(histogram: Histogram, sparse: SparseHistogram, also: Histogram | null = null): void {
  const bytes = sparse.buckets;
  histogram.reserve(bytes.length / BYTES_PER_BUCKET, bucketOf(toRecordedUs(sparse.maxNs)));
  let value = 0;
  cursor = 0;
  while (cursor < bytes.length) {
    value += readVarint(bytes);
    const count = readVarint(bytes);
    if (value > MAX_US) throw new Error(`histogram: found a value of ${value} µs, expected at most ${MAX_US}`);
    const bucket = bucketOf(value);
    histogram.addBucket(bucket, count);
    also?.addBucket(bucket, count);
  }
  addSums(histogram, sparse);
  if (also !== null) addSums(also, sparse);
}

function addSums(histogram: Histogram, { sumNs, maxNs }: SparseHistogram): void {
  histogram.sumNs += sumNs;
  if (maxNs > histogram.maxNs) histogram.maxNs = maxNs;
}

/** The wire's form of what is counted of one (phase, slot). */
export const tallyToSlot = (phase: number, slot: number, tally: Tally): SlotTally =>
  create(SlotTallySchema, {
    phase,
    slot,
    outcomes: Array.from(tally.outcomes),
    started: tally.started,
    over: Array.from(tally.over),
    overLessLag: Array.from(tally.overLessLag),
    inTime: tally.inTime,
    good: tally.good,
    response: encodeHistogram(tally.response),
    service: encodeHistogram(tally.service),
    wait: encodeHistogram(tally.wait),
    lag: encodeHistogram(tally.lag),
    ...encodedParts(tally),
    ...encodedStream(tally),
  });

function encodedParts({ parts }: Tally): Partial<Record<ServicePart, SparseHistogram>> {
  if (parts === null) return {};
  const { connect, firstByte, receive, server } = parts;
  return {
    connect: encodeHistogram(connect),
    firstByte: encodeHistogram(firstByte),
    receive: encodeHistogram(receive),
    server: encodeHistogram(server),
  };
}

function encodedStream({
  stream,
}: Tally): Partial<Record<StreamMetric, SparseHistogram>> & { readonly events?: bigint } {
  if (stream === null) return {};
  const { firstEvent, firstEventService, betweenEvents, events } = stream;
  return {
    firstEvent: encodeHistogram(firstEvent),
    firstEventService: encodeHistogram(firstEventService),
    betweenEvents: encodeHistogram(betweenEvents),
    events: BigInt(events),
  };
}

/** `limits`: number of latency limits of the trial. */
export function slotToTally(slot: SlotTally, limits: number): Tally {
  const tally = new Tally(limits);
  addSlotTo(tally, slot);
  return tally;
}

/**
 * Adds an encoded slot to an existing tally, and to another one at once. Throws when it was counted against another number
 * of limits.
 */
export function addSlotTo(tally: Tally, slot: SlotTally, also: Tally | null = null): void {
  addSlotCounts(tally, slot);
  if (also !== null) addSlotCounts(also, slot);
  if (slot.response) addHistogramTo(tally.response, slot.response, also?.response);
  if (slot.service) addHistogramTo(tally.service, slot.service, also?.service);
  if (slot.wait) addHistogramTo(tally.wait, slot.wait, also?.wait);
  if (slot.lag) addHistogramTo(tally.lag, slot.lag, also?.lag);
  for (const part of SERVICE_PARTS) {
    const sparse = slot[part];
    if (sparse) addHistogramTo(tally.ownParts()[part], sparse, also?.ownParts()[part]);
  }
  for (const metric of STREAM_METRICS) {
    const sparse = slot[metric];
    if (sparse) addHistogramTo(tally.ownStream()[metric], sparse, also?.ownStream()[metric]);
  }
}

function addSlotCounts(tally: Tally, slot: SlotTally): void {
  addCounts(tally.outcomes, slot.outcomes, 'outcomes');
  addCounts(tally.over, slot.over, 'limits');
  addCounts(tally.overLessLag, slot.overLessLag, 'limits');
  tally.started += slot.started;
  tally.inTime += slot.inTime;
  tally.good += slot.good;
  if (slot.events > 0n) tally.ownStream().events += Number(slot.events);
}

export const encodeInterval = (interval: Interval): Uint8Array => toBinary(IntervalSchema, interval);

/** Throws on bytes that are no interval. */
export const decodeInterval = (bytes: Uint8Array): Interval => fromBinary(IntervalSchema, bytes);

/** Two varints of at most eight bytes each: whole numbers below 2^53. */
const LONGEST_PAIR = 16;

/** A difference of one or two bytes and a count of one. */
const BYTES_PER_BUCKET = 2.5;

/** Encoding and decoding are synchronous, so one buffer and one read position serve every call of a thread. */
let scratch = new Uint8Array(1 << 15);
let cursor = 0;

function growScratch(): void {
  const grown = new Uint8Array(scratch.length * 2);
  grown.set(scratch);
  scratch = grown;
}

function writeVarint(value: number, at: number): number {
  let rest = value;
  let next = at;
  while (rest >= 0x80) {
    scratch[next++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  scratch[next++] = rest;
  return next;
}

function readVarint(bytes: Uint8Array): number {
  const start = cursor;
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = bytes[cursor++];
    if (byte === undefined) throw new Error(`histogram: found the end inside the number at byte ${start}`);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
    scale *= 0x80;
  }
  if (value > Number.MAX_SAFE_INTEGER) throw new Error(`histogram: found a number above 2^53 at byte ${start}`);
  return value;
}

function addCounts(into: Float64Array, counts: readonly number[], what: string): void {
  if (counts.length !== into.length) {
    throw new Error(`slot tally: found ${counts.length} ${what}, expected ${into.length}`);
  }
  for (let i = 0; i < into.length; i++) into[i] = (into[i] as number) + (counts[i] as number);
}
