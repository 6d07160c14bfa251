import { once } from 'node:events';
import { type ClientHttp2Stream, connect as connectHttp2, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { create } from '@bufbuild/protobuf';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { openEndpoint } from '../../src/endpoint/endpoint.ts';
import { ListenFailure } from '../../src/endpoint/listening.ts';
import { encodeStrings } from '../../src/oip/bytes-elements.ts';
import {
  ModelConfigRequestSchema,
  ModelInferRequestSchema,
  ModelStatisticsRequestSchema,
  ServerReadyRequestSchema,
} from '../../src/oip/gen/inference_pb.ts';
import { messageOfRequest, responseOfMessage } from '../../src/oip/grpc-message.ts';
import { inferenceMethods } from '../../src/oip/grpc-methods.ts';
import type { InferRequest, InferResponse } from '../../src/oip/infer.ts';
import { decodeModelMetadata } from '../../src/oip/metadata.ts';
import { decodeStatistics } from '../../src/oip/statistics.ts';
import type { Tensor } from '../../src/oip/tensor.ts';
import { milliseconds, ns } from '../../src/time/ns.ts';
import { asked, rawCall, served, specFor } from '../support/endpoint.ts';
import { identityModel, temporaryFile } from '../support/onnx-files.ts';
import { promtoolCheck } from '../support/prometheus.ts';
import { echoModel, everyTypeModel, foundModel, lookupModel, SERVED_TYPES } from '../support/served-models.ts';
import { testWith } from '../support/tools.ts';

const floats = (values: readonly number[], samples = 1): InferRequest => ({
  id: 'q',
  parameters: {},
  inputs: [
    {
      name: 'x',
      datatype: 'FP32',
      shape: [samples, values.length / samples],
      bytes: new Uint8Array(Float32Array.from(values).buffer),
    },
  ],
  outputs: [],
});
const floatsOf = ({ outputs }: InferResponse): number[] => [
  ...new Float32Array(Uint8Array.from(outputs[0]?.bytes ?? []).buffer),
];
const BINARY = { inputs: 'binary', outputs: 'binary' } as const;
const JSON_FORM = { inputs: 'json', outputs: 'json' } as const;

test('every tensor type comes back bit for bit over HTTP in binary and gRPC raw, and as values in JSON and typed contents', async () => {
  const { url, grpc } = await served(everyTypeModel());
  const inputs = SERVED_TYPES.map(({ name, width, onnx, kind }): Tensor => {
    const bytes =
      width === 0
        ? encodeStrings(['ü', '', 'a"b', '\n'])
        : new Uint8Array(4 * width).map((_, i) => (kind === 'truth' ? i % 2 : i + 1));
    return { name: `${onnx}_in`, datatype: name, shape: [2, 2], bytes };
  });
  const request: InferRequest = { id: 'all', parameters: {}, inputs, outputs: [] };
  const expected = inputs.map(({ name, datatype, bytes }) => [name.replace('_in', '_out'), datatype, [...bytes]]);
  const told = ({ outputs }: InferResponse): unknown =>
    outputs.map(({ name, datatype, bytes }) => [name, datatype, [...bytes]]);
  expect(told(await asked(url, request, BINARY))).toEqual(expected);
  expect(told(await asked(url, request, JSON_FORM))).toEqual(expected);
  const half = {
    ...request,
    outputs: [
      { name: 'int64_out', parameters: { binary_data: true } },
      { name: 'string_out', parameters: {} },
    ],
  };
  expect((await asked(url, half, { inputs: 'json', outputs: 'asked' })).outputs.map(({ name }) => name)).toEqual([
    'int64_out',
    'string_out',
  ]);
  const raw = await grpc.modelInfer(messageOfRequest(request, { name: 'm', version: '1' }));
  expect([raw.rawOutputContents.length, told(responseOfMessage(raw))]).toEqual([SERVED_TYPES.length, expected]);
  const plain = inputs.map((input) => (input.datatype === 'FP16' ? null : input));
  expect(plain).toContain(null);
});

test('typed contents are answered with typed contents', async () => {
  const { grpc } = await served(echoModel());
  const answer = await grpc.modelInfer(messageOfRequest(floats([1, 2, 3, 4]), { name: 'm', version: '' }, 'typed'));
  expect([answer.id, answer.rawOutputContents, answer.outputs[0]?.contents?.fp32Contents]).toEqual([
    'q',
    [],
    [1, 2, 3, 4],
  ]);
});

test('metadata, configuration and statistics say what is served and what was counted, over both protocols', async () => {
  const { url, grpc } = await served(echoModel(), { batching: { max: 8, delayNs: ns(0), preferred: [4] } });
  const get = async (path: string): Promise<Uint8Array> =>
    new Uint8Array(await (await fetch(`${url}${path}`)).arrayBuffer());
  expect(decodeModelMetadata(await get('/v2/models/m/versions/1')).inputs).toEqual([
    { name: 'x', datatype: 'FP32', shape: [-1, 4] },
  ]);
  const config = JSON.parse(Buffer.from(await get('/v2/models/m/config')).toString());
  expect([config.max_batch_size, config.input[0].dims, config.dynamic_batching.preferred_batch_size]).toEqual([
    8,
    [4],
    [4],
  ]);
  const told = await grpc.modelConfig(create(ModelConfigRequestSchema, { name: 'm' }));
  expect([told.config?.maxBatchSize, told.config?.input[0]?.dims]).toEqual([8, [4n]]);
  await asked(url, floats([1, 2, 3, 4, 5, 6, 7, 8], 2), BINARY);
  await asked(url, floats([1, 2, 3], 1), BINARY).catch(() => {});
  const [stats] = decodeStatistics(await get('/v2/models/m/stats'));
  expect([
    stats?.inferenceCount,
    stats?.executionCount,
    stats?.success.count,
    stats?.fail.count,
    stats?.queue.count,
  ]).toEqual([2, 1, 1, 1, 1]);
  expect(stats?.computeInfer.ns).toBeGreaterThan(0);
  const { modelStats } = await grpc.modelStatistics(create(ModelStatisticsRequestSchema, { name: 'm' }));
  expect([modelStats[0]?.inferenceCount, modelStats[0]?.batchStats[0]?.batchSize]).toEqual([2n, 2n]);
});

test('requests that come together share runs, and each gets its own rows back', async () => {
  const { url, grpc } = await served(echoModel(), { batching: { max: 16, delayNs: milliseconds(50), preferred: [] } });
  const rows = Array.from({ length: 40 }, (_, i) => [i, i + 0.25, i + 0.5, i + 0.75]);
  const answers = await Promise.all(
    rows.map(async (row, i) => {
      if (i % 2 === 0) return floatsOf(await asked(url, floats(row), i % 4 === 0 ? BINARY : JSON_FORM));
      return floatsOf(
        responseOfMessage(await grpc.modelInfer(messageOfRequest(floats(row), { name: 'm', version: '' }))),
      );
    }),
  );
  expect(answers).toEqual(rows);
  const {
    model_stats: [stats],
  } = (await (await fetch(`${url}/v2/models/stats`)).json()) as { model_stats: { execution_count: number }[] };
  expect(stats?.execution_count).toBeLessThanOrEqual(10);
});

test('a model without a free first dimension is not batched, and says why', async () => {
  const path = temporaryFile(identityModel('float32', [1, 4]));
  const batching = { max: 4, delayNs: ns(0), preferred: [] };
  await expect(served(path, { batching })).rejects.toThrow(
    "batching: the model's input x [1, 4] has no free first dimension",
  );
});

test('a model whose output has as many rows as a batch by chance is not batched, and says why', async () => {
  const batching = { max: 2, delayNs: ns(0), preferred: [] };
  await expect(served(foundModel('columns'), { batching })).rejects.toThrow(
    'batching: its output y of a run of 1 sample is [2, 1], expected 1 in front; serve it without batching',
  );
});

test('once the outputs of a batch cannot be told apart, requests are run alone and answered right', async () => {
  const batching = { max: 8, delayNs: milliseconds(50), preferred: [] };
  const { url } = await served(foundModel('rows'), { batching });
  const shapes = async (values: readonly number[]): Promise<unknown> =>
    Promise.all(
      values.map(async (value) => (await asked(url, floats([value]), BINARY)).outputs.map(({ shape }) => shape)),
    );
  // One sample in two has something in it: whose row it is nobody can say.
  expect(await shapes([1, 0])).toEqual([[[1, 2]], [[0, 2]]]);
  expect(await shapes([0, 1, 1])).toEqual([[[0, 2]], [[1, 2]], [[1, 2]]]);
  const { model_stats } = (await (await fetch(`${url}/v2/models/stats`)).json()) as {
    model_stats: { batch_stats: { batch_size: number }[] }[];
  };
  expect(model_stats[0]?.batch_stats.map(({ batch_size }) => batch_size)).toEqual([1]);
});

test("an input that the model refuses when it runs is the client's mistake, and spoils no other request of its batch", async () => {
  const { url } = await served(lookupModel(), { batching: { max: 8, delayNs: milliseconds(30), preferred: [] } });
  const row = (index: number): InferRequest => ({
    id: '',
    parameters: {},
    inputs: [
      { name: 'x', datatype: 'INT64', shape: [1], bytes: new Uint8Array(BigInt64Array.of(BigInt(index)).buffer) },
    ],
    outputs: [],
  });
  const answers = await Promise.all(
    [0, 7, 2, 1].map((index) => asked(url, row(index), BINARY).then(floatsOf, (error: Error) => error.message)),
  );
  expect(answers).toEqual([[10], expect.stringMatching(/^400 .*the model does not take these inputs/), [30], [20]]);
});

test('a full queue answers 429 with Retry-After and RESOURCE_EXHAUSTED, and what was taken in is answered right', async () => {
  const { url, grpc } = await served(echoModel(), { queue: { requests: 1, bytes: 1e6 } });
  const all = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      asked(url, floats([i, 0, 0, 0]), BINARY).then(floatsOf, (error: Error) => error.message.slice(0, 3)),
    ),
  );
  for (const [i, answer] of all.entries()) expect([[i, 0, 0, 0], '429']).toContainEqual(answer);
  expect(all.filter((answer) => answer !== '429').length).toBeGreaterThan(0);
  const calls = await Promise.all(
    Array.from({ length: 200 }, () =>
      grpc.modelInfer(messageOfRequest(floats([1, 2, 3, 4]), { name: 'm', version: '' })).then(
        () => 0,
        (error) => [error.code, error.metadata.get('retry-after')],
      ),
    ),
  );
  const refused = calls.filter((code) => code !== 0);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.every((code) => JSON.stringify(code) === '[8,["1"]]')).toBe(true);
});

