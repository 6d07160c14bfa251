import type { RandomLaws, ValueLaw } from '../campaign/inputs-spec.ts';
import { exponential } from '../scenarios/exponential.ts';
import type { Rng } from '../scenarios/rng.ts';
import { ELEMENTS, type Element, type NumberValues } from './elements.ts';
import { FeedError } from './feed-error.ts';
import type { BoundInput } from './onnx-shapes.ts';

/**
 * Random inputs are a data set, not a draw of the run: sample i of an input of this name, type and shape is the same
 * for every worker, trial and run, so that whatever is compared was asked the same questions.
 */
export const INPUT_SET_SEED = '0';

/** Draws one value. */
type Draw = (rng: Rng) => number;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const USUAL_LETTERS = 16;
const ROUNDS = 100;

/**
 * Fills all of `buffer` with random values of an element type: by `law`, or, where that is null, by the usual one of
 * the type. `rows`: what whole numbers must stay below, null where nothing is known of them.
 *
 * Usually, floating-point values are uniform in [0, 1) (halves: multiples of 1/1024); 8-bit integers, which stand for
 * pixels and quantised values, take their whole range; other integers lie below the number of rows they select and are
 * 0 or 1 where the model does not say; truths are either.
 */
export function fillRandom(
  element: Element,
  law: ValueLaw | null,
  buffer: ArrayBuffer,
  rng: Rng,
  rows: number | null,
): void {
  const values = element.values(buffer, 0, buffer.byteLength / element.bytes);
  if (element.kind === 'wide') fillWide(values, buffer, law, rng, rows);
  else {
    const draw = law === null ? usualDraw(element, rows) : drawBy(law, element);
    for (let i = 0; i < values.length; i++) values[i] = draw(rng);
  }
}

function fillWide(
  values: NumberValues,
  buffer: ArrayBuffer,
  law: ValueLaw | null,
  rng: Rng,
  rows: number | null,
): void {
  if (law !== null) {
    const draw = drawBy(law, ELEMENTS.get(values instanceof BigInt64Array ? 'int64' : 'uint64') as Element);
    for (let i = 0; i < values.length; i++) values[i] = BigInt(draw(rng));
    return;
  }
  // Below 2^31, written as their low halves: little-endian, no bigint for each.
  const halves = new Int32Array(buffer);
  const limit = rows === null ? 2 : Math.min(rows, 2 ** 31);
  for (let i = 0; i < halves.length; i += 2) halves[i] = Math.floor(rng.next() * limit);
}

function usualDraw({ type, kind }: Element, rows: number | null): Draw {
  if (type === 'float16') return (rng) => Math.floor(rng.next() * 1024) / 1024;
  if (kind === 'float') return (rng) => rng.next();
  if (type === 'int8' && rows === null) return (rng) => Math.floor(rng.next() * 256) - 128;
  const limit = rows ?? (type === 'uint8' ? 256 : 2);
  const below = type === 'int8' ? Math.min(limit, 128) : limit;
  return (rng) => Math.floor(rng.next() * below);
}

function drawBy(law: ValueLaw, element: Element): Draw {
  const isWhole = element.kind !== 'float';
  switch (law.kind) {
    case 'constant':
      return () => Number(law.value);
    case 'uniform': {
      const [from, to] = isWhole ? [Math.ceil(law.from), Math.ceil(law.to)] : [law.from, law.to];
      const draw: Draw = (rng) => from + rng.next() * (to - from);
      return isWhole ? (rng) => Math.floor(draw(rng)) : draw;
    }
    case 'normal': {
      const draw = normalDraw(law);
      return isWhole ? (rng) => clamped(Math.round(draw(rng)), element.least, element.most) : draw;
    }
    case 'text':
      throw new Error('texts are no numbers');
  }
}

