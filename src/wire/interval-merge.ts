import {
  type Failure,
  type HostSample,
  type Interval,
  type PhaseCounts,
  PhaseCountsSchema,
  type SlotTally,
} from './gen/loadcell/v1/fleet_pb.ts';
import { addSlotTo, decodeInterval, encodeInterval, slotToTally, tallyToSlot } from './interval-codec.ts';
import { create } from './protobuf.ts';

/** Intervals that one holds: 1, but where several were merged. */
export const lengthOf = ({ further }: Interval): number => further + 1;

/** What falls to the `index`th of `length` seconds of a count that is known of all of them together: whole numbers that add up to it. */
export const partOf = (count: number, index: number, length: number): number =>
  length === 1 ? count : Math.floor((count * (index + 1)) / length) - Math.floor((count * index) / length);

/** Whether the second one goes on where the first one ends, in the same trial. */
export const follows = (first: Interval, second: Interval): boolean =>
  first.cell === second.cell &&
  first.trial === second.trial &&
  first.attempt === second.attempt &&
  first.agent === second.agent &&
  !first.last &&
  second.seq === first.seq + lengthOf(first);

/**
 * Two intervals that follow each other as one: whoever adds up intervals gets the same sums of it as of the two. What was
 * counted or recorded is added up, what stands for an instant (in flight, the ages of what is outstanding) is that of the
 * end, and the shares of the node's time are means.
 */
export function mergeIntervals(first: Interval, second: Interval): Interval {
  return {
    ...second,
    seq: first.seq,
    further: first.further + lengthOf(second),
    startNs: first.startNs,
    slots: mergedSlots(first.slots, second.slots),
    phases: mergedPhases(first.phases, second.phases),
    failures: mergedFailures(first.failures, second.failures),
    slowest: [...first.slowest, ...second.slowest],
    inFlightS: first.inFlightS + second.inFlightS,
    settledS: first.settledS + second.settledS,
    parts: [...first.parts, ...second.parts],
    ...hostField(first, second),
    ...(second.k6 === undefined && first.k6 !== undefined ? { k6: first.k6 } : {}),
  };
}

function mergedSlots(first: readonly SlotTally[], second: readonly SlotTally[]): SlotTally[] {
  const merged = new Map(first.map((slot) => [keyOf(slot), slot]));
  for (const slot of second) {
    const known = merged.get(keyOf(slot));
    merged.set(keyOf(slot), known === undefined ? slot : mergedSlot(known, slot));
  }
  return [...merged.values()];
}

const keyOf = ({ phase, slot }: SlotTally): string => `${phase}/${slot}`;

function mergedSlot(first: SlotTally, second: SlotTally): SlotTally {
  const tally = slotToTally(first, first.over.length);
  addSlotTo(tally, second);
  return tallyToSlot(first.phase, first.slot, tally);
}

function mergedPhases(first: readonly PhaseCounts[], second: readonly PhaseCounts[]): PhaseCounts[] {
  const merged = new Map(first.map((counts) => [counts.phase, counts]));
  for (const counts of second) {
    const known = merged.get(counts.phase);
    merged.set(counts.phase, known === undefined ? counts : addedCounts(known, counts));
  }
  return [...merged.values()];
}

const addedCounts = (a: PhaseCounts, b: PhaseCounts): PhaseCounts =>
  create(PhaseCountsSchema, {
    phase: a.phase,
    offered: a.offered + b.offered,
    started: a.started + b.started,
    achieved: a.achieved + b.achieved,
    failed: a.failed + b.failed,
    cancelled: a.cancelled + b.cancelled,
    notStartedThoughFree: a.notStartedThoughFree + b.notStartedThoughFree,
  });

/** One entry per phase, class and code, which tells of the first of them. */
function mergedFailures(first: readonly Failure[], second: readonly Failure[]): Failure[] {
  const merged = new Map<string, Failure>();
  for (const failure of [...first, ...second]) {
    const key = `${failure.phase}/${failure.class}/${failure.code}`;
    const known = merged.get(key);
    const earlier = known !== undefined && known.firstNs <= failure.firstNs ? known : failure;
    merged.set(key, { ...earlier, count: failure.count + (known?.count ?? 0) });
  }
  return [...merged.values()];
}

const hostField = (first: Interval, second: Interval): { readonly host?: HostSample } => {
  if (first.host === undefined || second.host === undefined) {
    const host = second.host ?? first.host;
    return host === undefined ? {} : { host };
  }
  return { host: mergedHost(first.host, lengthOf(first), second.host, lengthOf(second)) };
};

function mergedHost(a: HostSample, aLength: number, b: HostSample, bLength: number): HostSample {
  const mean = (x: number, y: number): number => (x * aLength + y * bLength) / (aLength + bLength);
  return {
    ...b,
    pacingCpuS: a.pacingCpuS + b.pacingCpuS,
    pacingWallS: a.pacingWallS + b.pacingWallS,
    networkReleased: a.networkReleased + b.networkReleased,
    networkLate: a.networkLate + b.networkLate,
    ...both('steal', a.steal, b.steal, mean),
    ...both('cpu', a.cpu, b.cpu, mean),
    ...both('throttledUs', a.throttledUs, b.throttledUs, (x, y) => x + y),
    ...both('rssBytes', a.rssBytes, b.rssBytes, (x, y) => BigInt(Math.max(Number(x), Number(y)))),
    ...both('loopDelayP99Ms', a.loopDelayP99Ms, b.loopDelayP99Ms, Math.max),
  };
}

/** A field of both; of one alone where the other was not told. */
function both<K extends string, T>(
  name: K,
  a: T | undefined,
  b: T | undefined,
  merge: (a: T, b: T) => T,
): { readonly [F in K]?: T } {
  const value = a === undefined ? b : b === undefined ? a : merge(a, b);
  return (value === undefined ? {} : { [name]: value }) as { readonly [F in K]?: T };
}

/** A merged interval stays well below what a message may hold. */
const MOST_BYTES = 192 * 1024;

/** Two encoded intervals as one; null where the second does not follow the first, or one message would not hold both. */
export function mergeEncoded(first: Uint8Array, second: Uint8Array): Uint8Array | null {
  if (first.length + second.length > MOST_BYTES) return null;
  const [one, other] = [decodeInterval(first), decodeInterval(second)];
  return follows(one, other) ? encodeInterval(mergeIntervals(one, other)) : null;
}