test('a rate limit answers 429 to what is above it', async () => {
  const { url } = await served(echoModel(), { rateLimit: 2 });
  // At 2/s and two ahead, all twelve would be let in only if they took five seconds.
  const statuses = await Promise.all(
    Array.from({ length: 12 }, () =>
      asked(url, floats([1, 2, 3, 4]), JSON_FORM).then(
        () => '200',
        (error: Error) => error.message.slice(0, 3),
      ),
    ),
  );
  expect(statuses.filter((status) => status === '200').length).toBeGreaterThanOrEqual(2);
  expect(new Set(statuses)).toEqual(new Set(['200', '429']));
});

test('a deadline that is over never reaches the model, by header and by parameter', async () => {
  const { url, grpc } = await served(echoModel());
  await expect(asked(url, floats([1, 2, 3, 4]), BINARY, { 'x-request-timeout': '0ms' })).rejects.toThrow(
    /^504 .*time of the request ran out/,
  );
  await expect(asked(url, floats([1, 2, 3, 4]), BINARY, { 'x-request-timeout': 'soon' })).rejects.toThrow(
    /^400 .*x-request-timeout: found soon/,
  );
  await expect(asked(url, floats([1, 2, 3, 4]), BINARY, { 'x-request-timeout': '5s' })).resolves.toBeDefined();
  const late = { ...floats([1, 2, 3, 4]), parameters: { timeout: 1 } };
  await expect(asked(url, late, BINARY)).rejects.toThrow(/^504/);
  await expect(grpc.modelInfer(messageOfRequest(late, { name: 'm', version: '' }))).rejects.toMatchObject({ code: 4 });
  const {
    model_stats: [stats],
  } = (await (await fetch(`${url}/v2/models/m/stats`)).json()) as { model_stats: { execution_count: number }[] };
  expect(stats?.execution_count).toBe(1);
});