/** Box and Muller, 1958. What falls outside the bounds is drawn again, and after a hundred times moved to the nearer one. */
function normalDraw({ mean, deviation, from, to }: Extract<ValueLaw, { kind: 'normal' }>): Draw {
  const [least, most] = [from ?? Number.NEGATIVE_INFINITY, to ?? Number.POSITIVE_INFINITY];
  const once: Draw = (rng) => mean + deviation * Math.sqrt(2 * exponential(rng)) * Math.cos(2 * Math.PI * rng.next());
  return (rng) => {
    let value = once(rng);
    for (let round = 0; round < ROUNDS && (value < least || value > most); round++) value = once(rng);
    return clamped(value, least, most);
  };
}

const clamped = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** Text for an input of type `string`: a law's constant, or so many letters. */
export function drawText(law: ValueLaw | null, rng: Rng): string {
  if (law?.kind === 'constant') return String(law.value);
  const length = law?.kind === 'text' ? law.length : USUAL_LETTERS;
  let text = '';
  for (let i = 0; i < length; i++) text += LETTERS[Math.floor(rng.next() * LETTERS.length)];
  return text;
}

/**
 * The law of each input, null for the usual one of its type.
 *
 * @throws FeedError for a law that its input's type cannot follow, and for an input that the model does not have.
 */
export function lawsFor(inputs: readonly BoundInput[], laws: RandomLaws): ReadonlyMap<string, ValueLaw | null> {
  const names = inputs.map(({ name }) => name);
  const unknown = Object.keys(laws.tensors ?? {}).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new FeedError(
      ['inputs', 'random', 'tensors', unknown],
      `found ${unknown}, expected an input of the model: ${names.join(', ')}`,
    );
  }
  return new Map(inputs.map((input) => [input.name, lawFor(input, laws)]));
}

function lawFor({ name, type }: BoundInput, { law, length, tensors }: RandomLaws): ValueLaw | null {
  const own = tensors?.[name];
  if (own !== undefined) {
    const problem = misfit(type, own);
    if (problem === null) return own;
    throw new FeedError(['inputs', 'random', 'tensors', name], `found ${problem}`);
  }
  if (type === 'string' && length !== undefined) return { kind: 'text', length };
  if (law === undefined || !concerns(law, type)) return null;
  const problem = misfit(type, law);
  if (problem === null) return law;
  throw new FeedError(['inputs', 'random'], `found ${problem} (the model's input ${name})`);
}

/** Whether a law that names no input is meant for inputs of a type. */
function concerns(law: ValueLaw, type: string): boolean {
  const isNumber = type !== 'string' && type !== 'bool';
  if (law.kind !== 'constant') return isNumber;
  switch (typeof law.value) {
    case 'string':
      return type === 'string';
    case 'boolean':
      return type === 'bool';
    default:
      return isNumber;
  }
}

/** What is wrong with a law for a type, and what would be right; null: nothing. */
function misfit(type: string, law: ValueLaw): string | null {
  const element = ELEMENTS.get(type);
  if (element === undefined) {
    if (type !== 'string') return null;
    const isText = law.kind === 'text' || (law.kind === 'constant' && typeof law.value === 'string');
    return isText ? null : 'a law of numbers for an input of text, expected length or a constant text';
  }
  if (element.kind === 'truth') {
    const isTruth = law.kind === 'constant' && [true, false, 0, 1].some((truth) => truth === law.value);
    return isTruth ? null : 'a law of numbers for an input of true and false, expected constant: true or false';
  }
  return numberMisfit(element, law);
}

function numberMisfit({ type, kind, least, most }: Element, law: ValueLaw): string | null {
  const isWhole = kind !== 'float';
  switch (law.kind) {
    case 'text':
      return `a length for an input of ${type}, expected range, law or constant`;
    case 'constant': {
      const fits = typeof law.value === 'number' && law.value >= least && law.value <= most;
      if (fits && (!isWhole || Number.isInteger(law.value))) return null;
      return `the constant ${JSON.stringify(law.value)}, expected a value that ${type} holds`;
    }
    case 'normal':
      return null;
    case 'uniform': {
      const { from, to } = law;
      if (from < least || to > most + (isWhole ? 1 : 0)) {
        return `[${from}, ${to}], expected a range that ${type} holds: ${least} to ${most}`;
      }
      return isWhole && Math.ceil(from) >= Math.ceil(to) ? `[${from}, ${to}], which holds no whole number` : null;
    }
  }
}
