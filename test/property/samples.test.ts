import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ELEMENTS, type Element, elementsIn } from '../../src/targets/elements.ts';
import { firstDifference } from '../../src/targets/samples/difference.ts';
import { elementOf, flattened } from '../../src/targets/samples/json-values.ts';
import { LineStarts } from '../../src/targets/samples/line-index.ts';
import { decodeText, readNpyHeader } from '../../src/targets/samples/npy.ts';
import { SampleRows } from '../../src/targets/samples/sample-rows.ts';
import { npyFields, npyHeader, npyText } from '../support/sample-files.ts';

const DESCRIPTIONS = ['|b1', '<f2', '<f4', '<f8', '|i1', '<i2', '<i4', '<i8', '|u1', '<u2', '<u4', '<u8', '<U7', '|S3'];
const sizes = fc.array(fc.nat({ max: 40 }), { maxLength: 5 });

test('a header that was written is read as it was meant', () => {
  fc.assert(
    fc.property(fc.constantFrom(...DESCRIPTIONS), sizes, fc.constantFrom(1, 2, 3), (descr, shape, version) => {
      const head = npyHeader(npyFields(descr, shape), version);
      const reading = readNpyHeader(head);
      expect(reading).toMatchObject({ ok: true, header: { shape, dataOffset: head.length } });
    }),
  );
});

test('no bytes make the reader of headers throw', () => {
  const start = Buffer.from('\x93NUMPY', 'latin1');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, magic) => {
      const reading = readNpyHeader(magic ? Buffer.concat([start, bytes]) : bytes);
      if (!reading.ok) expect(reading.problem).toMatch(/^found /);
    }),
  );
});

test('a header with anything changed is read or refused, never with a shape that is none', () => {
  const whole = npyHeader(npyFields('<f4', [12, 34]));
  fc.assert(
    fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const changed = Buffer.from(whole);
      changed[at] = byte;
      const reading = readNpyHeader(changed);
      if (reading.ok) expect(reading.header.shape.every((size) => Number.isSafeInteger(size) && size >= 0)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('text comes back as it was written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 6 }), (text) => {
      fc.pre(!text.endsWith('\0'));
      const file = npyText([text], 8);
      expect(decodeText(file.subarray(file.length - 32), 'utf-32')).toBe(text);
    }),
  );
});

test('lines are found as splitting the whole file finds them, however it is cut', () => {
  const line = fc.oneof(
    fc.constant(''),
    fc.constant('\r'),
    fc.string({ maxLength: 9 }).map((text) => text.replace(/[\r\n\uFEFF]/gu, '')),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.integer({ min: 3, max: 20 }), (lines, piece) => {
      const bytes = Buffer.from(lines.join('\n'));
      const index = new LineStarts();
      for (let at = 0; at < bytes.length; at += piece) index.see(bytes.subarray(at, at + piece), at);
      const found = index.finish(bytes.length);
      const starts = new Float64Array(found.buffer, found.byteOffset, found.length / 8);
      const texts = [...starts.subarray(0, -1)].map((from, i) =>
        bytes
          .subarray(from, starts[i + 1])
          .toString()
          .trimEnd(),
      );
      const wanted = lines.filter((text) => text !== '' && text !== '\r').map((text) => text.trimEnd());
      expect(texts.map((text) => text.replace(/[\r\n]+$/u, ''))).toEqual(wanted);
    }),
    { numRuns: 500 },
  );
});

/** A stand-in for a file: bytes in memory. */
const inMemory = (bytes: Uint8Array) =>
  ({
    read: (into: Uint8Array, offset: number, length: number, position: number) => {
      expect(position + length).toBeLessThanOrEqual(bytes.length);
      into.set(bytes.subarray(position, position + length), offset);
    },
  }) as unknown as ConstructorParameters<typeof SampleRows>[0];

test('samples follow one another and begin again after the last, whatever lies between them', () => {
  const geometry = fc.record({
    base: fc.nat({ max: 9 }),
    bytes: fc.integer({ min: 1, max: 5 }),
    gap: fc.nat({ max: 3 }),
    count: fc.integer({ min: 1, max: 7 }),
  });
  fc.assert(
    fc.property(geometry, fc.nat(), fc.integer({ min: 1, max: 20 }), ({ base, bytes, gap, count }, at, rows) => {
      const stride = bytes + gap;
      const file = Uint8Array.from({ length: base + count * stride }, (_, i) => (i - base) % 251);
      const first = at % count;
      const into = new Uint8Array(rows * bytes);
      new SampleRows(inMemory(file), { base, stride, bytes, count }).read(first, rows, into);
      const wanted = Array.from({ length: rows * bytes }, (_, i) => {
        const sample = (first + Math.floor(i / bytes)) % count;
        return (sample * stride + (i % bytes)) % 251;
      });
      expect([...into]).toEqual(wanted);
    }),
  );
});

/** Values of a shape as nested lists. */
function nested(values: readonly unknown[], shape: readonly number[]): unknown {
  const [size, ...rest] = shape;
  if (size === undefined) return values[0];
  const each = elementsIn(rest);
  return Array.from({ length: size }, (_, i) => nested(values.slice(i * each, (i + 1) * each), rest));
}

test('nested and flat lists hold the same values', () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
  fc.assert(
    fc.property(shapes, fc.nat({ max: 2 }), (shape, ones) => {
      const flat = Array.from({ length: elementsIn(shape) }, (_, i) => i);
      const leading = Array.from({ length: ones }, () => 1);
      expect(flattened(nested(flat, [...leading, ...shape]), shape)).toEqual(flat);
      expect(flattened(flat, shape)).toEqual(flat);
    }),
  );
});

test('every number that a type holds goes through JSON unchanged', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ELEMENTS.values()),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (element: Element, share) => {
        const memory = element.values(new ArrayBuffer(element.bytes), 0, 1);
        const value = element.least + share * (element.most - element.least);
        const wanted = element.kind === 'float' ? value : Math.min(Math.floor(value), element.most);
        if (element.kind === 'float' ? !Number.isFinite(value) : Math.abs(wanted) > Number.MAX_SAFE_INTEGER) return;
        memory[0] = elementOf(element, JSON.parse(JSON.stringify(wanted)));
        const kept = Number(memory[0]);
        if (element.kind === 'float')
          expect(Math.abs(kept - wanted)).toBeLessThanOrEqual(Math.abs(wanted) * 1e-3 + 1e-7);
        else expect(kept).toBe(wanted);
      },
    ),
  );
});

test('a difference is found where it is, and only beyond the tolerance', () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(values, fc.nat(), fc.double({ min: 0.01, max: 1, noNaN: true }), (expected, at, relative) => {
      const place = at % expected.length;
      const tolerance = { absolute: 0.5, relative };
      const allowed = 0.5 + relative * Math.abs(expected[place] ?? 0);
      const within = expected.map((value, i) => (i === place ? value + 0.99 * allowed : value));
      const beyond = expected.map((value, i) => (i === place ? value - 1.01 * allowed : value));
      expect(firstDifference(within, 0, expected, tolerance)).toBe(-1);
      expect(firstDifference(beyond, 0, expected, tolerance)).toBe(place);
    }),
  );
});
