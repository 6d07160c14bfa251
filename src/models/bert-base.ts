import { elements, type Fill, type Graph, GraphBuilder, type Value } from './graph.ts';
import { elementwise, integers, scalar } from './layers.ts';

const LAYERS = 12;
const HIDDEN = 768;
const HEADS = 12;
const HEAD = HIDDEN / HEADS;
const INNER = 3072;
const VOCABULARY = 30_522;
const POSITIONS = 512;
const SEGMENTS = 2;
/** Tokens of the sample whose multiply-accumulates are counted. */
export const BERT_COUNTED_TOKENS = 128;

/** The variance of the published initialisation, a normal law of standard deviation 0.02. */
const WEIGHTS: Fill = { kind: 'uniform', bound: 0.02 * Math.sqrt(3) };
const ZEROS: Fill = { kind: 'constant', value: 0 };
const ONES: Fill = { kind: 'constant', value: 1 };

/**
 * BERT-base, uncased (Devlin et al. 2018, arXiv:1810.04805): embeddings, 12 encoder layers of 768 with 12 heads, and
 * the pooler over the first token.
 *
 * `input_ids`, `attention_mask`, `token_type_ids` int64 [N, S], S at most 512; `last_hidden_state` float32 [N, S, 768],
 * `pooler_output` float32 [N, 768].
 *
 * Counts: 109,482,240 trainable parameters, pooler and embeddings included (Hugging Face's `bert-base-uncased` without
 * a task's head), of which 85,054,464 in the encoder. Multiply-accumulates are those of 128 tokens: 11.2 billion.
 */
export function bertBase(): Graph {
  const graph = new GraphBuilder('bert-base');
  const ids = graph.input('input_ids', 'int64', ['N', 'S']);
  const mask = graph.input('attention_mask', 'int64', ['N', 'S']);
  const segments = graph.input('token_type_ids', 'int64', ['N', 'S']);
  const constants: Constants = {
    heads: integers(graph, 'shape.heads', [0, 0, HEADS, HEAD]),
    merged: integers(graph, 'shape.merged', [0, 0, HIDDEN]),
    half: scalar(graph, 'half', 0.5),
    one: scalar(graph, 'one', 1),
    root2: scalar(graph, 'root2', Math.SQRT2),
    headScale: scalar(graph, 'head.scale', Math.sqrt(HEAD)),
    penalty: penaltyOf(graph, mask),
  };
  let x = embeddings(graph, ids, segments);
  for (let i = 0; i < LAYERS; i++) x = encoderLayer(graph, `encoder.layer.${i}`, x, constants);
  graph.output(graph.node('Identity', 'last_hidden_state', [x], x.shape));
  graph.output(pooler(graph, x));
  return graph.finish();
}

interface Constants {
  readonly heads: Value;
  readonly merged: Value;
  readonly half: Value;
  readonly one: Value;
  readonly root2: Value;
  readonly headScale: Value;
  /** [N, 1, 1, S]: 0 where a token counts, -10,000 where it is masked. */
  readonly penalty: Value;
}

function weights(graph: GraphBuilder, name: string, dims: readonly number[], fill: Fill): Value {
  graph.count({ parameters: elements(dims) });
  return graph.initialiser(name, 'float32', dims, fill);
}

function penaltyOf(graph: GraphBuilder, mask: Value): Value {
  const axes = integers(graph, 'mask.axes', [1, 2]);
  const wide = graph.node('Unsqueeze', 'mask.wide', [mask, axes], ['N', 1, 1, 'S'], {}, 'int64');
  const float = graph.node('Cast', 'mask.float', [wide], wide.shape, { to: { int: 1 } });
  const masked = graph.node('Sub', 'mask.masked', [scalar(graph, 'mask.one', 1), float], wide.shape);
  return elementwise(graph, 'Mul', 'mask.penalty', masked, scalar(graph, 'mask.weight', -10_000));
}

function embeddings(graph: GraphBuilder, ids: Value, segments: Value): Value {
  const table = (name: string, rows: number): Value => weights(graph, `embeddings.${name}`, [rows, HIDDEN], WEIGHTS);
  const shape = ['N', 'S', HIDDEN];
  const words = graph.node('Gather', 'embeddings.word', [table('word.weight', VOCABULARY), ids], shape);
  const kinds = graph.node('Gather', 'embeddings.segment', [table('segment.weight', SEGMENTS), segments], shape);
  const length = graph.node('Shape', 'tokens', [ids], [1], { start: { int: 1 }, end: { int: 2 } }, 'int64');
  const from = integers(graph, 'position.from', [0]);
  const axes = integers(graph, 'position.axes', [0]);
  const positions = graph.node(
    'Slice',
    'embeddings.position',
    [table('position.weight', POSITIONS), from, length, axes],
    ['S', HIDDEN],
  );
  const sum = elementwise(graph, 'Add', 'embeddings.tokens', words, kinds);
  return normalise(graph, 'embeddings.norm', elementwise(graph, 'Add', 'embeddings.sum', sum, positions));
}

