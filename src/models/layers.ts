/**
 * The layers that the architectures share. Each adds its nodes and counts its trainable parameters and
 * multiply-accumulates as the literature does: of a convolution or matrix product one per weight and position, nothing
 * for activations, pooling and normalisation.
 *
 * Weights are uniform with the variance of He et al. (2015, "Delving Deep into Rectifiers"): gain^2 / fanIn, gain
 * sqrt(2) before a rectifier and 1 elsewhere, so that activations keep their scale through any depth.
 */
import { type Dim, elements, type Fill, type GraphBuilder, type Value } from './graph.ts';

export const RECTIFIED = Math.SQRT2;
export const LINEAR = 1;

const scaled = (gain: number, fanIn: number): Fill => ({ kind: 'uniform', bound: gain * Math.sqrt(3 / fanIn) });

/** Shift of a folded batch normalisation and bias of a classifier: small and not zero. */
const SHIFT: Fill = { kind: 'uniform', bound: 0.05 };

const known = (value: Value, axis: number): number => {
  const dim = value.shape[axis];
  if (typeof dim !== 'number') throw new Error(`${value.name}: axis ${axis} has no fixed size`);
  return dim;
};

export interface Convolution {
  readonly out: number;
  /** Side of the square kernel; odd, padded so that a stride of 1 keeps the size. */
  readonly kernel: number;
  readonly stride: number;
  /** `depthwise`: one filter per channel, `out` equals the channels that come in. */
  readonly kind: 'dense' | 'depthwise';
  readonly gain: number;
}

/** A convolution without bias and the batch normalisation after it, folded into one convolution with bias. */
export function convolution(graph: GraphBuilder, name: string, x: Value, layer: Convolution): Value {
  const groups = layer.kind === 'depthwise' ? layer.out : 1;
  const dims = [layer.out, known(x, 1) / groups, layer.kernel, layer.kernel];
  const fanIn = elements(dims) / layer.out;
  const pad = (layer.kernel - 1) / 2;
  const size = (axis: number): number => Math.floor((known(x, axis) + 2 * pad - layer.kernel) / layer.stride) + 1;
  const [height, width] = [size(2), size(3)];
  const weight = graph.initialiser(`${name}.weight`, 'float32', dims, scaled(layer.gain, fanIn));
  const bias = graph.initialiser(`${name}.bias`, 'float32', [layer.out], SHIFT);
  const batchNorm = 2 * layer.out;
  graph.count({
    parameters: elements(dims) + batchNorm,
    batchNorm,
    macs: elements(dims) * height * width,
  });
  return graph.node('Conv', name, [x, weight, bias], [x.shape[0] ?? 'N', layer.out, height, width], {
    kernel_shape: { ints: [layer.kernel, layer.kernel] },
    strides: { ints: [layer.stride, layer.stride] },
    pads: { ints: [pad, pad, pad, pad] },
    group: { int: groups },
  });
}

/** A fully connected layer with bias on `[N, features]`. */
export function linear(graph: GraphBuilder, name: string, x: Value, out: number, gain: number): Value {
  const features = known(x, 1);
  const weight = graph.initialiser(`${name}.weight`, 'float32', [out, features], scaled(gain, features));
  const bias = graph.initialiser(`${name}.bias`, 'float32', [out], SHIFT);
  graph.count({ parameters: out * features + out, macs: out * features });
  return graph.node('Gemm', name, [x, weight, bias], [x.shape[0] ?? 'N', out], { transB: { int: 1 } });
}

/** Mean over the image, leaving `[N, channels]`. */
export function globalAverage(graph: GraphBuilder, name: string, x: Value): Value {
  const batch: Dim = x.shape[0] ?? 'N';
  const pooled = graph.node('GlobalAveragePool', `${name}.pool`, [x], [batch, known(x, 1), 1, 1]);
  return graph.node('Flatten', name, [pooled], [batch, known(x, 1)], { axis: { int: 1 } });
}

export const relu = (graph: GraphBuilder, name: string, x: Value): Value => graph.node('Relu', name, [x], x.shape);

export const softmax = (graph: GraphBuilder, name: string, x: Value): Value =>
  graph.node('Softmax', name, [x], x.shape, { axis: { int: -1 } });

/** Element by element with broadcasting of `b` onto `a`. */
export const elementwise = (
  graph: GraphBuilder,
  op: 'Add' | 'Sub' | 'Mul' | 'Div',
  name: string,
  a: Value,
  b: Value,
): Value => graph.node(op, name, [a, b], a.shape);

export const scalar = (graph: GraphBuilder, name: string, value: number): Value =>
  graph.initialiser(name, 'float32', [], { kind: 'list', values: [value] });

/** A small whole-number tensor: axes, shapes, indices. */
export const integers = (graph: GraphBuilder, name: string, values: readonly number[]): Value =>
  graph.initialiser(name, 'int64', [values.length], { kind: 'list', values });
