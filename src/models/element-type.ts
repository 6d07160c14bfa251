/** TensorProto.DataType of the ONNX specification under the names that onnxruntime uses. */
export const DATA_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
} as const;

/** AttributeProto.AttributeType of the specification, as far as it is written here. */
export const ATTRIBUTE = { float: 1, int: 2, ints: 7 } as const;

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(DATA_TYPES).map(([name, number]) => [number, name]));

/** The name of a TensorProto.DataType; numbers that are newer than this list read `type 23`. */
export const dataTypeName = (number: number): string => NAMES.get(number) ?? `type ${number}`;