test('every mistake of a client has its status and a body that says what it was', async () => {
  const { url, grpc } = await served(echoModel(), { maxBodyBytes: 4096 });
  const post = async (
    path: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<[number, string]> => {
    const response = await fetch(`${url}${path}`, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers });
    return [response.status, ((await response.json()) as { error: string }).error];
  };
  const infer = '/v2/models/m/infer';
  expect(await post(infer, '{"inputs":')).toEqual([400, expect.stringContaining('body: found no JSON')]);
  expect(await post(infer, '')).toEqual([400, expect.stringContaining('body: found no JSON')]);
  expect(await post('/v2/models/q/infer', '{}')).toEqual([404, 'model: found "q", but this endpoint serves m']);
  expect(await post('/v2/models/m/versions/7/infer', '{}')).toEqual([404, 'version: found "7", but m has version 1']);
  expect(await post('/v2/models/m/generate', '{}')).toEqual([
    404,
    expect.stringContaining('found POST /v2/models/m/generate'),
  ]);
  expect(await post(infer, 'x'.repeat(5000))).toEqual([413, 'body: found 5000 bytes, expected at most 4096']);
  expect(await post(infer, gzipSync(Buffer.alloc(100_000)), { 'content-encoding': 'gzip' })).toEqual([
    413,
    expect.stringContaining('holds more than 4096 bytes of gzip'),
  ]);
  expect(await post(infer, gzipSync('{}').subarray(0, 10), { 'content-encoding': 'gzip' })).toEqual([
    400,
    'body: found bytes that are no gzip',
  ]);
  expect(await post(infer, '{}', { 'content-encoding': 'br' })).toEqual([
    400,
    expect.stringContaining('content-encoding: found "br"'),
  ]);
  expect(await post(infer, '{}', { 'inference-header-content-length': 'x' })).toEqual([
    400,
    expect.stringContaining('expected a number of bytes'),
  ]);
  const bad = await fetch(`${url}/v2/models/%ff/infer`, { method: 'POST', body: '{}' });
  expect(bad.status).toBe(400);
  await expect(grpc.modelInfer(create(ModelInferRequestSchema, { modelName: 'q' }))).rejects.toMatchObject({ code: 5 });
  await expect(grpc.modelInfer(create(ModelInferRequestSchema, { modelName: 'm' }))).rejects.toMatchObject({
    code: 3,
    details: 'inputs: found none, expected at least one tensor',
  });
  await expect(
    grpc.modelInfer(create(ModelInferRequestSchema, { modelName: 'm', rawInputContents: [new Uint8Array(9000)] })),
  ).rejects.toMatchObject({ code: 8 });
});

