import type { InferTensorContents } from './gen/inference_pb.ts';
import { ProtocolError, quoted } from './protocol-error.ts';

/** How the elements of a datatype are read and written. `half`, `brain`: floating point of 16 bits. `wide`: whole numbers of 64 bits. */
export type DatatypeKind = 'truth' | 'whole' | 'wide' | 'half' | 'brain' | 'float' | 'text';

/** The fields of a gRPC tensor's typed contents. */
export type ContentsField = Exclude<keyof InferTensorContents, `$${string}`>;

/** An element type of the protocol. */
export interface Datatype {
  /** `FP32` */
  readonly name: DatatypeName;
  readonly kind: DatatypeKind;
  /** Bytes of one element; 0: every element says its own length (BYTES). */
  readonly width: number;
  /** The name that onnxruntime and `src/targets/elements.ts` have for it. */
  readonly onnx: string;
  /** Where gRPC carries it as typed contents; null: raw only. */
  readonly contents: ContentsField | null;
  /** The number of `TYPE_…` in Triton's model configuration. */
  readonly config: number;
}

export type DatatypeName =
  | 'BOOL'
  | 'UINT8'
  | 'UINT16'
  | 'UINT32'
  | 'UINT64'
  | 'INT8'
  | 'INT16'
  | 'INT32'
  | 'INT64'
  | 'FP16'
  | 'FP32'
  | 'FP64'
  | 'BYTES'
  | 'BF16';

type Row = [kind: DatatypeKind, width: number, onnx: string, contents: ContentsField | null];

const ROWS: Readonly<Record<DatatypeName, Row>> = {
  BOOL: ['truth', 1, 'bool', 'boolContents'],
  UINT8: ['whole', 1, 'uint8', 'uintContents'],
  UINT16: ['whole', 2, 'uint16', 'uintContents'],
  UINT32: ['whole', 4, 'uint32', 'uintContents'],
  UINT64: ['wide', 8, 'uint64', 'uint64Contents'],
  INT8: ['whole', 1, 'int8', 'intContents'],
  INT16: ['whole', 2, 'int16', 'intContents'],
  INT32: ['whole', 4, 'int32', 'intContents'],
  INT64: ['wide', 8, 'int64', 'int64Contents'],
  FP16: ['half', 2, 'float16', null],
  FP32: ['float', 4, 'float32', 'fp32Contents'],
  FP64: ['float', 8, 'float64', 'fp64Contents'],
  BYTES: ['text', 0, 'string', 'bytesContents'],
  BF16: ['brain', 2, 'bfloat16', null],
};

/** By name, in the order of Triton's numbers. */
export const DATATYPES: ReadonlyMap<string, Datatype> = new Map(
  Object.entries(ROWS).map(([name, [kind, width, onnx, contents]], index): [string, Datatype] => [
    name,
    { name: name as DatatypeName, kind, width, onnx, contents, config: index + 1 },
  ]),
);

const BY_ONNX: ReadonlyMap<string, Datatype> = new Map([...DATATYPES.values()].map((type) => [type.onnx, type]));

export const DATATYPE_NAMES: readonly DatatypeName[] = Object.keys(ROWS) as DatatypeName[];

/** The datatype of an ONNX element type (`float32`); null: the protocol has none, as for complex numbers. */
export const datatypeOfOnnx = (type: string): Datatype | null => BY_ONNX.get(type) ?? null;

export const datatypeOf = (name: DatatypeName): Datatype => DATATYPES.get(name) as Datatype;

/** @throws ProtocolError for a name that the protocol does not have. */
export function datatypeNamed(where: string, name: unknown): Datatype {
  const found = typeof name === 'string' ? DATATYPES.get(name) : undefined;
  if (found !== undefined) return found;
  throw new ProtocolError(`${where}.datatype: found ${quoted(name)}, expected one of ${DATATYPE_NAMES.join(', ')}`);
}

/** Triton's name of the datatype in a model configuration: `TYPE_FP32`. */
export const configName = ({ name }: Datatype): string => `TYPE_${name === 'BYTES' ? 'STRING' : name}`;