function normalise(graph: GraphBuilder, name: string, x: Value): Value {
  const scale = weights(graph, `${name}.weight`, [HIDDEN], ONES);
  const shift = weights(graph, `${name}.bias`, [HIDDEN], ZEROS);
  return graph.node('LayerNormalization', name, [x, scale, shift], x.shape, {
    axis: { int: -1 },
    epsilon: { float: 1e-12 },
  });
}

/** Features of every token times a matrix, plus bias. */
function dense(graph: GraphBuilder, name: string, x: Value, features: number, out: number): Value {
  const matrix = weights(graph, `${name}.weight`, [features, out], WEIGHTS);
  const bias = weights(graph, `${name}.bias`, [out], ZEROS);
  graph.count({ macs: features * out * BERT_COUNTED_TOKENS });
  const product = graph.node('MatMul', `${name}.product`, [x, matrix], ['N', 'S', out]);
  return elementwise(graph, 'Add', name, product, bias);
}

function encoderLayer(graph: GraphBuilder, name: string, x: Value, constants: Constants): Value {
  const attended = dense(graph, `${name}.attention.output`, attention(graph, name, x, constants), HIDDEN, HIDDEN);
  const middle = normalise(
    graph,
    `${name}.attention.norm`,
    elementwise(graph, 'Add', `${name}.attention.add`, attended, x),
  );
  const inner = gelu(graph, `${name}.inner.gelu`, dense(graph, `${name}.inner`, middle, HIDDEN, INNER), constants);
  const outer = dense(graph, `${name}.outer`, inner, INNER, HIDDEN);
  return normalise(graph, `${name}.norm`, elementwise(graph, 'Add', `${name}.add`, outer, middle));
}

/** softmax(Q K^T / sqrt(64) + penalty) V over 12 heads. */
function attention(graph: GraphBuilder, name: string, x: Value, constants: Constants): Value {
  const heads = (part: string, order: readonly number[], shape: readonly (number | string)[]): Value => {
    const flat = dense(graph, `${name}.${part}`, x, HIDDEN, HIDDEN);
    const split = graph.node('Reshape', `${name}.${part}.split`, [flat, constants.heads], ['N', 'S', HEADS, HEAD]);
    return graph.node('Transpose', `${name}.${part}.heads`, [split], shape, { perm: { ints: order } });
  };
  const query = heads('query', [0, 2, 1, 3], ['N', HEADS, 'S', HEAD]);
  const key = heads('key', [0, 2, 3, 1], ['N', HEADS, HEAD, 'S']);
  const value = heads('value', [0, 2, 1, 3], ['N', HEADS, 'S', HEAD]);
  graph.count({ macs: 2 * HIDDEN * BERT_COUNTED_TOKENS * BERT_COUNTED_TOKENS });
  const scores = graph.node('MatMul', `${name}.scores`, [query, key], ['N', HEADS, 'S', 'S']);
  const scaled = elementwise(graph, 'Div', `${name}.scores.scaled`, scores, constants.headScale);
  const masked = elementwise(graph, 'Add', `${name}.scores.masked`, scaled, constants.penalty);
  const shares = graph.node('Softmax', `${name}.shares`, [masked], masked.shape, { axis: { int: -1 } });
  const context = graph.node('MatMul', `${name}.context`, [shares, value], value.shape);
  const together = graph.node('Transpose', `${name}.context.tokens`, [context], ['N', 'S', HEADS, HEAD], {
    perm: { ints: [0, 2, 1, 3] },
  });
  return graph.node('Reshape', `${name}.context.merged`, [together, constants.merged], ['N', 'S', HIDDEN]);
}

/** x (1 + erf(x / sqrt 2)) / 2. */
function gelu(graph: GraphBuilder, name: string, x: Value, constants: Constants): Value {
  const erf = graph.node('Erf', `${name}.erf`, [elementwise(graph, 'Div', `${name}.in`, x, constants.root2)], x.shape);
  const gate = elementwise(graph, 'Add', `${name}.gate`, erf, constants.one);
  return elementwise(graph, 'Mul', name, elementwise(graph, 'Mul', `${name}.gated`, x, gate), constants.half);
}

function pooler(graph: GraphBuilder, x: Value): Value {
  const index = graph.initialiser('pooler.index', 'int64', [], { kind: 'list', values: [0] });
  const first = graph.node('Gather', 'pooler.first', [x, index], ['N', HIDDEN], { axis: { int: 1 } });
  const matrix = weights(graph, 'pooler.weight', [HIDDEN, HIDDEN], WEIGHTS);
  const bias = weights(graph, 'pooler.bias', [HIDDEN], ZEROS);
  graph.count({ macs: HIDDEN * HIDDEN });
  const mixed = graph.node('Gemm', 'pooler.mixed', [first, matrix, bias], ['N', HIDDEN]);
  return graph.node('Tanh', 'pooler_output', [mixed], ['N', HIDDEN]);
}
