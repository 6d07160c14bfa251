import { decodeStrings, encodeStrings } from './bytes-elements.ts';
import { type Datatype, datatypeOf } from './datatype.ts';
import { type ElementsView, elementsView, fromBrain, toBrain } from './elements-view.ts';
import { ProtocolError, quoted } from './protocol-error.ts';
import { declaredElements, type Tensor } from './tensor.ts';

/**
 * The contents of a tensor that JSON gives as `data`: flat, or nested as the shape says.
 *
 * @throws ProtocolError for another number or nesting of elements, and for a value that the datatype does not hold.
 */
export function bytesOfData(where: string, type: Datatype, shape: readonly number[], data: unknown): Uint8Array {
  const elements = declaredElements(where, shape);
  const values = flattened(`${where}.data`, shape, data);
  if (values.length !== elements) {
    throw new ProtocolError(
      `${where}.data: found ${values.length} elements, expected ${elements} for the shape ${quoted(shape)}`,
    );
  }
  if (type.kind === 'text') return encodeStrings(values.map((value, i) => text(`${where}.data`, i, value)));
  const bytes = new Uint8Array(elements * type.width);
  fill(`${where}.data`, type, elementsView(type, bytes), values);
  return bytes;
}

function flattened(where: string, shape: readonly number[], data: unknown): readonly unknown[] {
  if (!Array.isArray(data)) throw new ProtocolError(`${where}: found ${quoted(data)}, expected a list of elements`);
  if (!data.some(Array.isArray)) return data;
  const values: unknown[] = [];
  unfold(where, shape, 0, data, values);
  return values;
}

function unfold(where: string, shape: readonly number[], axis: number, data: unknown, into: unknown[]): void {
  if (axis === shape.length) {
    into.push(data);
    return;
  }
  if (!Array.isArray(data) || data.length !== shape[axis]) {
    const found = Array.isArray(data) ? `a list of ${data.length}` : quoted(data);
    throw new ProtocolError(
      `${where}: found ${found} in dimension ${axis}, expected a list of ${shape[axis]} for the shape ${quoted(shape)}`,
    );
  }
  for (const part of data) unfold(where, shape, axis + 1, part, into);
}

function text(where: string, index: number, value: unknown): string {
  if (typeof value === 'string') return value;
  throw misfit(where, index, value, 'a text');
}

const misfit = (where: string, index: number, value: unknown, expected: string): ProtocolError =>
  new ProtocolError(`${where}: found ${quoted(value)} at element ${index}, expected ${expected}`);

function fill(where: string, type: Datatype, into: ElementsView, values: readonly unknown[]): void {
  const read = READERS[type.kind as Exclude<Datatype['kind'], 'text'>];
  for (let i = 0; i < values.length; i++) {
    const value = read(values[i], into, i);
    if (value === null) throw misfit(where, i, values[i], `a value that ${type.name} holds`);
  }
}

/** Writes a value at its place; null: the datatype does not hold it. */
type Reader = (value: unknown, into: ElementsView, at: number) => true | null;

const READERS: Readonly<Record<Exclude<Datatype['kind'], 'text'>, Reader>> = {
  truth: (value, into, at) => {
    if (value !== true && value !== false && value !== 0 && value !== 1) return null;
    return put(into, at, Number(value));
  },
  whole: (value, into, at) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return null;
    into[at] = value;
    return into[at] === value ? true : null;
  },
  wide: (value, into, at) => {
    if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) return null;
    const whole = BigInt(value as number | bigint);
    into[at] = whole;
    return into[at] === whole ? true : null;
  },
  float: (value, into, at) => {
    const number = numeric(value);
    if (number === null) return null;
    into[at] = number;
    return Number.isFinite(into[at]) || !Number.isFinite(number) ? true : null;
  },
  half: (value, into, at) => READERS.float(value, into, at),
  brain: (value, into, at) => {
    const number = numeric(value);
    if (number === null) return null;
    into[at] = toBrain(number);
    return Number.isFinite(fromBrain(into[at] as number)) || !Number.isFinite(number) ? true : null;
  },
};

/** Long digits reach this as bigint; beyond the largest double (`1e999`) stands for infinity. */
function numeric(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(value) : null;
}

function put(into: ElementsView, at: number, value: number): true {
  into[at] = value;
  return true;
}

/**
 * The elements of a tensor as the text of a flat JSON list. Infinities are written as `1e999`, which JSON's grammar has and
 * every reader of doubles takes for infinity; what is no number, for which JSON has nothing, as `null`.
 *
 * @throws ProtocolError for BYTES that are no UTF-8.
 */
export function dataText(where: string, tensor: Tensor): string {
  const type = datatypeOf(tensor.datatype);
  if (type.kind === 'text') return JSON.stringify(decodeStrings(where, tensor.bytes));
  const view = elementsView(type, tensor.bytes);
  switch (type.kind) {
    case 'wide':
    case 'whole':
      return `[${(view as unknown as readonly (number | bigint)[]).join(',')}]`;
    case 'truth':
      return `[${Array.from(view, (value) => (value === 0 ? 'false' : 'true')).join(',')}]`;
    case 'brain':
      return `[${Array.from(view, (bits) => floatText(fromBrain(bits as number))).join(',')}]`;
    default:
      return `[${Array.from(view, (value) => floatText(value as number)).join(',')}]`;
  }
}

function floatText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  if (Number.isNaN(value)) return 'null';
  return value > 0 ? '1e999' : '-1e999';
}
