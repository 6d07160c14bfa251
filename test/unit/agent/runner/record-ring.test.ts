import { expect, test } from 'vitest';
import { Board, boardMemory, HELD, Place } from '../../../../src/agent/runner/board.ts';
import {
  emptyRecord,
  RecordReader,
  RecordWriter,
  recordMemory,
  recordRoom,
} from '../../../../src/agent/runner/record-ring.ts';
import { Outcome } from '../../../../src/stats/outcome.ts';

function rings(room: number) {
  const memory = boardMemory(2);
  const place = new Place(memory, 1);
  const records = recordMemory(room);
  return {
    place,
    writer: new RecordWriter(records, new Board(memory)),
    reader: new RecordReader(records),
  };
}

test('a record holds the request of the place, its outcome, failure and sample', () => {
  const { place, writer, reader } = rings(4);
  place.now[HELD.seq] = 2 ** 40;
  place.now[HELD.phase] = 3;
  place.now[HELD.intended] = -5e9;
  place.now[HELD.ready] = -4e9;
  place.now[HELD.start] = Number.NaN;
  writer.write(place, 1.25, Outcome.unfinished, 65, 2 ** 32 - 1);
  const record = emptyRecord();
  expect(reader.next(reader.written, record)).toBe(true);
  expect(record).toEqual({
    isEvent: false,
    seq: 2 ** 40,
    phase: 3,
    intendedNs: -5e9,
    readyNs: -4e9,
    startNs: Number.NaN,
    completedNs: 1.25,
    outcome: Outcome.unfinished,
    failure: 65,
    sample: 2 ** 32 - 1,
    place: 1,
    connectNs: 0,
    firstByteNs: 0,
    serverNs: 0,
    firstEventNs: 0,
  });
  expect(reader.next(reader.written, record)).toBe(false);
});

test('an event of a request in flight is told apart from its end, which holds when the first came', () => {
  const { place, writer, reader } = rings(4);
  place.now[HELD.phase] = 2;
  place.now[HELD.intended] = 100;
  place.now[HELD.start] = 150;
  writer.writeEvent(place, Number.NaN, 200);
  writer.writeEvent(place, 200, 260);
  const parts = { connectNs: 0, firstByteNs: 30, serverNs: 0, firstEventAtNs: 200 };
  writer.writeParts(place, 300, Outcome.ok, 0, 0, parts);
  const seen = Array.from({ length: 3 }, () => {
    const record = emptyRecord();
    expect(reader.next(reader.written, record)).toBe(true);
    return record;
  });
  const event = { isEvent: true, phase: 2, intendedNs: 100, place: 1 };
  expect(seen).toMatchObject([
    { ...event, readyNs: Number.NaN, completedNs: 200 },
    { ...event, readyNs: 200, completedNs: 260 },
    { isEvent: false, outcome: Outcome.ok, completedNs: 300, firstEventNs: 50 },
  ]);
  expect([place.written, reader.written]).toEqual([1, 3]);
});

test('records come in order through as many laps as it takes', () => {
  const { place, writer, reader } = rings(8);
  const record = emptyRecord();
  const seen: number[] = [];
  for (let i = 0; i < 100; i++) {
    writer.write(place, i, Outcome.ok, 0, i);
    if (i % 8 !== 7) continue;
    while (reader.next(reader.written, record)) seen.push(record.completedNs);
    reader.release();
  }
  expect(seen).toEqual(Array.from({ length: 96 }, (_, i) => i));
});

test('many workers share the room, none has too little', () => {
  expect(recordRoom(1)).toBe(32_768);
  expect(recordRoom(8)).toBe(16_384);
  expect(recordRoom(1000)).toBe(2048);
});
