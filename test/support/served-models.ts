import { DATA_TYPES } from '../../src/models/element-type.ts';
import { DATATYPES } from '../../src/oip/datatype.ts';
import { modelBytes, temporaryFile, tensorValue } from './onnx-files.ts';

/** The types that can be served: all of the protocol's. */
export const SERVED_TYPES = [...DATATYPES.values()];

/** For every type an input `<type>_in` [N, 2] that comes back as `<type>_out`. */
export const everyTypeModel = (): string =>
  temporaryFile(
    modelBytes({
      name: 'every-type',
      node: SERVED_TYPES.map(({ onnx }) => ({ opType: 'Identity', input: [`${onnx}_in`], output: [`${onnx}_out`] })),
      input: SERVED_TYPES.map(({ onnx }) => tensorValue(`${onnx}_in`, onnx as keyof typeof DATA_TYPES, ['N', 2])),
      output: SERVED_TYPES.map(({ onnx }) => tensorValue(`${onnx}_out`, onnx as keyof typeof DATA_TYPES, ['N', 2])),
    }),
  );

/** `y = x` for float32 [N, 4]. */
export const echoModel = (): string =>
  temporaryFile(
    modelBytes({
      name: 'echo',
      node: [{ opType: 'Identity', input: ['x'], output: ['y'] }],
      input: [tensorValue('x', 'float32', ['N', 4])],
      output: [tensorValue('y', 'float32', ['N', 4])],
    }),
  );

/** Where `x`, float32 [N, 1], is not 0: as its coordinates [2, k], or turned into rows [k, 2]. As many as there happen to be. */
export const foundModel = (form: 'columns' | 'rows'): string =>
  temporaryFile(
    modelBytes({
      name: 'found',
      node: [
        { opType: 'NonZero', input: ['x'], output: [form === 'columns' ? 'y' : 'found'] },
        ...(form === 'rows' ? [{ opType: 'Transpose', input: ['found'], output: ['y'] }] : []),
      ],
      input: [tensorValue('x', 'float32', ['N', 1])],
      output: [tensorValue('y', 'int64', ['k', form === 'rows' ? 2 : 'found'])],
    }),
  );

/** Row `x` of a table of three: the model refuses other indices when it runs. */
export const lookupModel = (): string => {
  const table = new Uint8Array(Float32Array.of(10, 20, 30).buffer);
  return temporaryFile(
    modelBytes({
      name: 'lookup',
      node: [{ opType: 'Gather', input: ['table', 'x'], output: ['y'] }],
      initializer: [{ name: 'table', dims: [3n], dataType: DATA_TYPES.float32, rawData: table }],
      input: [tensorValue('x', 'int64', ['N'])],
      output: [tensorValue('y', 'float32', ['N'])],
    }),
  );
};
