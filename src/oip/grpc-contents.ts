import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { joinTexts, splitTexts } from './bytes-elements.ts';
import type { ContentsField, Datatype } from './datatype.ts';
import { elementsView } from './elements-view.ts';
import { type InferTensorContents, InferTensorContentsSchema } from './gen/inference_pb.ts';
import { ProtocolError } from './protocol-error.ts';

const FIELDS: readonly ContentsField[] = [
  'boolContents',
  'intContents',
  'int64Contents',
  'uintContents',
  'uint64Contents',
  'fp32Contents',
  'fp64Contents',
  'bytesContents',
];

/**
 * Typed contents as raw ones.
 *
 * @throws ProtocolError for contents in another field than the datatype's, for another number of elements, and for a value
 * beyond what a narrow datatype holds.
 */
export function bytesOfContents(
  where: string,
  type: Datatype,
  elements: number,
  contents: InferTensorContents,
): Uint8Array {
  const { contents: own } = type;
  const used = FIELDS.filter((field) => contents[field].length > 0);
  const other = used.find((field) => field !== own);
  if (own === null) throw new ProtocolError(`${where}: ${type.name} has no typed contents, expected raw ones`);
  if (other !== undefined) {
    throw new ProtocolError(`${where}: found contents in ${snake(other)}, expected ${type.name} in ${snake(own)}`);
  }
  const values = contents[own];
  if (values.length !== elements) {
    throw new ProtocolError(`${where}: found ${values.length} elements in ${snake(own)}, expected ${elements}`);
  }
  if (own === 'bytesContents') return joinTexts(contents.bytesContents);
  return numbersOf(where, type, values as readonly (number | bigint | boolean)[]);
}

function numbersOf(where: string, type: Datatype, values: readonly (number | bigint | boolean)[]): Uint8Array {
  const bytes = new Uint8Array(values.length * type.width);
  const view = elementsView(type, bytes);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number | bigint | boolean;
    view[i] = typeof value === 'boolean' ? Number(value) : value;
    if (type.kind === 'whole' && view[i] !== value) {
      throw new ProtocolError(`${where}: found ${value} at element ${i}, expected a value that ${type.name} holds`);
    }
  }
  return bytes;
}

/** Raw contents as typed ones; null: the datatype has none. */
export function contentsOfBytes(type: Datatype, bytes: Uint8Array): InferTensorContents | null {
  const { contents: field } = type;
  if (field === null) return null;
  const values = field === 'bytesContents' ? splitTexts(bytes) : Array.from(elementsView(type, bytes), plain(type));
  return create(InferTensorContentsSchema, { [field]: values } as MessageInitShape<typeof InferTensorContentsSchema>);
}

const plain =
  ({ kind }: Datatype) =>
  (value: number | bigint): number | bigint | boolean =>
    kind === 'truth' ? value !== 0 : value;

/** `int64_contents`: the name in the protocol's own files. */
const snake = (field: ContentsField): string => field.replace('Contents', '_contents');
