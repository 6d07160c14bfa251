import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { DATA_TYPES } from '../../src/models/element-type.ts';
import { ModelConfigRequestSchema, ModelInferRequestSchema } from '../../src/oip/gen/inference_pb.ts';
import { messageOfRequest, responseOfMessage } from '../../src/oip/grpc-message.ts';
import type { InferRequest, InferResponse } from '../../src/oip/infer.ts';
import { decodeModelMetadata } from '../../src/oip/metadata.ts';
import { milliseconds } from '../../src/time/ns.ts';
import { asked, served } from '../support/endpoint.ts';
import { identityModel, modelBytes, temporaryFile, tensorValue } from '../support/onnx-files.ts';

const BINARY = { inputs: 'binary', outputs: 'binary' } as const;
const NAMED = { name: 'm', version: '' } as const;

/** One, -0, both infinities, the least denormals, the largest value, and one with every bit of its fraction. */
const BITS = [0x3f80, 0x8000, 0x7f80, 0xff80, 0x0001, 0x807f, 0x7f7f, 0x3fff];

const brain = (bits: readonly number[], width = bits.length): InferRequest => ({
  id: 'q',
  parameters: {},
  inputs: [
    {
      name: 'x',
      datatype: 'BF16',
      shape: [bits.length / width, width],
      bytes: new Uint8Array(Uint16Array.from(bits).buffer),
    },
  ],
  outputs: [],
});

const bitsOf = ({ outputs: [output] }: InferResponse): unknown => [
  output?.datatype,
  output?.shape,
  [...new Uint16Array(Uint8Array.from(output?.bytes ?? []).buffer)],
];

test('a model of BF16 gives its bits back over HTTP in binary and over gRPC raw', async () => {
  const { url, grpc } = await served(temporaryFile(identityModel('bfloat16', ['N', BITS.length])));
  const twice = brain([...BITS, ...BITS.toReversed()], BITS.length);
  const expected = ['BF16', [2, BITS.length], [...BITS, ...BITS.toReversed()]];
  expect(bitsOf(await asked(url, twice, BINARY))).toEqual(expected);
  expect(bitsOf(responseOfMessage(await grpc.modelInfer(messageOfRequest(twice, NAMED))))).toEqual(expected);
  const nothings = brain([0x7fc0, 0xffc0, 0x7f81, 0xffff, 0, 0, 0, 0]);
  const [, , back] = bitsOf(await asked(url, nothings, BINARY)) as [string, number[], number[]];
  for (const bits of back.slice(0, 4)) expect(bits & 0x7fc0).toBe(0x7fc0);
});

test('metadata and configuration say BF16, under the names and shapes of the model', async () => {
  const { url, grpc } = await served(temporaryFile(identityModel('bfloat16', ['N', 4])));
  const metadata = new Uint8Array(await (await fetch(`${url}/v2/models/m`)).arrayBuffer());
  const { inputs, outputs } = decodeModelMetadata(metadata);
  expect([inputs, outputs]).toEqual([
    [{ name: 'x', datatype: 'BF16', shape: [-1, 4] }],
    [{ name: 'y', datatype: 'BF16', shape: [-1, 4] }],
  ]);
  const { config } = await grpc.modelConfig(create(ModelConfigRequestSchema, { name: 'm' }));
  expect([config?.input[0]?.dataType, config?.output[0]?.dataType]).toEqual([14, 14]);
});

test('requests of BF16 share runs, and each gets its own bits back', async () => {
  const batching = { max: 16, delayNs: milliseconds(50), preferred: [] };
  const { url, grpc } = await served(temporaryFile(identityModel('bfloat16', ['N', 3])), { batching });
  const rows = Array.from({ length: 24 }, (_, i) => [i, 0x8000 + i, 0x3f80 + i]);
  const answers = await Promise.all(
    rows.map(async (row, i) =>
      bitsOf(
        i % 2 === 0
          ? await asked(url, brain(row), BINARY)
          : responseOfMessage(await grpc.modelInfer(messageOfRequest(brain(row), NAMED))),
      ),
    ),
  );
  expect(answers).toEqual(rows.map((row) => ['BF16', [1, 3], row]));
  const { model_stats: stats } = (await (await fetch(`${url}/v2/models/stats`)).json()) as {
    model_stats: { execution_count: number }[];
  };
  expect(stats[0]?.execution_count).toBeLessThan(rows.length);
});

test('weights of BF16 in a file beside the model are found, wherever the endpoint was started', async () => {
  const path = temporaryFile(
    modelBytes({
      name: 'rows',
      node: [{ opType: 'Gather', input: ['table', 'ids'], output: ['y'] }],
      initializer: [
        {
          name: 'table',
          dataType: DATA_TYPES.bfloat16,
          dims: [3n, 1n],
          dataLocation: 1,
          externalData: [
            { key: 'location', value: 'table.bin' },
            { key: 'offset', value: '0' },
            { key: 'length', value: '6' },
          ],
        },
      ],
      input: [tensorValue('ids', 'int64', ['N'])],
      output: [tensorValue('y', 'bfloat16', ['N', 1])],
    }),
  );
  writeFileSync(join(dirname(path), 'table.bin'), Uint16Array.of(0x3f80, 0xc049, 0x0001));
  const { url } = await served(path);
  const ids = new Uint8Array(BigInt64Array.of(2n, 1n).buffer);
  const request = { ...brain([]), inputs: [{ name: 'ids', datatype: 'INT64' as const, shape: [2], bytes: ids }] };
  expect(bitsOf(await asked(url, request, BINARY))).toEqual(['BF16', [2, 1], [0x0001, 0xc049]]);
});

test('a model whose operators the provider has no kernels of BF16 for is refused at the start, in the words of onnxruntime', async () => {
  const doubled = modelBytes({
    name: 'doubled',
    node: [{ opType: 'Add', input: ['x', 'x'], output: ['y'] }],
    input: [tensorValue('x', 'bfloat16', ['N', 2])],
    output: [tensorValue('y', 'bfloat16', ['N', 2])],
  });
  await expect(served(temporaryFile(doubled))).rejects.toThrow(
    /onnxruntime does not load it: Could not find an implementation for Add/,
  );
});

test('BF16 has no typed contents over gRPC: they are refused, in whatever field, and JSON takes and gives numbers', async () => {
  const { url, grpc } = await served(temporaryFile(identityModel('bfloat16', ['N', 2])));
  const message = messageOfRequest(brain([0x3f80, 0xc049]), NAMED);
  const [tensor] = message.inputs;
  for (const contents of [{ fp32Contents: [1, 2] }, { uintContents: [1, 2] }, {}]) {
    const typed = { modelName: 'm', inputs: [{ name: 'x', datatype: 'BF16', shape: tensor?.shape ?? [], contents }] };
    await expect(grpc.modelInfer(create(ModelInferRequestSchema, typed))).rejects.toMatchObject({
      code: 3,
      details: 'inputs[0]: BF16 has no typed contents, expected raw ones',
    });
  }
  const response = await fetch(`${url}/v2/models/m/infer`, {
    method: 'POST',
    body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'BF16', shape: [1, 2], data: [1, -3.14] }] }),
  });
  expect(((await response.json()) as { outputs: unknown[] }).outputs).toEqual([
    { name: 'y', datatype: 'BF16', shape: [1, 2], data: [1, -3.140625] },
  ]);
});
