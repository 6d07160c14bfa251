import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { fromBinary } from '@bufbuild/protobuf';
import { dataTypeName } from './element-type.ts';
import { concatenated, excerpt } from './excerpt.ts';
import { type ExternalFile, externalFile } from './external-data.ts';
import { type Extent, FileWindow, WireDamage } from './file-window.ts';
import { type ForeignFormat, foreignFile, foreignFolder } from './foreign-format.ts';
import {
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type TensorShapeProto_Dimension,
  type ValueInfoProto,
} from './gen/onnx_pb.ts';
import { elements } from './graph.ts';
import { ModelError, type ModelErrorCode } from './model-error.ts';

/** An input or output of a model. */
export interface ModelTensor {
  readonly name: string;
  /** Element type as onnxruntime names it (`float32`), or the kind of what is no tensor (`sequence`). */
  readonly type: string;
  /** Sizes, names of free dimensions, `?` for a free dimension without a name. */
  readonly shape: readonly (number | string)[];
  /**
   * Of an input that selects rows of a constant table (a Gather node's indices): the number of rows, which its values
   * must stay below. Null: the model says nothing of its values.
   */
  readonly rows: number | null;
}

/** What a model file says of itself. */
export interface ModelFacts {
  readonly bytes: number;
  readonly irVersion: number;
  /** Version of ONNX's own operator set. */
  readonly opset: number;
  /** Elements of all dense initialisers, wherever their contents lie. */
  readonly parameters: number;
  readonly inputs: readonly ModelTensor[];
  readonly outputs: readonly ModelTensor[];
  /** Files beside the model that hold its weights, in the order in which they are named; empty: all are in the model. */
  readonly externalData: readonly ExternalFile[];
}

/**
 * Reads the facts of an ONNX file of any size without reading its weights.
 *
 * @throws ModelError `missing`, `unreadable`, `truncated` or `not-onnx`, naming the file.
 */
export function inspectModel(path: string): ModelFacts {
  const descriptor = open(path);
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) throw foreign(path, foreignFolder(path), null);
    if (!stat.isFile()) throw fault('unreadable', path, 'found no regular file, expected an ONNX file');
    if (stat.size === 0) throw fault('truncated', path, 'the file is empty');
    return factsOf(path, descriptor, stat.size);
  } finally {
    closeSync(descriptor);
  }
}

const fault = (code: ModelErrorCode, path: string, sentence: string, cause?: unknown): ModelError =>
  new ModelError(code, `model ${path}: ${sentence}`, { cause });

const foreign = (path: string, { what, remedy }: ForeignFormat, cause: unknown): ModelError =>
  fault('not-onnx', path, `found ${what} and no ONNX model; ${remedy}`, cause);

function open(path: string): number {
  try {
    // A pipe that nobody writes to is opened at once, to be refused.
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw fault(
        'missing',
        path,
        'no such file; give the path of an ONNX file or the name of a reference model',
        error,
      );
    }
    throw fault('unreadable', path, `the file cannot be opened (${code})`, error);
  }
}

/** What has been found on the way through the file. */
interface Findings {
  readonly head: Uint8Array[];
  readonly graph: Uint8Array[];
  readonly tables: Map<string, readonly number[]>;
  readonly gathers: NodeProto[];
  /** Bytes that each external file must hold, by location. */
  readonly external: Map<string, number>;
  sawVersion: boolean;
  sawGraph: boolean;
}

const FIELD = {
  irVersion: ModelProtoSchema.field.irVersion.number,
  opset: ModelProtoSchema.field.opsetImport.number,
  graph: ModelProtoSchema.field.graph.number,
  node: GraphProtoSchema.field.node.number,
  initializer: GraphProtoSchema.field.initializer.number,
  input: GraphProtoSchema.field.input.number,
  output: GraphProtoSchema.field.output.number,
  attribute: NodeProtoSchema.field.attribute.number,
  tensor: AttributeProtoSchema.field.t.number,
  tensors: AttributeProtoSchema.field.tensors.number,
  branch: AttributeProtoSchema.field.g.number,
  branches: AttributeProtoSchema.field.graphs.number,
} as const;

function factsOf(path: string, descriptor: number, size: number): ModelFacts {
  const window = new FileWindow(descriptor, size);
  const findings: Findings = {
    head: [],
    graph: [],
    tables: new Map(),
    gathers: [],
    external: new Map(),
    sawVersion: false,
    sawGraph: false,
  };
  try {
    walkModel(window, { from: 0, to: size }, findings);
    return summary(path, size, findings);
  } catch (error) {
    const format = foreignFile(path, descriptor, size);
    if (format !== null) throw foreign(path, format, error);
    if (error instanceof ModelError) throw error;
    if (error instanceof WireDamage && error.kind === 'ends-early' && findings.sawVersion) {
      throw fault('truncated', path, `the file is cut short: it ends after ${size} bytes, inside its graph`, error);
    }
    throw fault('not-onnx', path, notOnnx(window, size), error);
  }
}