test('gzip and deflate are taken and given', async () => {
  const { url } = await served(echoModel());
  const many = floats(
    Array.from({ length: 4000 }, (_, i) => i),
    1000,
  );
  const body = gzipSync(
    JSON.stringify({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1000, 4], data: Array.from({ length: 4000 }, (_, i) => i) }],
    }),
  );
  for (const coding of ['gzip', 'deflate']) {
    const response = await fetch(`${url}/v2/models/m/infer`, {
      method: 'POST',
      body,
      headers: { 'content-encoding': 'gzip', 'accept-encoding': coding },
    });
    expect([response.status, response.headers.get('content-encoding')]).toEqual([200, coding]);
    expect(((await response.json()) as { outputs: { data: number[] }[] }).outputs[0]?.data).toHaveLength(4000);
  }
  expect(floatsOf(await asked(url, many, BINARY))).toHaveLength(4000);
});

test('a token is asked for everywhere but at the probes, over both protocols', async () => {
  const { url, grpc } = await served(echoModel(), { token: { kind: 'env', name: 'T' } }, { T: 'open-sesame' });
  expect((await fetch(`${url}/v2/health/ready`)).status).toBe(200);
  for (const headers of [{}, { authorization: 'Bearer open-sesam' }, { authorization: 'Basic open-sesame' }] as Record<
    string,
    string
  >[]) {
    const response = await fetch(`${url}/metrics`, { headers });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await response.text()).not.toContain('open-sesam');
  }
  await expect(asked(url, floats([1, 2, 3, 4]), BINARY)).rejects.toThrow(/^401/);
  await expect(
    asked(url, floats([1, 2, 3, 4]), BINARY, { authorization: 'Bearer open-sesame' }),
  ).resolves.toBeDefined();
  const message = messageOfRequest(floats([1, 2, 3, 4]), { name: 'm', version: '' });
  await expect(grpc.modelInfer(message)).rejects.toMatchObject({ code: 16 });
  expect((await grpc.serverReady(create(ServerReadyRequestSchema))).ready).toBe(true);
  const metadata = new Metadata();
  metadata.set('authorization', 'Bearer open-sesame');
  await expect(grpc.modelInfer(message, { metadata })).resolves.toBeDefined();
});

