import { expect, test } from 'vitest';
import {
  decodeJournalRecord,
  encodeEvent,
  encodeStoredInterval,
  type RunEvent,
} from '../../../src/coordinator/events.ts';
import { ns } from '../../../src/time/ns.ts';

const wall = '2026-11-22T05:18:00.000Z';

test('an event is read back as it was written', () => {
  const events: readonly RunEvent[] = [
    { kind: 'run-started', runId: '20261122T051800Z-smoke-7f3a', source: { commit: null, dirty: null, ci: null } },
    { kind: 'fault', agent: 1, code: 'runner-died', message: 'SIGABRT', during: { cell: 0, trial: 2, attempt: 1 } },
    { kind: 'level-chosen', cell: 2, trial: 7, stage: 'fit', rate: 213.4 },
    { kind: 'peak-taken', cell: 3, rate: 412.345678 },
    { kind: 'trial-ended', cell: 0, trial: 2, attempt: 1, stop: { atNs: ns(12e9), cause: 'fault' } },
  ];
  for (const event of events) {
    const timed = { atNs: ns(1234), wall, event };
    expect(decodeJournalRecord(encodeEvent(timed))).toEqual({ kind: 'event', timed });
  }
});

test('an interval keeps the bytes of its agent', () => {
  const interval = new Uint8Array([1, 2, 3]);
  const entry = decodeJournalRecord(encodeStoredInterval({ agent: 3, epoch: 2n, seq: 9n, interval }));
  expect(entry).toMatchObject({ kind: 'interval', stored: { agent: 3, epoch: 2n, seq: 9n } });
  expect(entry.kind === 'interval' && [...entry.stored.interval]).toEqual([1, 2, 3]);
});

test('an event of a later version is named, not skipped', () => {
  const payload = encodeEvent({ atNs: ns(0), wall, event: { kind: 'eclipse' } as unknown as RunEvent });
  expect(() => decodeJournalRecord(payload)).toThrow("found an event 'eclipse', which this version does not know");
});
