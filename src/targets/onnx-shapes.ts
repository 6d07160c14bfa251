import type { ModelTensor } from '../models/inspect.ts';
import { shapeText } from './elements.ts';
import { FeedError } from './feed-error.ts';

/** An input whose every dimension has a size. */
export interface BoundInput {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  /** What its values must stay below; null where the model says nothing. */
  readonly rows: number | null;
}

export interface Binding {
  /** Size of every free first dimension that `bind` does not name. */
  readonly batch: number;
  /** Sizes by the name of a free dimension, or by `<input>.<axis>` for one without a name. */
  readonly bind: Readonly<Record<string, number>>;
}

/**
 * Gives every free dimension of a model's inputs its size. A name means the same size wherever it stands.
 *
 * @throws FeedError: a free dimension without a size, a bound name that the model does not have, or a batch
 * that no input can carry.
 */
export function bindInputs(inputs: readonly ModelTensor[], binding: Binding): readonly BoundInput[] {
  const free = inputs.flatMap(freeDimensions);
  refuseUnknownNames(binding, free);
  const sizes = new Map<string, number>();
  for (const dimension of free) if (dimension.axis === 0) sizes.set(dimension.key, binding.batch);
  for (const [key, size] of Object.entries(binding.bind)) sizes.set(key, size);
  const open = free.find(({ key }) => !sizes.has(key));
  if (open !== undefined) throw unbound(open);
  const bound = inputs.map((input) => ({
    name: input.name,
    type: input.type,
    rows: input.rows,
    dims: input.shape.map((dim, axis) => (typeof dim === 'number' ? dim : (sizes.get(keyOf(input, axis)) as number))),
  }));
  refuseLostBatch(binding.batch, inputs, bound);
  return bound;
}

interface FreeDimension {
  readonly input: string;
  readonly axis: number;
  /** What `bind` calls it. */
  readonly key: string;
}

const keyOf = (input: ModelTensor, axis: number): string =>
  input.shape[axis] === '?' ? `${input.name}.${axis}` : String(input.shape[axis]);

const freeDimensions = (input: ModelTensor): readonly FreeDimension[] =>
  input.shape.flatMap((dim, axis) =>
    typeof dim === 'number' ? [] : [{ input: input.name, axis, key: keyOf(input, axis) }],
  );

function refuseUnknownNames({ bind }: Binding, free: readonly FreeDimension[]): void {
  const names = [...new Set(free.map(({ key }) => key))];
  const unknown = Object.keys(bind).find((key) => !names.includes(key));
  if (unknown === undefined) return;
  const known = names.length === 0 ? 'it has no free dimension' : `its free dimensions are ${names.join(', ')}`;
  throw new FeedError(['bind', unknown], `the model's inputs have no dimension of this name; ${known}`);
}

const unbound = ({ input, axis, key }: FreeDimension): FeedError =>
  new FeedError(
    ['bind'],
    `dimension ${axis} of the model's input ${input} is free and has no size; give it one, for example ` +
      `bind: { ${/^\w+$/.test(key) ? key : JSON.stringify(key)}: 128 }`,
  );

/** A batch above one must stand in some input's shape, or samples would be counted that were never sent. */
function refuseLostBatch(batch: number, inputs: readonly ModelTensor[], bound: readonly BoundInput[]): void {
  if (batch === 1) return;
  const carries = (input: BoundInput, shape: ModelTensor['shape']): boolean =>
    input.dims.some((size, axis) => size === batch && (axis === 0 || typeof shape[axis] === 'string'));
  if (bound.some((input, i) => carries(input, inputs[i]?.shape ?? []))) return;
  const shapes = bound.map((input) => `${input.name} [${input.dims.join(', ')}]`).join(', ');
  throw new FeedError(
    ['batch'],
    `found ${batch}, but no input of the model takes it (${shapes}); use a model whose first dimension is free`,
  );
}

/**
 * The shape of one sample of an input: what is left of its dimensions when the batch is taken off in front.
 *
 * @throws FeedError where several samples make up a request and the input has no room for them in front.
 */
export function sampleShape({ name, dims }: Pick<BoundInput, 'name' | 'dims'>, batch: number): readonly number[] {
  if (dims[0] === batch) return dims.slice(1);
  if (batch === 1) return dims;
  throw new FeedError(
    ['batch'],
    `found ${batch}, but the model's input ${name} ${shapeText(dims)} does not take ${batch} samples in front; expected 1`,
  );
}