test('metrics have the names, a bucket boundary at each objective, and counts that add up', async () => {
  const { url } = await served(echoModel(), { objectivesS: [0.08, 0.123] });
  await asked(url, floats([1, 2, 3, 4]), BINARY);
  await asked(url, floats([1, 2, 3]), BINARY).catch(() => {});
  const text = await (await fetch(`${url}/metrics`)).text();
  for (const line of [
    'inference_requests_total{model="m"} 2',
    'inference_errors_total{reason="invalid",model="m"} 1',
    'inference_duration_seconds_count{model="m"} 2',
    'inference_batch_size_bucket{le="1",model="m"} 1',
    'inference_in_flight{model="m"} 0',
    'inference_ready{model="m"} 1',
  ]) {
    expect(text).toContain(line);
  }
  for (const bound of ['0.08', '0.123'])
    expect(text).toContain(`inference_duration_seconds_bucket{le="${bound}",model="m"}`);
  for (const name of ['inference_queue_seconds_sum', 'inference_compute_seconds_sum', 'process_resident_memory_bytes'])
    expect(text).toContain(name);
});

testWith('prometheus', 'the page of metrics keeps the conventions that promtool checks', async () => {
  const { url } = await served(echoModel(), { objectivesS: [0.08] });
  await asked(url, floats([1, 2, 3, 4]), BINARY);
  const checked = promtoolCheck(await (await fetch(`${url}/metrics`)).text());
  expect(checked.status, `${checked.stdout}${checked.stderr}`).toBe(0);
});

