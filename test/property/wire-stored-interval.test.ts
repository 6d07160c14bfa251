import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JournalRecordSchema } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { create, toBinary } from '../../src/wire/protobuf.ts';
import { storedIntervalRecord } from '../../src/wire/stored-interval.ts';

test('an interval stands in the journal byte for byte as the general encoder writes it', () => {
  const fields = fc.record({
    agent: fc.oneof(fc.constant(0), fc.nat(2 ** 31 - 1)),
    epoch: fc.bigInt(0n, 2n ** 53n - 1n),
    seq: fc.bigInt(0n, 2n ** 53n - 1n),
    interval: fc.uint8Array({ maxLength: 40_000, size: 'max' }),
  });
  fc.assert(
    fc.property(fields, (stored) => {
      const general = toBinary(
        JournalRecordSchema,
        create(JournalRecordSchema, { record: { case: 'interval', value: stored } }),
      );
      expect(Buffer.compare(storedIntervalRecord(stored), general)).toBe(0);
    }),
    { numRuns: 50 },
  );
});
