import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { ATTRIBUTE, DATA_TYPES } from './element-type.ts';
import { type Extent, FileWindow, WireDamage, type WireField } from './file-window.ts';
import { GraphProtoSchema, ModelProtoSchema, NodeProtoSchema, ValueInfoProtoSchema } from './gen/onnx_pb.ts';
import type { ModelFacts, ModelTensor } from './inspect.ts';

/** The inputs and outputs of a model that are of bfloat16, by name. */
export interface BrainPorts {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

type Ports = Pick<ModelFacts, 'inputs' | 'outputs'>;

const isBrain = ({ type }: ModelTensor): boolean => type === 'bfloat16';

/** Null: the model has none. */
export function brainPortsOf({ inputs, outputs }: Ports): BrainPorts | null {
  const brain = {
    inputs: inputs.filter(isBrain).map(({ name }) => name),
    outputs: outputs.filter(isBrain).map(({ name }) => name),
  };
  return brain.inputs.length + brain.outputs.length === 0 ? null : brain;
}

/** The inputs and outputs of a model as a session of {@link withFloatPorts} takes and gives them. */
export const heldPorts = ({ inputs, outputs }: Ports): Ports => ({
  inputs: inputs.map(withFloat),
  outputs: outputs.map(withFloat),
});

const withFloat = (tensor: ModelTensor): ModelTensor => (isBrain(tensor) ? { ...tensor, type: 'float32' } : tensor);

/** What a port of bfloat16 is called where it is float32: its own name stays that of the value inside the graph. */
export const floatName = {
  input: (name: string): string => `loadcell.input.${name}`,
  output: (name: string): string => `loadcell.output.${name}`,
} as const;

/**
 * The model in the file at `path` with its ports of bfloat16 as float32: a Cast stands behind each such input and each
 * such output, which have the names of {@link floatName}. Everything else is the file's own bytes, and is in memory once;
 * weights in files beside the model stay there.
 */
export function withFloatPorts(path: string, ports: BrainPorts): Uint8Array<ArrayBuffer> {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    return joined(descriptor, modelPieces(new FileWindow(descriptor, size), { from: 0, to: size }, ports));
  } finally {
    closeSync(descriptor);
  }
}

/** A stretch of the file as it is, or bytes in its stead. */
type Piece = Extent | Uint8Array;

const sizeOf = (piece: Piece): number => (piece instanceof Uint8Array ? piece.length : piece.to - piece.from);

const totalOf = (pieces: readonly Piece[]): number => pieces.reduce((sum, piece) => sum + sizeOf(piece), 0);

const GRAPH = ModelProtoSchema.field.graph.number;

/** A message may come in parts, of which a reader makes one: the graph's are put together here. */
function modelPieces(window: FileWindow, model: Extent, ports: BrainPorts): readonly Piece[] {
  const head: Piece[] = [];
  const graph: Piece[] = ports.inputs.map((name) => cast(floatName.input(name), name, 'bfloat16'));
  for (const { number, whole, contents } of window.fields(model)) {
    if (number === GRAPH) addGraph(window, contents, ports, graph);
    else add(head, whole);
  }
  graph.push(...ports.outputs.map((name) => cast(name, floatName.output(name), 'float32')));
  const graphHead = new BinaryWriter().tag(GRAPH, WireType.LengthDelimited).uint32(totalOf(graph)).finish();
  return [...head, graphHead, ...graph];
}

const { input: INPUT, output: OUTPUT, node: NODE } = GraphProtoSchema.field;

function addGraph(window: FileWindow, graph: Extent, { inputs, outputs }: BrainPorts, pieces: Piece[]): void {
  for (const field of window.fields(graph)) {
    if (field.number === INPUT.number) add(pieces, portPiece(window, field, inputs, floatName.input));
    else if (field.number === OUTPUT.number) add(pieces, portPiece(window, field, outputs, floatName.output));
    else add(pieces, field.whole);
  }
}

function portPiece(
  window: FileWindow,
  { number, whole, contents }: WireField,
  brain: readonly string[],
  nameOf: (name: string) => string,
): Piece {
  const info = fromBinary(ValueInfoProtoSchema, window.read(contents));
  const type = info.type?.value;
  if (type?.case !== 'tensorType' || !brain.includes(info.name)) return whole;
  info.name = nameOf(info.name);
  type.value.elemType = DATA_TYPES.float32;
  return graphField(number, toBinary(ValueInfoProtoSchema, info));
}

const cast = (input: string, output: string, to: 'bfloat16' | 'float32'): Uint8Array =>
  graphField(
    NODE.number,
    toBinary(
      NodeProtoSchema,
      create(NodeProtoSchema, {
        opType: 'Cast',
        name: `loadcell.cast.${output}`,
        input: [input],
        output: [output],
        attribute: [{ name: 'to', type: ATTRIBUTE.int, i: BigInt(DATA_TYPES[to]) }],
      }),
    ),
  );

const graphField = (number: number, contents: Uint8Array): Uint8Array =>
  new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(contents).finish();

/** Stretches that follow each other in the file become one. */
function add(pieces: Piece[], piece: Piece): void {
  const last = pieces.at(-1);
  const follows = last !== undefined && 'to' in last && 'to' in piece && last.to === piece.from;
  if (follows) pieces.splice(-1, 1, { from: last.from, to: piece.to });
  else pieces.push(piece);
}

function joined(descriptor: number, pieces: readonly Piece[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(totalOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) bytes.set(piece, at);
    else readInto(bytes, at, descriptor, piece);
    at += sizeOf(piece);
  }
  return bytes;
}

/** @throws WireDamage `ends-early` */
function readInto(bytes: Uint8Array, at: number, descriptor: number, { from, to }: Extent): void {
  for (let done = 0; done < to - from; ) {
    const length = readSync(descriptor, bytes, at + done, to - from - done, from + done);
    if (length === 0) throw new WireDamage('ends-early');
    done += length;
  }
}