test('every inference that is refused is counted by its reason, over both protocols alike', async () => {
  const over = { token: { kind: 'env', name: 'TOKEN' }, maxBodyBytes: 2000 } as const;
  const { url, grpc } = await served(echoModel(), over, { TOKEN: 't' });
  const bearer = { authorization: 'Bearer t' };
  const post = (path: string, body: string, headers: Record<string, string> = bearer): Promise<number> =>
    fetch(`${url}/v2/models/${path}/infer`, { method: 'POST', body, headers }).then(({ status }) => status);
  expect([
    await post('m', '{'),
    await post('other', '{}'),
    await post('m', '{}', {}),
    await post('m', 'x'.repeat(3000)),
  ]).toEqual([400, 404, 401, 413]);
  const metadata = new Metadata();
  metadata.set('authorization', 'Bearer t');
  const call = (changes: object, options = { metadata }): Promise<unknown> =>
    grpc.modelInfer(create(ModelInferRequestSchema, { modelName: 'm', ...changes }), options);
  await expect(call({ inputs: [{ name: 'x', datatype: 'X' }] })).rejects.toMatchObject({ code: 3 });
  await expect(call({ modelName: 'other' })).rejects.toMatchObject({ code: 5 });
  await expect(call({}, { metadata: new Metadata() })).rejects.toMatchObject({ code: 16 });
  const text = await (await fetch(`${url}/metrics`, { headers: bearer })).text();
  const counted = [...text.matchAll(/^inference_errors_total\{reason="([^"]+)",model="m"\} ([1-9]\d*)$/gmu)];
  expect(Object.fromEntries(counted.map(([, reason, count]) => [reason, count]))).toEqual({
    invalid: '2',
    'not-found': '2',
    unauthenticated: '2',
    'too-large': '1',
  });
  expect(text).toContain('inference_requests_total{model="m"} 7');
});

test('a call of gRPC gets its id and trace back, and both stand in its line of the log', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const endpoint = await openEndpoint(specFor(echoModel()), { env: {}, version: 'test', log });
  const client = new Client(`127.0.0.1:${endpoint.grpc?.port}`, credentials.createInsecure());
  onTestFinished(async () => {
    client.close();
    await endpoint.drain();
  });
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const sent = { 'x-request-id': 'mine', traceparent: `00-${trace}-b7ad6b7169203331-01`, tracestate: 'a=b' };
  const metadata = Metadata.fromHttp2Headers(sent);
  const { path, encodeRequest } = inferenceMethods().modelInfer;
  const bytes = Buffer.from(encodeRequest(create(ModelInferRequestSchema, { modelName: 'other' })));
  const same = (all: Buffer): Buffer => all;
  const call = client.makeUnaryRequest(path, same, same, bytes, metadata, () => {});
  const [head] = (await once(call, 'metadata')) as [Metadata];
  expect(head.getMap()).toMatchObject(sent);
  await expect.poll(() => lines.length).toBe(1);
  expect(JSON.parse(lines[0] as string)).toMatchObject({
    msg: 'answered',
    reqId: 'mine',
    traceId: trace,
    method: 'ModelInfer',
    status: 5,
  });
});

test('request ids and trace context are passed through, and the time is told in parts', async () => {
  const { url } = await served(echoModel());
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const response = await fetch(`${url}/v2/models/m/infer`, {
    method: 'POST',
    body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] }),
    headers: { 'x-request-id': 'mine', traceparent: parent, tracestate: 'a=b' },
  });
  const header = (name: string): string | null => response.headers.get(name);
  expect([header('x-request-id'), header('traceparent'), header('tracestate')]).toEqual(['mine', parent, 'a=b']);
  expect(header('server-timing')).toMatch(/^queue;dur=\d+\.\d{3}, compute;dur=\d+\.\d{3}, total;dur=\d+\.\d{3}$/);
});

test('an address that is taken is told with a sentence, and nothing stays behind', async () => {
  const path = echoModel();
  const { endpoint } = await served(path);
  for (const edge of ['http', 'grpc'] as const) {
    const spec = specFor(path, { [edge]: { host: '127.0.0.1', port: endpoint[edge]?.port ?? 0 } });
    const opening = openEndpoint(spec, {
      env: {},
      version: 'test',
      log: { error: () => {}, isLevelEnabled: () => false } as never,
    });
    await expect(opening).rejects.toThrow(ListenFailure);
  }
});

/** A raw connection; resolves with all that the server says until it ends it. */
function connection(port: number, ...chunks: readonly string[]): { heard: Promise<string>; end: () => void } {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let heard = '';
  socket.on('data', (chunk) => {
    heard += String(chunk);
  });
  socket.on('error', () => {});
  for (const chunk of chunks) socket.write(chunk);
  return {
    heard: new Promise((resolve) => socket.on('close', () => resolve(heard)).on('end', () => resolve(heard))),
    end: () => socket.end(),
  };
}

