// A bare fastify handler that calls onnxruntime-node: what somebody would write who wants one model behind HTTP and
// nothing else. Takes and gives the binary form of the Open Inference Protocol for tiny-mlp; checks nothing.
// Usage: node bench/support/bare-handler.ts <model.onnx> <inline|threads> <threads>; prints its port.
import { isMainThread } from 'node:worker_threads';
import fastify from 'fastify';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Piscina } from 'piscina';

const [, , path = '', where = 'inline', threads = '1'] = process.argv;
const options: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  extra: { 'session.intra_op.allow_spinning': '0' },
};
const inline = isMainThread && where !== 'inline' ? null : await InferenceSession.create(path, options);

async function infer(input: Float32Array): Promise<Float32Array> {
  const session = inline as InferenceSession;
  const outputs = await session.run({ input: new Tensor('float32', input, [input.length / 32, 32]) });
  return outputs.probabilities?.data as Float32Array;
}

/** What the pool calls on its threads. */
export default infer;

if (isMainThread) {
  const pool =
    where === 'inline'
      ? null
      : new Piscina<Float32Array, Float32Array>({
          filename: import.meta.filename,
          argv: [path, 'inline', '1'],
          minThreads: Number(threads),
          maxThreads: Number(threads),
        });
  const app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post('/v2/models/m/infer', async (request, reply) => {
    const body = request.body as Buffer;
    const headerLength = Number(request.headers['inference-header-content-length']);
    JSON.parse(body.toString('utf8', 0, headerLength));
    const input = new Float32Array(Uint8Array.prototype.slice.call(body, headerLength).buffer);
    const output = await (pool === null ? infer(input) : pool.run(input));
    const head = Buffer.from(
      JSON.stringify({
        model_name: 'm',
        outputs: [
          {
            name: 'probabilities',
            datatype: 'FP32',
            shape: [output.length / 10, 10],
            parameters: { binary_data_size: output.byteLength },
          },
        ],
      }),
    );
    reply.header('inference-header-content-length', head.length).type('application/octet-stream');
    return Buffer.concat([head, Buffer.from(output.buffer, output.byteOffset, output.byteLength)]);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  console.log(typeof address === 'object' ? address?.port : address);
}
