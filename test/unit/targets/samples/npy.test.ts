import { expect, test } from 'vitest';
import { decodeText, readNpyHeader } from '../../../../src/targets/samples/npy.ts';
import { npyFields, npyHeader } from '../../../support/sample-files.ts';

const header = (fields: string, version = 1) => {
  const reading = readNpyHeader(npyHeader(fields, version));
  if (!reading.ok) throw new Error(reading.problem);
  return reading.header;
};

const problem = (bytes: Uint8Array): string => {
  const reading = readNpyHeader(bytes);
  return reading.ok ? 'no problem' : reading.problem;
};

test('a header tells type, shape and where the values begin, in all three versions', () => {
  for (const version of [1, 2, 3]) {
    const found = header(npyFields('<f4', [3, 4]), version);
    expect(found).toMatchObject({ type: 'float32', elementBytes: 4, text: null, shape: [3, 4] });
    expect(found.dataOffset).toBe(npyHeader(npyFields('<f4', [3, 4]), version).length);
    expect(found.dataOffset % 64).toBe(0);
  }
  expect(header(npyFields('<i8', [7])).shape).toEqual([7]);
  expect(header(npyFields('<i8', [])).shape).toEqual([]);
});

test.each([
  ['|b1', 'bool', 1],
  ['<f2', 'float16', 2],
  ['<f8', 'float64', 8],
  ['|i1', 'int8', 1],
  ['|u1', 'uint8', 1],
  ['<i2', 'int16', 2],
  ['<u2', 'uint16', 2],
  ['<i4', 'int32', 4],
  ['<u4', 'uint32', 4],
  ['<i8', 'int64', 8],
  ['<u8', 'uint64', 8],
  ['<U5', 'string', 20],
  ['|S5', 'string', 5],
])('%s is %s', (descr, type, elementBytes) => {
  expect(header(npyFields(descr, [2]))).toMatchObject({ type, elementBytes });
});

test('keys may stand in any order and spacing, and sizes may be the longs of Python 2', () => {
  const fields = "{'shape':(2L,3L),'fortran_order':False,   'descr':'<f4'}";
  expect(header(fields)).toMatchObject({ type: 'float32', shape: [2, 3] });
});

test('what cannot be read as it lies is refused with what would be right', () => {
  expect(problem(npyHeader(npyFields('>f4', [2])))).toBe(
    "found >f4, which is big-endian, expected little-endian: save array.astype('<f4')",
  );
  expect(problem(npyHeader(npyFields('>U4', [2])))).toContain('big-endian');
  expect(problem(npyHeader(npyFields('<f4', [2, 3], 'True')))).toBe(
    'found an array in Fortran order, expected C order: save np.ascontiguousarray(array)',
  );
  expect(problem(npyHeader(npyFields('|O', [2])))).toContain('pickled Python objects');
  expect(problem(npyHeader(npyFields('<c8', [2])))).toContain('dtype "<c8"');
  expect(problem(npyHeader(npyFields('<M8[ns]', [2])))).toContain('which no input of a model has');
  expect(problem(npyHeader("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }"))).toContain('records');
});

test('a single long dimension has no order, and big-endian bytes are none', () => {
  expect(header(npyFields('<f4', [5], 'True')).shape).toEqual([5]);
  expect(header(npyFields('<f4', [5, 1], 'True')).shape).toEqual([5, 1]);
  expect(header(npyFields('>i1', [5])).type).toBe('int8');
});

test('hostile headers are refused', () => {
  const whole = npyHeader(npyFields('<f4', [3, 4]));
  for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), Buffer.from('\x93NUMPX\x01\x00', 'latin1')]) {
    expect(problem(bytes)).toContain('does not begin as a NumPy array does');
  }
  for (let length = 6; length < whole.length; length++) {
    expect(problem(whole.subarray(0, length))).toContain('cut short');
  }
  const unknown = Buffer.from(whole);
  unknown[6] = 9;
  expect(problem(unknown)).toContain('of an unknown version');
  expect(problem(npyHeader('{}'))).toContain('without descr, fortran_order and shape');
  expect(problem(npyHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 3), }"))).toContain('without descr');
  const huge = npyHeader(npyFields('<f4', [2 ** 40, 2 ** 40]));
  expect(problem(huge)).toContain('which no file can hold');
  const long = npyHeader(npyFields('<f4', [1]), 2);
  long.writeUInt32LE(0xffffffff, 8);
  expect(problem(long)).toContain('cut short');
});

test('text ends where its padding begins', () => {
  expect(decodeText(Uint8Array.of(0x61, 0, 0, 0, 0x42, 0xf6, 1, 0, 0, 0, 0, 0), 'utf-32')).toBe('a\u{1f642}');
  expect(decodeText(Uint8Array.of(0x61, 0xc3, 0xa9, 0, 0), 'bytes')).toBe('aé');
  expect(decodeText(Uint8Array.of(0xff, 0xff, 0xff, 0xff), 'utf-32')).toBe('\uFFFD');
});
