import { type Graph, GraphBuilder } from './graph.ts';
import { LINEAR, linear, RECTIFIED, relu, softmax } from './layers.ts';

/**
 * A perceptron of 32-64-64-10 with rectifiers and a softmax: of no use but to make a request that costs next to
 * nothing, so that the harness's own cost shows.
 *
 * `input` float32 [N, 32]; `probabilities` float32 [N, 10].
 */
export function tinyMlp(): Graph {
  const graph = new GraphBuilder('tiny-mlp');
  const input = graph.input('input', 'float32', ['N', 32]);
  const first = relu(graph, 'hidden.0.relu', linear(graph, 'hidden.0', input, 64, RECTIFIED));
  const second = relu(graph, 'hidden.1.relu', linear(graph, 'hidden.1', first, 64, RECTIFIED));
  graph.output(softmax(graph, 'probabilities', linear(graph, 'classifier', second, 10, LINEAR)));
  return graph.finish();
}
