import { closeSync, fstatSync, openSync } from 'node:fs';
import { fromBinary } from '@bufbuild/protobuf';
import { dataTypeName } from './element-type.ts';
import { concatenated, excerpt } from './excerpt.ts';
import { type Extent, FileWindow } from './file-window.ts';
import {
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
} from './gen/onnx_pb.ts';
import { elements } from './graph.ts';
import { inspectModel, type ModelFacts } from './inspect.ts';

/** What `loadcell model info` tells beyond the facts that a run needs. */
export interface ModelSurvey extends ModelFacts {
  /** Program and version that wrote the file; empty where it does not say. */
  readonly producer: string;
  /** Version of each operator set by domain; `ai.onnx` is ONNX's own. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Nodes by operator, those in branches of conditions and loops among them; the commonest first. */
  readonly operators: Readonly<Record<string, number>>;
  /** Weights by element type: tensors and elements, constants of nodes among them. */
  readonly weights: Readonly<Record<string, { readonly tensors: number; readonly elements: number }>>;
}

/**
 * Reads an ONNX file of any size without its weights.
 *
 * @throws ModelError as {@link inspectModel}.
 */
export function surveyModel(path: string): ModelSurvey {
  const facts = inspectModel(path);
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    return { ...facts, ...counted(new FileWindow(descriptor, size), size) };
  } finally {
    closeSync(descriptor);
  }
}

interface Counts {
  readonly operators: Map<string, number>;
  readonly weights: Map<string, { tensors: number; elements: number }>;
}

const MODEL = ModelProtoSchema.field;
const GRAPH = GraphProtoSchema.field;
const ATTRIBUTE = AttributeProtoSchema.field;
const ONNX = 'ai.onnx';

function counted(window: FileWindow, size: number): Omit<ModelSurvey, keyof ModelFacts> {
  const counts: Counts = { operators: new Map(), weights: new Map() };
  const head: Uint8Array[] = [];
  const headFields: readonly number[] = [
    MODEL.producerName.number,
    MODEL.producerVersion.number,
    MODEL.opsetImport.number,
  ];
  for (const field of window.fields({ from: 0, to: size })) {
    if (field.number === MODEL.graph.number) countGraph(window, field.contents, counts);
    else if (headFields.includes(field.number)) head.push(window.read(field.whole));
  }
  const { producerName, producerVersion, opsetImport } = fromBinary(ModelProtoSchema, concatenated(head));
  return {
    producer: `${producerName} ${producerVersion}`.trim(),
    opsets: Object.fromEntries(opsetImport.map(({ domain, version }) => [domain || ONNX, Number(version)])),
    operators: Object.fromEntries([...counts.operators].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))),
    weights: Object.fromEntries([...counts.weights].toSorted(([, a], [, b]) => b.elements - a.elements)),
  };
}

function countGraph(window: FileWindow, graph: Extent, counts: Counts): void {
  for (const field of window.fields(graph)) {
    if (field.number === GRAPH.initializer.number) countTensor(window, field.contents, counts);
    else if (field.number === GRAPH.node.number) countNode(window, field.contents, counts);
  }
}

function countNode(window: FileWindow, node: Extent, counts: Counts): void {
  const { opType, domain } = excerpt(window, node, NodeProtoSchema, ['opType', 'domain']);
  const operator = domain === '' || domain === ONNX ? opType : `${domain}.${opType}`;
  counts.operators.set(operator, (counts.operators.get(operator) ?? 0) + 1);
  for (const field of window.fields(node)) {
    if (field.number === NodeProtoSchema.field.attribute.number) countAttribute(window, field.contents, counts);
  }
}

/** Constants and the branches of conditions and loops stand in attributes. */
function countAttribute(window: FileWindow, attribute: Extent, counts: Counts): void {
  for (const { number, contents } of window.fields(attribute)) {
    if (number === ATTRIBUTE.t.number || number === ATTRIBUTE.tensors.number) countTensor(window, contents, counts);
    else if (number === ATTRIBUTE.g.number || number === ATTRIBUTE.graphs.number) countGraph(window, contents, counts);
  }
}

function countTensor(window: FileWindow, tensor: Extent, counts: Counts): void {
  const { dims, dataType } = excerpt(window, tensor, TensorProtoSchema, ['dims', 'dataType']);
  const type = dataTypeName(dataType);
  const known = counts.weights.get(type) ?? { tensors: 0, elements: 0 };
  known.tensors++;
  known.elements += elements(dims.map(Number));
  counts.weights.set(type, known);
}
