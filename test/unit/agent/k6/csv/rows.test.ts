import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CsvRows } from '../../../../../src/agent/k6/csv/rows.ts';

/** As Go's encoding/csv writes a field. */
const written = (field: string): string => (/[",\r\n]|^ /u.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

test('rows come out as they were written, wherever the stream is cut', () => {
  const field = fc.string({ unit: fc.constantFrom('a', 'ß', '😀', ',', '"', '\n', ' ', '=') });
  fc.assert(
    fc.property(
      fc.array(fc.array(field, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 9 }),
      (rows, step) => {
        const bytes = Buffer.from(rows.map((row) => `${row.map(written).join(',')}\n`).join(''));
        const reader = new CsvRows();
        const found: (readonly string[])[] = [];
        for (let at = 0; at < bytes.length; at += step) found.push(...reader.read(bytes.subarray(at, at + step)));
        expect(found).toEqual(rows);
        expect(reader.isWhole).toBe(true);
      },
    ),
  );
});

test('a row that is cut off is not taken for a whole one', () => {
  const reader = new CsvRows();
  expect([...reader.read(Buffer.from('a,b\nc,'))]).toEqual([['a', 'b']]);
  expect(reader.isWhole).toBe(false);
});
