import { nearestRank } from '../../stats/histogram.ts';
import { Outcome } from '../../stats/outcome.ts';
import type { Clock } from '../../time/clock.ts';
import { Board, boardMemory, Place } from './board.ts';
import { emptyRecord, RecordReader, RecordWriter, recordMemory } from './record-ring.ts';

const READINGS = 20_000;
const SLEEPS = 200;
const SLEEP_MS = 1;
const RECORDS = 4096;
const ROUNDS = 50;

/** Smallest step seen between two readings of the clock, nanoseconds. */
export function resolutionNs(clock: Clock): number {
  let smallest = Number.POSITIVE_INFINITY;
  let before: number = clock.now();
  for (let i = 0; i < READINGS; i++) {
    const now = clock.now();
    if (now > before) smallest = Math.min(smallest, now - before);
    before = now;
  }
  return smallest;
}

/** How late a sleep of the pacing ends, nanoseconds. Blocks its thread for a fifth of a second. */
export function sleepLatenessNs(clock: Clock): { readonly p50: number; readonly p99: number } {
  const board = new Board(boardMemory(1));
  const late: number[] = [];
  for (let i = 0; i < SLEEPS; i++) {
    const from = clock.now();
    board.sleep(board.bell(), SLEEP_MS);
    late.push(clock.now() - from - SLEEP_MS * 1e6);
  }
  late.sort((a, b) => a - b);
  const at = (quantile: number) => late[nearestRank(quantile, SLEEPS) - 1] as number;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Cost of writing one record, nanoseconds: the median of rounds. */
export function recordCostNs(clock: Clock): number {
  const memory = boardMemory(1);
  const place = new Place(memory, 0);
  const records = recordMemory(RECORDS);
  const writer = new RecordWriter(records, new Board(memory));
  const reader = new RecordReader(records);
  const record = emptyRecord();
  const costs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const from = clock.now();
    for (let i = 0; i < RECORDS; i++) writer.write(place, from, Outcome.ok, 0, i);
    costs.push((clock.now() - from) / RECORDS);
    while (reader.next(reader.written, record));
    reader.release();
  }
  return costs.sort((a, b) => a - b)[ROUNDS >> 1] as number;
}
