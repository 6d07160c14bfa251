import fc from 'fast-check';
import { expect, test } from 'vitest';
import { METRICS, type MetricName } from '../../src/gpu/metric.ts';
import { MISSING, missing, numberReading } from '../../src/gpu/reading.ts';
import { SOURCES } from '../../src/gpu/sample.ts';
import { decodeBlock, encodeBlock } from '../../src/wire/telemetry-codec.ts';

const instant = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const metric = fc.constantFrom(...(Object.keys(METRICS) as MetricName[]));
const reading = fc.oneof(finite.map(numberReading), fc.constantFrom(...MISSING).map(missing));
const device = fc.nat(3).map((index) => ({
  uuid: `GPU-${index}`,
  index: index === 0 ? null : index,
  parent: index === 3 ? 'GPU-1' : null,
  name: index === 2 ? null : `model ${index}`,
}));
const sample = fc.record({
  source: fc.constantFrom(...SOURCES),
  device,
  atNs: instant,
  readings: fc.dictionary(metric, reading, { noNullPrototype: true }),
});
const row = fc.record({
  device: device.map(({ uuid }) => uuid),
  pid: fc.nat(),
  name: fc.string(),
  usedBytes: fc.option(instant),
  standing: fc.constantFrom('own' as const, 'foreign' as const),
});
const block = fc.record({
  fromNs: instant,
  toNs: instant,
  samples: fc.array(sample, { maxLength: 12 }),
  processes: fc.option(fc.record({ atNs: instant, rows: fc.array(row, { maxLength: 5 }) })),
  cost: fc.option(fc.record({ cpuS: finite, wallS: finite, ticks: fc.nat(), lateP99Ns: finite, lateMaxNs: finite })),
  inventoryJson: fc.string(),
  pages: fc.array(fc.record({ atNs: instant, url: fc.string(), name: fc.string(), value: finite }), { maxLength: 4 }),
  exporters: fc.array(
    fc.record({
      url: fc.string(),
      answers: fc.nat(),
      failures: fc.nat(),
      fault: fc.option(fc.string({ minLength: 1 })),
      clock: fc.option(fc.record({ leastMs: finite, mostMs: finite })),
    }),
    { maxLength: 2 },
  ),
});

test('a block of readings comes back from the wire as it was', () => {
  fc.assert(
    fc.property(block, (original) => {
      expect(decodeBlock(encodeBlock(original))).toEqual(original);
    }),
    { seed: 8, numRuns: 300 },
  );
});

test('a block whose bytes were changed is refused or read, and never reads as another metric’s unit', () => {
  fc.assert(
    fc.property(block, fc.nat(), fc.integer({ min: 1, max: 255 }), (original, place, flip) => {
      const bytes = encodeBlock(original);
      if (bytes.length === 0) return;
      const at = place % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ flip;
      try {
        for (const { readings } of decodeBlock(bytes).samples) {
          for (const name of Object.keys(readings)) expect(Object.hasOwn(METRICS, name)).toBe(true);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
    { seed: 8, numRuns: 500 },
  );
});
