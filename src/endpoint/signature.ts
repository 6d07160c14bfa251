import type { ModelFacts, ModelTensor } from '../models/inspect.ts';
import { ModelError } from '../models/model-error.ts';
import { DATATYPES, type Datatype, datatypeOfOnnx } from '../oip/datatype.ts';

/** An input or output of a served model. */
export interface Port {
  readonly name: string;
  readonly type: Datatype;
  /** Sizes, or names of free dimensions; `?`: free and without a name. */
  readonly shape: readonly (number | string)[];
}

/** What a served model takes and gives. */
export interface Signature {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** @throws ModelError `shape` for an input or output that the protocol has no type for. */
export const signatureOf = ({ inputs, outputs }: Pick<ModelFacts, 'inputs' | 'outputs'>): Signature => ({
  inputs: inputs.map((tensor) => portOf('input', tensor)),
  outputs: outputs.map((tensor) => portOf('output', tensor)),
});

function portOf(role: string, { name, type, shape }: ModelTensor): Port {
  const datatype = datatypeOfOnnx(type);
  if (datatype !== null) return { name, type: datatype, shape };
  const known = [...DATATYPES.values()].map(({ onnx }) => onnx).join(', ');
  throw new ModelError(
    'shape',
    `model: its ${role} ${name} is of type ${type}, which cannot be served; expected ${known}`,
  );
}

/**
 * Why requests cannot be put together into one run of the model; null: they can. Every input and every output must have
 * a free first dimension.
 */
export function whyNotBatched({ inputs, outputs }: Signature): string | null {
  const fixed = [...inputs, ...outputs].find(({ shape }) => typeof shape[0] !== 'string');
  if (fixed === undefined) return null;
  const role = inputs.includes(fixed) ? 'input' : 'output';
  return `the model's ${role} ${fixed.name} [${fixed.shape.join(', ')}] has no free first dimension, so requests cannot be put together`;
}
