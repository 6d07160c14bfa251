import { type Graph, GraphBuilder, type Value } from './graph.ts';
import { convolution, elementwise, globalAverage, LINEAR, linear, RECTIFIED, relu, softmax } from './layers.ts';

/** Table 1 of the paper, column "50-layer": inner channels, repetitions, stride of the first. */
const STAGES = [
  { inner: 64, repeats: 3, stride: 1 },
  { inner: 128, repeats: 4, stride: 2 },
  { inner: 256, repeats: 6, stride: 2 },
  { inner: 512, repeats: 3, stride: 2 },
] as const;

/** Each branch adds an eighth of the variance it is given, so sixteen of them leave the sum in range. */
const BRANCH_END = Math.sqrt(1 / 8);

/**
 * ResNet-50 v1 (He et al. 2015, arXiv:1512.03385), in the form that torchvision and MLPerf measure and call v1.5: the
 * stride of a block stands in its 3 x 3 convolution.
 *
 * `input` float32 [N, 3, 224, 224]; `probabilities` float32 [N, 1000], softmax included as in the paper's table 1.
 * Batch normalisations are folded into their convolutions.
 *
 * Counts: 25,557,032 trainable parameters and 4.09 billion multiply-accumulates (torchvision's `resnet50`).
 */
export function resnet50(): Graph {
  const graph = new GraphBuilder('resnet-50');
  const input = graph.input('input', 'float32', ['N', 3, 224, 224]);
  const stem = { out: 64, kernel: 7, stride: 2, kind: 'dense', gain: RECTIFIED } as const;
  let x = relu(graph, 'stem.relu', convolution(graph, 'stem', input, stem));
  x = graph.node('MaxPool', 'stem.pool', [x], ['N', 64, 56, 56], {
    kernel_shape: { ints: [3, 3] },
    strides: { ints: [2, 2] },
    pads: { ints: [1, 1, 1, 1] },
  });
  STAGES.forEach((stage, s) => {
    for (let i = 0; i < stage.repeats; i++) {
      x = bottleneck(graph, `layer${s + 1}.${i}`, x, { inner: stage.inner, stride: i === 0 ? stage.stride : 1 });
    }
  });
  const logits = linear(graph, 'fc', globalAverage(graph, 'mean', x), 1000, LINEAR);
  graph.output(softmax(graph, 'probabilities', logits));
  return graph.finish();
}

interface Bottleneck {
  readonly inner: number;
  readonly stride: number;
}

/** 1 x 1, 3 x 3, 1 x 1 to four times the inner channels, added to `x` or to its projection where shapes differ. */
function bottleneck(graph: GraphBuilder, name: string, x: Value, block: Bottleneck): Value {
  const out = 4 * block.inner;
  const inner = { out: block.inner, stride: 1, kind: 'dense', gain: RECTIFIED } as const;
  const first = relu(graph, `${name}.relu1`, convolution(graph, `${name}.conv1`, x, { ...inner, kernel: 1 }));
  const middle = convolution(graph, `${name}.conv2`, first, { ...inner, kernel: 3, stride: block.stride });
  const second = relu(graph, `${name}.relu2`, middle);
  const third = convolution(graph, `${name}.conv3`, second, { ...inner, out, kernel: 1, gain: BRANCH_END });
  const shortcut =
    x.shape[1] === out
      ? x
      : convolution(graph, `${name}.downsample`, x, { ...inner, out, kernel: 1, stride: block.stride, gain: LINEAR });
  return relu(graph, `${name}.relu3`, elementwise(graph, 'Add', `${name}.add`, shortcut, third));
}
