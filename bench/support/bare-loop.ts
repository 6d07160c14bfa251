// What a user would write instead: a loop around onnxruntime-node on a worker thread. Counts what it answers.
import { workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';

interface BareLoop {
  readonly model: string;
  readonly shape: readonly number[];
  readonly input: string;
  /** [0]: 1 while the loop may run; [1]: threads that are ready; from [2] on: answers of thread k. */
  readonly shared: SharedArrayBuffer;
  readonly index: number;
}

const { model, shape, input, shared, index } = workerData as BareLoop;
const words = new Int32Array(shared);
const session = await InferenceSession.create(model, {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  extra: { 'session.intra_op.allow_spinning': '0' },
});
const size = shape.reduce((product, dim) => product * dim, 1);
const feeds = { [input]: new Tensor('float32', new Float32Array(size).fill(0.5), [...shape]) };
for (let i = 0; i < 200; i++) await session.run(feeds);
Atomics.add(words, 1, 1);
Atomics.notify(words, 1);
Atomics.wait(words, 0, 0);
let answers = 0;
while (Atomics.load(words, 0) === 1) {
  await session.run(feeds);
  Atomics.store(words, 2 + index, ++answers);
}
await session.release();
