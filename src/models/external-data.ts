import type { TensorProto } from './gen/onnx_pb.ts';

/** A file beside the model in which tensors of it lie. */
export interface ExternalFile {
  /** Relative to the model's folder, as the model says it. */
  readonly location: string;
  /** What the file must hold at least. */
  readonly bytes: number;
}

/**
 * The file that holds a tensor's contents, by `TensorProto.external_data`; null when they stand in the model itself. A
 * tensor without a `length` counts up to where it begins.
 *
 * Source: https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
 */
export function externalFile({ dataLocation, externalData }: TensorProto): ExternalFile | null {
  if (dataLocation !== EXTERNAL) return null;
  const entry = (key: string): string => externalData.find((each) => each.key === key)?.value ?? '';
  return { location: entry('location'), bytes: count(entry('offset')) + count(entry('length')) };
}

/** TensorProto.DataLocation of the specification. */
const EXTERNAL = 1;

const count = (digits: string): number => (/^\d+$/u.test(digits) ? Number(digits) : 0);

/** Why a location cannot be followed, null when it can. A model may not reach outside its own folder. */
export function locationProblem(location: string): string | null {
  if (location === '' || location.includes('\0')) return 'names no file';
  const outside = location.startsWith('/') || /^[A-Za-z]:|\\/u.test(location) || location.split('/').includes('..');
  return outside ? `names ${JSON.stringify(location)}, which is not below the model's folder` : null;
}
