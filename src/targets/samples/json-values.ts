import type { Element } from '../elements.ts';
import { elementsIn, shapeText } from '../elements.ts';

/** A value of JSON at a place where numbers, truths or texts are wanted. */
type Plain = number | boolean | string;

/** What JSON has no number for, and 64-bit values beyond what a double holds, stand as text. */
const NOT_FINITE: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/**
 * The plain values of one tensor in row-major order: written nested as its shape says, with or without leading ones, or
 * flat. A tensor of one element may stand without any list.
 *
 * @throws Error `found …, expected …`.
 */
export function flattened(value: unknown, shape: readonly number[]): readonly Plain[] {
  const wanted = elementsIn(shape);
  const flat: Plain[] = [];
  collect(value, flat, wanted);
  const sizes = sizesOf(value);
  if (flat.length === wanted && (sizes.length <= 1 || endsIn(sizes, shape))) return flat;
  throw new Error(`found values of shape ${shapeText(sizes)}, expected ${shapeText(shape)}`);
}

/** The plain values of a tensor of any shape. @throws Error `found …, expected …` */
export function flattenedFreely(value: unknown): readonly Plain[] {
  const flat: Plain[] = [];
  collect(value, flat, Number.POSITIVE_INFINITY);
  return flat;
}

function collect(value: unknown, into: Plain[], most: number): void {
  if (Array.isArray(value)) {
    for (const each of value) collect(each, into, most);
    return;
  }
  if (typeof value !== 'number' && typeof value !== 'string' && typeof value !== 'boolean') {
    throw new Error(`found ${value === null ? 'null' : `a map`}, expected a number, true, false or text`);
  }
  if (into.length >= most) throw new Error(`found more than ${most} values, expected ${most}`);
  into.push(value);
}

/** Sizes as the first elements have them; whether all are alike shows in the count. */
const sizesOf = (value: unknown): readonly number[] =>
  Array.isArray(value) ? [value.length, ...sizesOf(value[0])] : [];

const withoutLeadingOnes = (shape: readonly number[]): readonly number[] => {
  const first = shape.findIndex((size) => size !== 1);
  return first < 0 ? [] : shape.slice(first);
};

/** Whether two shapes are the same but for leading dimensions of one. */
export function endsIn(a: readonly number[], b: readonly number[]): boolean {
  const [left, right] = [withoutLeadingOnes(a), withoutLeadingOnes(b)];
  return left.length === right.length && left.every((size, i) => size === right[i]);
}

/**
 * What a plain value is as an element of a tensor.
 *
 * @throws Error `found …, expected …` for what the type does not hold.
 */
export function elementOf(element: Element, value: Plain): number | bigint {
  switch (element.kind) {
    case 'float':
      return floatOf(element, value);
    case 'truth':
      if (value === true || value === 1) return 1;
      if (value === false || value === 0) return 0;
      throw new Error(`found ${JSON.stringify(value)}, expected true or false`);
    case 'whole':
      if (typeof value === 'number' && Number.isInteger(value) && value >= element.least && value <= element.most) {
        return value;
      }
      throw new Error(`found ${JSON.stringify(value)}, expected a whole number that ${element.type} holds`);
    case 'wide':
      return wideOf(element, value);
  }
}

function floatOf(element: Element, value: Plain): number {
  const number = typeof value === 'number' ? value : NOT_FINITE.get(value);
  if (number === undefined) throw new Error(`found ${JSON.stringify(value)}, expected a number`);
  if (Number.isFinite(number) && Math.abs(number) > element.most) {
    throw new Error(`found ${number}, expected a number that ${element.type} holds`);
  }
  return number;
}

function wideOf(element: Element, value: Plain): bigint {
  const wide = typeof value === 'string' ? /^-?\d{1,20}$/u.test(value) : Number.isSafeInteger(value);
  const number = wide && typeof value !== 'boolean' ? BigInt(value) : null;
  const [least, most] = element.type === 'int64' ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
  if (number !== null && number >= least && number <= most) return number;
  throw new Error(
    `found ${JSON.stringify(value)}, expected a whole number that ${element.type} holds; beyond 2^53 write it as text`,
  );
}