function walkModel(window: FileWindow, file: Extent, findings: Findings): void {
  for (const field of window.fields(file)) {
    if (field.number === FIELD.graph) {
      findings.sawGraph = true;
      walkGraph(window, field.contents, findings);
    } else if (field.number === FIELD.irVersion || field.number === FIELD.opset) {
      findings.sawVersion ||= field.number === FIELD.irVersion;
      findings.head.push(window.read(field.whole));
    }
  }
}

function walkGraph(window: FileWindow, graph: Extent, findings: Findings): void {
  for (const field of window.fields(graph)) {
    if (field.number === FIELD.input || field.number === FIELD.output) {
      findings.graph.push(window.read(field.whole));
    } else if (field.number === FIELD.initializer) {
      const tensor = tensorHead(window, field.contents, findings);
      findings.tables.set(tensor.name, tensor.dims.map(Number));
    } else if (field.number === FIELD.node) {
      const node = excerpt(window, field.contents, NodeProtoSchema, ['input', 'opType', 'attribute']);
      if (node.opType === 'Gather') findings.gathers.push(node);
      walkAttributes(window, field.contents, findings);
    }
  }
}

/** A tensor without its contents; notes the file in which they lie. */
function tensorHead(window: FileWindow, tensor: Extent, findings: Findings): TensorProto {
  const head = excerpt(window, tensor, TensorProtoSchema, ['dims', 'name', 'externalData', 'dataLocation']);
  const file = externalFile(head);
  if (file !== null) {
    findings.external.set(file.location, Math.max(file.bytes, findings.external.get(file.location) ?? 0));
  }
  return head;
}

/** Constants and the branches of conditions and loops stand in attributes, and may lie in files of their own. */
function walkAttributes(window: FileWindow, node: Extent, findings: Findings): void {
  for (const attribute of window.fields(node)) {
    if (attribute.number !== FIELD.attribute) continue;
    for (const field of window.fields(attribute.contents)) {
      if (field.number === FIELD.tensor || field.number === FIELD.tensors) {
        tensorHead(window, field.contents, findings);
      } else if (field.number === FIELD.branch || field.number === FIELD.branches) {
        walkBranch(window, field.contents, findings);
      }
    }
  }
}

function walkBranch(window: FileWindow, graph: Extent, findings: Findings): void {
  for (const field of window.fields(graph)) {
    if (field.number === FIELD.initializer) tensorHead(window, field.contents, findings);
    else if (field.number === FIELD.node) walkAttributes(window, field.contents, findings);
  }
}

function summary(path: string, bytes: number, findings: Findings): ModelFacts {
  const head = fromBinary(ModelProtoSchema, concatenated(findings.head));
  const opset = head.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  if (!findings.sawVersion || opset === undefined) {
    throw fault('not-onnx', path, 'the file is not an ONNX model: it names no operator set');
  }
  if (!findings.sawGraph) throw fault('truncated', path, 'the file is cut short: it holds no graph');
  const graph = fromBinary(GraphProtoSchema, concatenated(findings.graph), { readUnknownFields: false });
  const parameters = [...findings.tables.values()].reduce((sum, dims) => sum + elements(dims), 0);
  return {
    bytes,
    irVersion: Number(head.irVersion),
    opset: Number(opset.version),
    parameters,
    inputs: graph.input
      .filter(({ name }) => !findings.tables.has(name))
      .map((input) => tensorOf(input, rowsSelectedBy(input.name, findings))),
    outputs: graph.output.map((output) => tensorOf(output, null)),
    externalData: [...findings.external].map(([location, needed]) => ({ location, bytes: needed })),
  };
}

function tensorOf(info: ValueInfoProto, rows: number | null): ModelTensor {
  const type = info.type?.value;
  if (type?.case !== 'tensorType') {
    return { name: info.name, type: type?.case?.replace('Type', '') ?? 'unknown', shape: [], rows };
  }
  const shape = (type.value.shape?.dim ?? []).map(sizeOrName);
  return { name: info.name, type: dataTypeName(type.value.elemType), shape, rows };
}

function sizeOrName({ value }: TensorShapeProto_Dimension): number | string {
  if (value.case === 'dimValue' && value.value > 0n) return Number(value.value);
  return value.case === 'dimParam' && value.value !== '' ? value.value : '?';
}

/** The fewest rows of the constant tables that `input` indexes. */
function rowsSelectedBy(input: string, { gathers, tables }: Findings): number | null {
  const rows = gathers.flatMap((node) => {
    const table = tables.get(node.input[0] ?? '');
    const axis = Number(node.attribute.find(({ name }) => name === 'axis')?.i ?? 0n);
    const size = node.input[1] === input ? table?.at(axis) : undefined;
    return size === undefined ? [] : [size];
  });
  return rows.length === 0 ? null : Math.min(...rows);
}

const GIT_LFS_POINTER = 'version https://git-lfs';

function notOnnx(window: FileWindow, size: number): string {
  const start = window.read({ from: 0, to: Math.min(size, GIT_LFS_POINTER.length) });
  return new TextDecoder().decode(start) === GIT_LFS_POINTER
    ? 'the file is a Git LFS pointer and not the model itself; run `git lfs pull`'
    : 'the file is not an ONNX model: it cannot be decoded as one';
}
