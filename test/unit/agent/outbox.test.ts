import { expect, test } from 'vitest';
import { CREDIT, Outbox } from '../../../src/agent/outbox.ts';

const payload = new Uint8Array([1]);

function filled(count: number): Outbox {
  const outbox = new Outbox();
  for (let i = 0; i < count; i++) outbox.add(payload);
  return outbox;
}

const takeAll = (outbox: Outbox): number[] => {
  const taken: number[] = [];
  for (let entry = outbox.take(); entry !== null; entry = outbox.take()) taken.push(entry.seq);
  return taken;
};

test('intervals are numbered from 1 and each is sent once on one stream', () => {
  const outbox = filled(3);
  expect(takeAll(outbox)).toEqual([1, 2, 3]);
  outbox.add(payload);
  expect(takeAll(outbox)).toEqual([4]);
  expect(outbox.lastSeq).toBe(4);
});

test('what is acknowledged is let go, what is not is kept', () => {
  const outbox = filled(4);
  takeAll(outbox);
  outbox.acknowledge(2);
  expect(outbox.unacknowledged.map(({ seq }) => seq)).toEqual([3, 4]);
  expect(takeAll(outbox)).toEqual([]);
});

test('a new stream gets everything from where the coordinator says', () => {
  const outbox = filled(5);
  takeAll(outbox);
  outbox.acknowledge(2);
  outbox.resumeFrom(4);
  expect(takeAll(outbox)).toEqual([4, 5]);
});

test('a coordinator that asks for what is acknowledged gets the oldest that is kept', () => {
  const outbox = filled(5);
  takeAll(outbox);
  outbox.acknowledge(3);
  outbox.resumeFrom(0);
  expect(takeAll(outbox)).toEqual([4, 5]);
});

test('an acknowledgement of what was not sent on this stream is taken at its word', () => {
  const outbox = filled(3);
  outbox.acknowledge(2);
  expect(takeAll(outbox)).toEqual([3]);
});

test('an emptied outbox goes on with the next number', () => {
  const outbox = filled(2);
  outbox.acknowledge(2);
  outbox.resumeFrom(3);
  outbox.add(payload);
  expect(takeAll(outbox)).toEqual([3]);
});

test('what is on its way without an acknowledgement is bounded, and an acknowledgement gives credit back', () => {
  const outbox = filled(CREDIT + 3);
  expect(takeAll(outbox)).toHaveLength(CREDIT);
  expect(outbox.isOutOfCredit).toBe(true);
  outbox.acknowledge(2);
  expect(takeAll(outbox)).toEqual([CREDIT + 1, CREDIT + 2]);
  expect(outbox.isOutOfCredit).toBe(true);
  outbox.acknowledge(CREDIT);
  expect(outbox.isOutOfCredit).toBe(false);
});

test('an interval that was never sent may be replaced; one that was sent on an earlier stream may not', () => {
  const outbox = filled(2);
  outbox.add(payload, 'telemetry');
  outbox.take();
  const unsent = outbox.latestUnsent;
  expect(unsent?.seq).toBe(2);
  if (unsent !== null) outbox.replace(unsent, new Uint8Array([2]));
  expect([outbox.take()?.payload, outbox.lastSeq]).toEqual([new Uint8Array([2]), 3]);
  outbox.resumeFrom(1);
  expect(outbox.latestUnsent).toBeNull();
});
