import type { ModelTensor } from './inspect.ts';
import type { ModelSurvey } from './survey.ts';

/** Domains whose operators onnxruntime-node brings along. */
const KNOWN_DOMAINS = /^(ai\.onnx(\.ml|\.preview\.training|\.training)?|com\.microsoft(\..+)?)$/u;
const CONTROL_FLOW = ['If', 'Loop', 'Scan'] as const;
/** Operators of which a graph that computes shapes at run time is full. */
const SHAPE_ARITHMETIC = 'Shape';

/** What about a model hurts, or must be said before it runs; sentences for people, none where nothing does. */
export function adviceOn(model: ModelSurvey): readonly string[] {
  return [
    ...unboundDimensions(model.inputs),
    ...fixedBatch(model.inputs),
    ...unknownDomains(model.opsets),
    ...shapeArithmetic(model),
    ...controlFlow(model),
    ...doublePrecision(model),
    ...external(model),
  ];
}

const isFree = (dim: number | string | undefined): boolean => typeof dim === 'string';

function unboundDimensions(inputs: readonly ModelTensor[]): string[] {
  const keys = new Set(
    inputs.flatMap(({ name, shape }) =>
      shape.flatMap((dim, axis) => (axis > 0 && isFree(dim) ? [dim === '?' ? `${name}.${axis}` : String(dim)] : [])),
    ),
  );
  if (keys.size === 0) return [];
  const bind = [...keys].map((key) => `${/^\w+$/u.test(key) ? key : JSON.stringify(key)}: 128`).join(', ');
  return [`free dimensions that a campaign must size, for example bind: { ${bind} }`];
}

function fixedBatch(inputs: readonly ModelTensor[]): string[] {
  const first = inputs[0]?.shape[0];
  const isFixed = inputs.every(({ shape }) => shape.every((dim) => typeof dim === 'number'));
  if (!isFixed || first === undefined) return [];
  return [
    `every shape is fixed: a request carries ${first} in its first dimension, which a campaign tells by batch: ${first}`,
  ];
}

function unknownDomains(opsets: ModelSurvey['opsets']): string[] {
  const unknown = Object.keys(opsets).filter((domain) => !KNOWN_DOMAINS.test(domain));
  return unknown.length === 0
    ? []
    : [`operators of ${unknown.join(', ')}, which onnxruntime-node does not bring along: it will not load the model`];
}

function shapeArithmetic({ operators }: ModelSurvey): string[] {
  const count = operators[SHAPE_ARITHMETIC] ?? 0;
  return count === 0
    ? []
    : [
        `${nodes(count, SHAPE_ARITHMETIC)}: shapes are computed at run time, which onnxruntime leaves to the CPU where a GPU runs the rest`,
      ];
}

function controlFlow({ operators }: ModelSurvey): string[] {
  const found = CONTROL_FLOW.filter((operator) => operators[operator] !== undefined);
  return found.length === 0 ? [] : [`control flow (${found.join(', ')}): time depends on the values of the inputs`];
}

function doublePrecision({ weights }: ModelSurvey): string[] {
  const { tensors } = weights.float64 ?? { tensors: 0 };
  return tensors === 0 ? [] : [`${tensors} weights of float64, of which GPUs compute a fraction of their float32 rate`];
}

function external({ externalData }: ModelSurvey): string[] {
  if (externalData.length === 0) return [];
  return [`weights in ${externalData.map(({ location }) => location).join(', ')}, which must lie beside the file`];
}

const nodes = (count: number, operator: string): string => `${count} ${operator} node${count === 1 ? '' : 's'}`;