test('a client that sends its head without end is cut off, one that closes its half is answered', async () => {
  const { endpoint } = await served(echoModel());
  const port = endpoint.http?.port ?? 0;
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });
  const half = connection(
    port,
    `POST /v2/models/m/infer HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  half.end();
  expect(await half.heard).toContain('HTTP/1.1 200 OK');
  const slow = connection(port, 'POST /v2/models/m/infer HTTP/1.1\r\nhost: x\r\n');
  const silent = connection(port);
  expect(await slow.heard).toContain('HTTP/1.1 408 Request Timeout');
  await silent.heard;
}, 40_000);

test('a gRPC request that trickles in is ended with its stream, and the others of its connection go on', async () => {
  const { endpoint, url } = await served(echoModel(), { receiveNs: milliseconds(500) });
  const session = connectHttp2(`http://127.0.0.1:${endpoint.grpc?.port}`);
  onTestFinished(() => session.destroy());
  const head = INFER_CALL;
  // 1,000 bytes are announced, and come one by one; of another request nothing comes at all.
  const [trickling, silent] = [session.request(head), session.request(head)];
  trickling.write(Buffer.of(0, 0, 0, 3, 232));
  const drops = setInterval(() => trickling.write(Buffer.of(0)), 20);
  const ends = await Promise.all([trickling, silent].map(endOf));
  clearInterval(drops);
  for (const { heads, code } of ends) {
    expect(heads['grpc-status']).toBe('4');
    expect(decodeURIComponent(String(heads['grpc-message']))).toBe('the request did not come whole within 0.5 s');
    expect(code).toBe(constants.NGHTTP2_NO_ERROR);
  }
  const whole = session.request({ ...head, ':path': '/inference.GRPCInferenceService/ServerLive' });
  whole.end(Buffer.alloc(5));
  expect((await endOf(whole)).heads['grpc-status']).toBe('0');
  expect(await (await fetch(`${url}/metrics`)).text()).toContain(
    'inference_errors_total{reason="deadline",model="m"} 2',
  );
}, 20_000);

const INFER_CALL = {
  ':method': 'POST',
  ':path': '/inference.GRPCInferenceService/ModelInfer',
  'content-type': 'application/grpc',
  te: 'trailers',
};

test('calls that arrive at once share a bound of memory, and one that finds no room is ended with its stream', async () => {
  const { endpoint, url } = await served(echoModel(), { queue: { requests: 16, bytes: 100_000 } });
  const session = connectHttp2(`http://127.0.0.1:${endpoint.grpc?.port}`);
  onTestFinished(() => session.destroy());
  const announced = Buffer.alloc(60_005);
  announced.writeUInt32BE(60_000, 1);
  const [first, second] = [session.request(INFER_CALL), session.request(INFER_CALL)];
  const firstEnd = endOf(first);
  const secondEnd = endOf(second);
  await new Promise<void>((resolve) => first.write(announced.subarray(0, 60_000), () => resolve()));
  second.write(announced.subarray(0, 60_000));
  const { heads, code } = await secondEnd;
  expect([heads['grpc-status'], code]).toEqual(['8', constants.NGHTTP2_NO_ERROR]);
  expect(decodeURIComponent(String(heads['grpc-message']))).toContain('too many requests arrive at once');
  // The first goes on, and is looked at: it holds no request. What it held is free again then.
  first.end(announced.subarray(60_000));
  expect((await firstEnd).heads['grpc-status']).toBe('3');
  const third = session.request(INFER_CALL);
  third.end(announced);
  expect((await endOf(third)).heads['grpc-status']).toBe('3');
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('inference_errors_total{reason="full",model="m"} 1');
});

test('a call whose message is too large is ended with its stream, whatever its client still means to send', async () => {
  const { endpoint } = await served(echoModel(), { maxBodyBytes: 2000 });
  const session = connectHttp2(`http://127.0.0.1:${endpoint.grpc?.port}`);
  onTestFinished(() => session.destroy());
  const call = session.request(INFER_CALL);
  const end = endOf(call);
  // 5,000 bytes are announced, and it is not said that no more come.
  call.write(Buffer.of(0, 0, 0, 19, 136));
  const { heads, code } = await end;
  expect([heads['grpc-status'], code]).toEqual(['8', constants.NGHTTP2_NO_ERROR]);
});

