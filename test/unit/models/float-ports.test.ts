import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { DATA_TYPES } from '../../../src/models/element-type.ts';
import { brainPortsOf, withFloatPorts } from '../../../src/models/float-ports.ts';
import { type ModelProto, ModelProtoSchema } from '../../../src/models/gen/onnx_pb.ts';
import { inspectModel } from '../../../src/models/inspect.ts';
import { modelBytes, tableModel, temporaryFile, tensorValue } from '../../support/onnx-files.ts';

/** The rewritten model, and what it says of itself. */
function rewritten(path: string): { readonly model: ModelProto; readonly facts: ReturnType<typeof inspectModel> } {
  const bytes = withFloatPorts(path, brainPortsOf(inspectModel(path)) ?? { inputs: [], outputs: [] });
  return { model: fromBinary(ModelProtoSchema, bytes), facts: inspectModel(temporaryFile(bytes)) };
}

const nodesOf = ({ graph }: ModelProto): unknown =>
  graph?.node.map(({ opType, input, output, attribute }) => [
    opType,
    input,
    output,
    ...attribute.map(({ name, i }) => `${name}=${i}`),
  ]);

const mixed = (): Uint8Array =>
  modelBytes({
    name: 'mixed',
    docString: 'two ports of each type',
    node: [
      { opType: 'Identity', input: ['a'], output: ['c'] },
      { opType: 'Identity', input: ['b'], output: ['d'] },
    ],
    initializer: [{ name: 'bias', dataType: DATA_TYPES.bfloat16, dims: [2n], rawData: Uint8Array.of(1, 2, 3, 4) }],
    input: [
      tensorValue('a', 'bfloat16', ['N', 3]),
      tensorValue('b', 'float16', [2]),
      // Older files list initialisers as inputs too.
      tensorValue('bias', 'bfloat16', [2]),
    ],
    output: [tensorValue('d', 'float16', [2]), tensorValue('c', 'bfloat16', ['N', 3])],
  });

test('ports of bfloat16 become float32 of the same shape with a Cast behind each, and nothing else changes', () => {
  const path = temporaryFile(mixed());
  const { model, facts } = rewritten(path);
  expect([facts.inputs, facts.outputs]).toEqual([
    [
      { name: 'loadcell.input.a', type: 'float32', shape: ['N', 3], rows: null },
      { name: 'b', type: 'float16', shape: [2], rows: null },
    ],
    [
      { name: 'd', type: 'float16', shape: [2], rows: null },
      { name: 'loadcell.output.c', type: 'float32', shape: ['N', 3], rows: null },
    ],
  ]);
  expect(nodesOf(model)).toEqual([
    ['Cast', ['loadcell.input.a'], ['a'], `to=${DATA_TYPES.bfloat16}`],
    ['Identity', ['a'], ['c']],
    ['Identity', ['b'], ['d']],
    ['Cast', ['c'], ['loadcell.output.c'], `to=${DATA_TYPES.float32}`],
  ]);
  const original = fromBinary(ModelProtoSchema, mixed());
  const plain = ({ graph, ...head }: ModelProto): unknown => [head, graph?.name, graph?.docString, graph?.initializer];
  expect(plain(model)).toEqual(plain(original));
  expect(model.graph?.input[2]).toEqual(original.graph?.input[2]);
});

test('a graph that comes in several parts is one graph, and fields after it stay', () => {
  const parts = [mixed(), modelBytes({ node: [{ opType: 'Identity', input: ['c'], output: ['e'] }] })];
  const { model, facts } = rewritten(temporaryFile(Buffer.concat(parts)));
  expect(nodesOf(model)).toHaveLength(5);
  expect(model.opsetImport).toHaveLength(2);
  expect(facts.outputs.map(({ name }) => name)).toEqual(['d', 'loadcell.output.c']);
});

test('an input that is an output at once is cast on both ways', () => {
  const value = tensorValue('x', 'bfloat16', ['N']);
  const { model } = rewritten(temporaryFile(modelBytes({ name: 'through', input: [value], output: [value] })));
  expect(nodesOf(model)).toEqual([
    ['Cast', ['loadcell.input.x'], ['x'], `to=${DATA_TYPES.bfloat16}`],
    ['Cast', ['x'], ['loadcell.output.x'], `to=${DATA_TYPES.float32}`],
  ]);
});

test('fields of a port that are not known here are kept', () => {
  const model = fromBinary(ModelProtoSchema, mixed());
  // ValueInfoProto.doc_string
  const docString = { no: 3, wireType: 2, data: Uint8Array.of(2, 0x68, 0x69) };
  const [port] = model.graph?.input ?? [];
  if (port !== undefined) port.$unknown = [docString];
  const path = temporaryFile(toBinary(ModelProtoSchema, model));
  expect(rewritten(path).model.graph?.input[0]?.$unknown).toEqual([docString]);
});

test('a model without bfloat16 has no ports to change', () => {
  expect(brainPortsOf(inspectModel(temporaryFile(tableModel(false))))).toBeNull();
});
