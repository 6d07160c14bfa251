import { fromBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { encodeModel } from '../../../src/models/encode.ts';
import { ModelProtoSchema } from '../../../src/models/gen/onnx_pb.ts';
import { type Fill, GraphBuilder } from '../../../src/models/graph.ts';

const onlyTensor = (dims: readonly number[], fill: Fill): Float32Array => {
  const graph = new GraphBuilder('one');
  graph.initialiser('w', 'float32', dims, fill);
  const file = Buffer.concat([...encodeModel(graph.finish(), '7').chunks()]);
  const raw = fromBinary(ModelProtoSchema, file).graph?.initializer[0]?.rawData ?? new Uint8Array();
  return new Float32Array(Uint8Array.from(raw).buffer);
};

test('a message decoder reads back what was laid out by hand', () => {
  const graph = new GraphBuilder('small');
  const x = graph.input('x', 'float32', ['N', 3]);
  const shape = graph.initialiser('shape', 'int64', [2], { kind: 'list', values: [0, -1] });
  const factor = graph.initialiser('factor', 'float32', [], { kind: 'list', values: [0.5] });
  const scaled = graph.node('Mul', 'scaled', [x, factor], x.shape);
  graph.output(graph.node('Reshape', 'y', [scaled, shape], ['N', 3], { allowzero: { int: 0 } }));
  const encoded = encodeModel(graph.finish(), '7');
  const file = Buffer.concat([...encoded.chunks()]);
  expect(file.length).toBe(encoded.bytes);

  const model = fromBinary(ModelProtoSchema, file);
  expect(model.irVersion).toBe(8n);
  expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([['', 17n]]);
  expect(model.graph?.node.map(({ opType, input, output }) => [opType, input, output])).toEqual([
    ['Mul', ['x', 'factor'], ['scaled']],
    ['Reshape', ['scaled', 'shape'], ['y']],
  ]);
  expect(model.graph?.node[1]?.attribute[0]).toMatchObject({ name: 'allowzero', type: 2, i: 0n });
  const [first, second] = model.graph?.initializer ?? [];
  expect(first).toMatchObject({ name: 'shape', dataType: 7, dims: [2n] });
  expect([...new BigInt64Array(Uint8Array.from(first?.rawData ?? []).buffer)]).toEqual([0n, -1n]);
  expect(second).toMatchObject({ name: 'factor', dataType: 1, dims: [] });
  expect(model.graph?.input[0]?.type?.value).toMatchObject({
    case: 'tensorType',
    value: { elemType: 1, shape: { dim: [{ value: { value: 'N' } }, { value: { value: 3n } }] } },
  });
});

test('uniform weights stay within their bound and have its variance and mean', () => {
  const weights = onlyTensor([100, 200], { kind: 'uniform', bound: 0.3 });
  const mean = weights.reduce((sum, w) => sum + w, 0) / weights.length;
  const variance = weights.reduce((sum, w) => sum + w * w, 0) / weights.length;
  expect(weights).toHaveLength(20_000);
  expect(Math.max(...weights.map(Math.abs))).toBeLessThanOrEqual(Math.fround(0.3));
  expect(Math.abs(mean)).toBeLessThan((4 * 0.3) / Math.sqrt(3 * weights.length));
  expect(variance).toBeCloseTo(0.3 ** 2 / 3, 3);
});

test('tensors of different names draw from different streams', () => {
  const graph = new GraphBuilder('two');
  graph.initialiser('a', 'float32', [64], { kind: 'uniform', bound: 1 });
  graph.initialiser('b', 'float32', [64], { kind: 'uniform', bound: 1 });
  const file = Buffer.concat([...encodeModel(graph.finish(), '7').chunks()]);
  const [a, b] = fromBinary(ModelProtoSchema, file).graph?.initializer ?? [];
  expect(a?.rawData).not.toEqual(b?.rawData);
});

test('constants fill their tensor', () => {
  expect([...onlyTensor([3], { kind: 'constant', value: 1 })]).toEqual([1, 1, 1]);
});

test('a model above two gibibytes is refused before it is written', () => {
  const graph = new GraphBuilder('huge');
  graph.initialiser('w', 'float32', [600, 1_000_000], { kind: 'constant', value: 0 });
  expect(() => encodeModel(graph.finish(), '7')).toThrow(
    /model huge: 2400000\d{3} bytes, an ONNX file holds at most 2147483647/,
  );
});

test('a name given twice is refused', () => {
  const graph = new GraphBuilder('twice');
  graph.input('x', 'float32', ['N']);
  expect(() => graph.input('x', 'float32', ['N'])).toThrow('graph twice: the name x is given twice');
});
