/**
 * The header of a NumPy array file.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html (versions 1.0 to 3.0).
 */

/** What an `.npy` file holds. */
export interface NpyHeader {
  /** Element type as onnxruntime names it. */
  readonly type: string;
  /** Bytes of one element as stored. */
  readonly elementBytes: number;
  /** How text is stored, of type `string`. */
  readonly text: 'utf-32' | 'bytes' | null;
  /** All dimensions, the first first. */
  readonly shape: readonly number[];
  /** Where the values begin. */
  readonly dataOffset: number;
}

/** The header, or what is wrong with it: `found …, expected …`. */
export type NpyReading =
  | { readonly ok: true; readonly header: NpyHeader }
  | { readonly ok: false; readonly problem: string };

/** As much of a file as its header can take. */
export const LONGEST_HEADER = 65_536;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
const SHORT_LENGTH = 10;
const LONG_LENGTH = 12;

/** Reads the header from the first bytes of a file: {@link LONGEST_HEADER} of them, or all that there are. */
export function readNpyHeader(start: Uint8Array): NpyReading {
  if (!MAGIC.every((byte, i) => start[i] === byte)) {
    return refuse('found a file that does not begin as a NumPy array does, expected one written by np.save');
  }
  const text = headerText(start);
  if (text === null) return refuse('found a NumPy header that is cut short or of an unknown version');
  return interpret(text.text, text.end);
}

const refuse = (problem: string): NpyReading => ({ ok: false, problem });

function headerText(start: Uint8Array): { readonly text: string; readonly end: number } | null {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const version = start[6] ?? 0;
  if (version < 1 || version > 3 || start.length < LONG_LENGTH) return null;
  const [from, length] =
    version === 1 ? [SHORT_LENGTH, view.getUint16(8, true)] : [LONG_LENGTH, view.getUint32(8, true)];
  const end = from + length;
  if (end > start.length) return null;
  return { text: new TextDecoder().decode(start.subarray(from, end)), end };
}

/** A literal of a Python dictionary, in the order and spacing that any writer likes. */
function interpret(text: string, dataOffset: number): NpyReading {
  const order = /'fortran_order'\s*:\s*(True|False)/u.exec(text)?.[1];
  const sizes = /'shape'\s*:\s*\(([\d\sL,]*)\)/u.exec(text)?.[1];
  const description = /'descr'\s*:\s*('[^']*'|\[)/u.exec(text)?.[1];
  if (order === undefined || sizes === undefined || description === undefined) {
    return refuse('found a NumPy header without descr, fortran_order and shape');
  }
  const shape = sizes.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number.parseInt(size, 10)]));
  if (!Number.isSafeInteger(shape.reduce((product, size) => product * size, 1))) {
    return refuse(`found an array of shape [${shape.join(', ')}], which no file can hold`);
  }
  if (order === 'True' && shape.filter((size) => size > 1).length > 1) {
    return refuse('found an array in Fortran order, expected C order: save np.ascontiguousarray(array)');
  }
  if (description === '[') return refuse('found an array of records, expected numbers, booleans or text');
  return withType(description.slice(1, -1), shape, dataOffset);
}

/** By NumPy's kind and width. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['b1', 'bool'],
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
  ['i1', 'int8'],
  ['i2', 'int16'],
  ['i4', 'int32'],
  ['i8', 'int64'],
  ['u1', 'uint8'],
  ['u2', 'uint16'],
  ['u4', 'uint32'],
  ['u8', 'uint64'],
]);

const UTF32_BYTES = 4;

function withType(descr: string, shape: readonly number[], dataOffset: number): NpyReading {
  const [, order = '|', kind = '', digits = ''] = /^([<>|=]?)([a-zA-Z])(\d*)$/u.exec(descr) ?? [];
  const width = Number(digits);
  if (order === '>' && (kind === 'U' || width > 1)) {
    return refuse(
      `found ${descr}, which is big-endian, expected little-endian: save array.astype('<${kind}${digits}')`,
    );
  }
  if (kind === 'O') return refuse('found pickled Python objects, expected numbers, booleans or text');
  if ((kind === 'U' || kind === 'S') && width > 0) {
    const elementBytes = kind === 'U' ? UTF32_BYTES * width : width;
    const text = kind === 'U' ? 'utf-32' : 'bytes';
    return { ok: true, header: { type: 'string', elementBytes, text, shape, dataOffset } };
  }
  const type = TYPES.get(`${kind}${digits}`);
  if (type === undefined) return refuse(`found the dtype ${JSON.stringify(descr)}, which no input of a model has`);
  return { ok: true, header: { type, elementBytes: width, text: null, shape, dataOffset } };
}

/** The text of an element: padded with zeros, which are no part of it. */
export function decodeText(stored: Uint8Array, text: 'utf-32' | 'bytes'): string {
  if (text === 'bytes') return new TextDecoder().decode(stored).replace(/\0+$/u, '');
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  let decoded = '';
  for (let at = 0; at < stored.length; at += UTF32_BYTES) {
    const point = view.getUint32(at, true);
    decoded += point <= 0x10ffff ? String.fromCodePoint(point) : '\uFFFD';
  }
  return decoded.replace(/\0+$/u, '');
}
