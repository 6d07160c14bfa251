// What a user would write instead: a loop around onnxruntime-node on a worker thread. Asks the same questions as the
// harness does, so that both read as much memory. Counts what it answers.
import { workerData } from 'node:worker_threads';
import { InferenceSession } from 'onnxruntime-node';
import { randomInputs } from '../../src/targets/onnx-inputs.ts';
import type { BoundInput } from '../../src/targets/onnx-shapes.ts';

interface BareLoop {
  readonly model: string;
  readonly inputs: readonly BoundInput[];
  readonly samples: number;
  /** [0]: 1 while the loop may run; [1]: threads that are ready; from [2] on: answers of thread k. */
  readonly shared: SharedArrayBuffer;
  readonly index: number;
}

const { model, inputs, samples, shared, index } = workerData as BareLoop;
const words = new Int32Array(shared);
const session = await InferenceSession.create(model, {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  extra: { 'session.intra_op.allow_spinning': '0' },
});
const { feeds } = randomInputs(inputs, samples);
const feedsOf = (request: number) => feeds[request % samples] ?? {};
for (let i = 0; i < 200; i++) await session.run(feedsOf(i));
Atomics.add(words, 1, 1);
Atomics.notify(words, 1);
Atomics.wait(words, 0, 0);
let answers = 0;
while (Atomics.load(words, 0) === 1) {
  await session.run(feedsOf(answers));
  Atomics.store(words, 2 + index, ++answers);
}
await session.release();
