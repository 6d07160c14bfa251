/** One output of a model as onnxruntime gives it. */
export interface OutputTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<unknown>;
}

/** Expected values by position. Text may stand for what JSON has no number for. */
export type Expectation = ArrayLike<number | bigint | boolean | string>;

export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/**
 * Position of the first of the expected values that the values found from `from` on differ from; -1 where none does.
 *
 * A number may differ by absolute + relative x |expected| (as numpy.allclose has it); infinities, and NaN, must be
 * where they are expected. Without tolerance it must be equal.
 */
export function firstDifference(
  found: ArrayLike<unknown>,
  from: number,
  expected: Expectation,
  { absolute, relative }: Tolerance,
): number {
  for (let i = 0; i < expected.length; i++) {
    const [is, should] = [found[from + i], expected[i]];
    const isNumeric = typeof is === 'number' && typeof should === 'number';
    const agree = isNumeric ? near(is, should, absolute, relative) : equal(is, should, absolute, relative);
    if (!agree) return i;
  }
  return -1;
}

const near = (is: number, should: number, absolute: number, relative: number): boolean =>
  Object.is(is, should) ||
  is === should ||
  (Number.isFinite(should) && Math.abs(is - should) <= absolute + relative * Math.abs(should));

/** Values of different kinds: 64 bits against a double, truths against 0 and 1, text for what JSON cannot write. */
function equal(is: unknown, should: Expectation[number] | undefined, absolute: number, relative: number): boolean {
  if (is === should) return true;
  if (typeof is === 'bigint') return String(is) === String(typeof should === 'boolean' ? Number(should) : should);
  if (typeof is !== 'number' || should === undefined) return false;
  return should !== '' && near(is, Number(should), absolute, relative);
}

/** `[2, 7]: found 0.5, expected 0.25 (± …)` of a difference at position `at` of a sample that begins at `from`. */
export function describeDifference(
  { data, dims }: OutputTensor,
  from: number,
  at: number,
  expected: Expectation,
  { absolute, relative }: Tolerance,
): string {
  const tolerated = absolute + relative * Math.abs(Number(expected[at]));
  const within = tolerated > 0 ? ` ± ${Number(tolerated.toPrecision(3))}` : '';
  return ` [${position(dims, from + at).join(', ')}]: found ${String(data[from + at])}, expected ${String(expected[at])}${within}`;
}

/** Index of an element along each dimension. */
function position(dims: readonly number[], element: number): readonly number[] {
  let rest = element;
  return dims
    .toReversed()
    .map((size) => {
      const index = rest % size;
      rest = Math.floor(rest / size);
      return index;
    })
    .reverse();
}
