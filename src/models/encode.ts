import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { ATTRIBUTE, DATA_TYPES } from './element-type.ts';
import {
  type AttributeProto,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  type TensorShapeProto_Dimension,
  TensorShapeProto_DimensionSchema,
  TypeProto_TensorSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './gen/onnx_pb.ts';
import type { Attribute, Dim, Graph, GraphNode, Initialiser, Value } from './graph.ts';
import { ModelError } from './model-error.ts';
import { contents, sizeOf } from './weights.ts';

/** ONNX 1.12: the first with the opset that has LayerNormalization. */
export const IR_VERSION = 8;
export const OPSET = 17;

/** Protocol buffers end below 2 GiB. */
const LARGEST = 2 ** 31 - 1;

/**
 * A model as the bytes of an ONNX file, in pieces that are made when asked for: never more than one tensor is in
 * memory at once. `bytes` is the length of them all.
 */
export interface EncodedModel {
  readonly bytes: number;
  chunks(): Generator<Uint8Array>;
}

/**
 * Writes `graph` with weights drawn from `seed`: same graph and seed, same bytes.
 *
 * The nesting ModelProto > GraphProto > TensorProto is laid out by hand, because its lengths are known beforehand and a
 * message writer would hold and move every weight several times; everything small goes through the library.
 *
 * @throws ModelError `too-large` above 2 GiB, RangeError when `seed` is no unsigned 64-bit integer.
 */
export function encodeModel(graph: Graph, seed: string): EncodedModel {
  const description = graphWithoutWeights(graph);
  const tensors = graph.initialisers.map((initialiser) => ({ initialiser, head: tensorHead(initialiser) }));
  const weightBytes = tensors.reduce((sum, { initialiser, head }) => sum + head.length + sizeOf(initialiser), 0);
  const head = modelHead(graph, seed, description.length + weightBytes);
  const bytes = head.length + description.length + weightBytes;
  if (bytes > LARGEST) {
    throw new ModelError('too-large', `model ${graph.name}: ${bytes} bytes, an ONNX file holds at most ${LARGEST}`);
  }
  return {
    bytes,
    *chunks() {
      yield head;
      yield description;
      for (const tensor of tensors) {
        yield tensor.head;
        yield contents(graph.name, tensor.initialiser, seed);
      }
    },
  };
}

/** Everything of the model up to the graph's first byte. */
function modelHead(graph: Graph, seed: string, graphBytes: number): Uint8Array {
  const model = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: BigInt(IR_VERSION),
      producerName: 'loadcell',
      opsetImport: [{ domain: '', version: BigInt(OPSET) }],
      metadataProps: [
        { key: 'loadcell.weights', value: `random, seed ${seed}` },
        { key: 'loadcell.parameters', value: String(graph.counts.parameters) },
      ],
    }),
  );
  const writer = new BinaryWriter().raw(model).tag(ModelProtoSchema.field.graph.number, WireType.LengthDelimited);
  return writer.uint32(graphBytes).finish();
}

function graphWithoutWeights(graph: Graph): Uint8Array {
  return toBinary(
    GraphProtoSchema,
    create(GraphProtoSchema, {
      name: graph.name,
      node: graph.nodes.map(nodeProto),
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    }),
  );
}

/** Tags and lengths of `GraphProto.initializer` and everything of the tensor up to its first byte of contents. */
function tensorHead(initialiser: Initialiser): Uint8Array {
  const size = sizeOf(initialiser);
  const description = toBinary(
    TensorProtoSchema,
    create(TensorProtoSchema, {
      dims: initialiser.dims.map(BigInt),
      dataType: DATA_TYPES[initialiser.type],
      name: initialiser.name,
    }),
  );
  const body = new BinaryWriter()
    .raw(description)
    .tag(TensorProtoSchema.field.rawData.number, WireType.LengthDelimited)
    .uint32(size)
    .finish();
  return new BinaryWriter()
    .tag(GraphProtoSchema.field.initializer.number, WireType.LengthDelimited)
    .uint32(body.length + size)
    .raw(body)
    .finish();
}

const nodeProto = (node: GraphNode) =>
  create(NodeProtoSchema, {
    opType: node.op,
    name: node.output,
    input: [...node.inputs],
    output: [node.output],
    attribute: Object.entries(node.attributes).map(([name, attribute]) => attributeProto(name, attribute)),
  });

function attributeProto(name: string, attribute: Attribute): AttributeProto {
  if ('int' in attribute) return create(AttributeProtoSchema, { name, type: ATTRIBUTE.int, i: BigInt(attribute.int) });
  if ('float' in attribute) return create(AttributeProtoSchema, { name, type: ATTRIBUTE.float, f: attribute.float });
  return create(AttributeProtoSchema, { name, type: ATTRIBUTE.ints, ints: attribute.ints.map(BigInt) });
}

const valueInfo = (value: Value): ValueInfoProto =>
  create(ValueInfoProtoSchema, {
    name: value.name,
    type: {
      value: {
        case: 'tensorType',
        value: create(TypeProto_TensorSchema, {
          elemType: DATA_TYPES[value.type],
          shape: { dim: value.shape.map(dimension) },
        }),
      },
    },
  });

const dimension = (dim: Dim): TensorShapeProto_Dimension =>
  create(TensorShapeProto_DimensionSchema, {
    value: typeof dim === 'number' ? { case: 'dimValue', value: BigInt(dim) } : { case: 'dimParam', value: dim },
  });