/** What a stream was told until it was closed, and how. */
function endOf(stream: ClientHttp2Stream): Promise<{ readonly heads: IncomingHttpHeaders; readonly code: number }> {
  let heads: IncomingHttpHeaders = {};
  const hear = (more: IncomingHttpHeaders): void => {
    heads = { ...heads, ...more };
  };
  stream.on('response', hear).on('trailers', hear).resume();
  return new Promise((resolve, reject) => {
    stream.on('error', reject).on('close', () => resolve({ heads, code: stream.rstCode }));
  });
}

test.each(['http', 'grpc'] as const)(
  'clients of %s that neither go on nor leave do not hold up its end, which is a good one',
  async (edge) => {
    const { endpoint, url } = await served(echoModel(), { drainNs: ns(20e9) });
    await asked(url, floats([1, 2, 3, 4]), BINARY);
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0', 'latin1');
    const begun = edge === 'http' ? ['POST /v2/models/m/infer HTTP/1.1\r\nHost'] : ['PRI * HT', preface];
    const sockets = ['', ...begun].map((bytes) => {
      // A client that hears of no end.
      const socket = connect({ host: '127.0.0.1', port: endpoint[edge]?.port ?? 0, allowHalfOpen: true });
      socket.on('error', () => {});
      if (bytes !== '') socket.write(bytes);
      return once(socket, 'connect').then(() => socket);
    });
    const connected = await Promise.all(sockets);
    onTestFinished(() => {
      for (const socket of connected) socket.destroy();
    });
    const began = performance.now();
    expect(await endpoint.drain()).toBe('answered');
    expect(performance.now() - began).toBeLessThan(10_000);
  },
);

test('a connection of gRPC that says nothing, or half a greeting, is ended as a head is that does not end', async () => {
  const { endpoint } = await served(echoModel(), { receiveNs: milliseconds(300) });
  await Promise.all(
    ['', 'PRI * HT'].map(async (bytes) => {
      const socket = connect(endpoint.grpc?.port ?? 0, '127.0.0.1').resume();
      socket.on('error', () => {});
      if (bytes !== '') socket.write(bytes);
      await once(socket, 'close');
    }),
  );
});

test('a thousand idle connections and as many that are reset leave it serving, and no connection beyond its limit is kept', async () => {
  const { endpoint, url } = await served(echoModel(), { maxConnections: 1200 });
  const port = endpoint.http?.port ?? 0;
  const open = (count: number) =>
    Array.from({ length: count }, () => connect({ port, host: '127.0.0.1' }).on('error', () => {}));
  const idle = open(1000);
  await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  for (const socket of open(100))
    socket.once('connect', () =>
      socket.write('POST /v2/models/m/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"in', () =>
        socket.resetAndDestroy(),
      ),
    );
  expect(floatsOf(await asked(url, floats([1, 2, 3, 4]), BINARY))).toEqual([1, 2, 3, 4]);
  const beyond = open(400);
  const closed = await Promise.all(
    beyond.map(
      (socket) =>
        new Promise<number>((resolve) => {
          socket.once('close', () => resolve(1));
          socket.once('data', () => resolve(0));
          setTimeout(() => resolve(0), 1500).unref();
        }),
    ),
  );
  expect(closed.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(150);
  for (const socket of [...idle, ...beyond]) socket.destroy();
}, 40_000);

test('bytes that are no message and calls that are not there are refused by gRPC with a code of their own', async () => {
  const { endpoint } = await served(echoModel());
  const client = new Client(`127.0.0.1:${endpoint.grpc?.port}`, credentials.createInsecure());
  await expect(
    rawCall(client, '/inference.GRPCInferenceService/ModelInfer', Buffer.from([255, 255, 1])),
  ).rejects.toMatchObject({ code: 3 });
  await expect(rawCall(client, '/inference.GRPCInferenceService/Nothing', Buffer.alloc(0))).rejects.toMatchObject({
    code: 12,
  });
  client.close();
});
