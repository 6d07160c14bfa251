// A worker thread that opens the onnx target it is given, asks it once, and says how it went.
import { parentPort, workerData } from 'node:worker_threads';
import { onnxTarget } from '../../src/targets/onnx.ts';
import { nodeMonotonic, threadClock } from '../../src/time/monotonic.ts';

const clock = threadClock(nodeMonotonic());
const target = onnxTarget(workerData);
const facts = await target.open({ now: () => clock.now(), random: () => 0.5 });
const outcome = await target.infer(0);
await target.close();
parentPort?.postMessage({ outcome, digest: facts.inputs?.digest });
