import { type Graph, GraphBuilder, type Value } from './graph.ts';
import { convolution, elementwise, globalAverage, LINEAR, linear, RECTIFIED, scalar } from './layers.ts';

/** The published width multipliers and input resolutions (side of the square image, pixels). */
export const MOBILENET_V2_WIDTHS = [0.35, 0.5, 0.75, 1.0, 1.3, 1.4] as const;
export const MOBILENET_V2_RESOLUTIONS = [96, 128, 160, 192, 224] as const;

/** Table 2 of the paper: expansion t, channels c, repetitions n, stride s of the first of them. */
const BOTTLENECKS = [
  { expansion: 1, channels: 16, repeats: 1, stride: 1 },
  { expansion: 6, channels: 24, repeats: 2, stride: 2 },
  { expansion: 6, channels: 32, repeats: 3, stride: 2 },
  { expansion: 6, channels: 64, repeats: 4, stride: 2 },
  { expansion: 6, channels: 96, repeats: 3, stride: 1 },
  { expansion: 6, channels: 160, repeats: 3, stride: 2 },
  { expansion: 6, channels: 320, repeats: 1, stride: 1 },
] as const;

/**
 * MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381) with the channel rounding of its reference implementation:
 * to a multiple of 8, never more than a tenth below the exact width; the last convolution never below 1280.
 *
 * `input` float32 [N, 3, resolution, resolution]; `logits` float32 [N, 1000]. Batch normalisations are folded into
 * their convolutions, as exporters do for inference.
 *
 * Counts: at width 1.0 3,504,872 trainable parameters (torchvision's `mobilenet_v2`), 3.47 million without batch
 * normalisation and 300 million multiply-accumulates at 224 (the table of TensorFlow's slim models).
 */
export function mobilenetV2(name: string, width: number, resolution: number): Graph {
  const graph = new GraphBuilder(name);
  const clip = { low: scalar(graph, 'relu6.low', 0), high: scalar(graph, 'relu6.high', 6) };
  const activate: Activation = (x) => graph.node('Clip', `${x.name}.relu6`, [x, clip.low, clip.high], x.shape);

  const input = graph.input('input', 'float32', ['N', 3, resolution, resolution]);
  const stem = { out: toEighths(32 * width), kernel: 3, stride: 2, kind: 'dense', gain: RECTIFIED } as const;
  let x = activate(convolution(graph, 'features.0', input, stem));
  let index = 1;
  for (const block of BOTTLENECKS) {
    for (let i = 0; i < block.repeats; i++) {
      x = bottleneck(graph, activate, `features.${index}`, x, {
        out: toEighths(block.channels * width),
        expansion: block.expansion,
        stride: i === 0 ? block.stride : 1,
      });
      index++;
    }
  }
  const last = {
    out: toEighths(1280 * Math.max(1, width)),
    kernel: 1,
    stride: 1,
    kind: 'dense',
    gain: RECTIFIED,
  } as const;
  x = activate(convolution(graph, `features.${index}`, x, last));
  graph.output(linear(graph, 'logits', globalAverage(graph, 'features.mean', x), 1000, LINEAR));
  return graph.finish();
}

type Activation = (x: Value) => Value;

interface Bottleneck {
  readonly out: number;
  readonly expansion: number;
  readonly stride: number;
}

/** Inverted residual: expand, filter each channel, project without activation; added to `x` where shapes agree. */
function bottleneck(graph: GraphBuilder, activate: Activation, name: string, x: Value, block: Bottleneck): Value {
  const channels = Number(x.shape[1]);
  const hidden = channels * block.expansion;
  const wide = { out: hidden, kernel: 1, stride: 1, kind: 'dense', gain: RECTIFIED } as const;
  const each = { out: hidden, kernel: 3, stride: block.stride, kind: 'depthwise', gain: RECTIFIED } as const;
  const narrow = { out: block.out, kernel: 1, stride: 1, kind: 'dense', gain: LINEAR } as const;
  const expanded = block.expansion === 1 ? x : activate(convolution(graph, `${name}.expand`, x, wide));
  const filtered = activate(convolution(graph, `${name}.depthwise`, expanded, each));
  const projected = convolution(graph, `${name}.project`, filtered, narrow);
  const keepsShape = block.stride === 1 && channels === block.out;
  return keepsShape ? elementwise(graph, 'Add', `${name}.add`, x, projected) : projected;
}

/** The multiple of 8 nearest to `channels`, at least 8, one step up where rounding would lose more than a tenth. */
export function toEighths(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}
