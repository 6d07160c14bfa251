import type { OnnxSpec } from '../campaign/target-spec.ts';
import { heldPorts } from '../models/float-ports.ts';
import { inspectModel } from '../models/inspect.ts';
import { bindInputs } from './onnx-shapes.ts';
import { lawsFor } from './random-values.ts';
import { Expected } from './samples/expected.ts';
import { openPool } from './samples/pool.ts';

/**
 * Whether a model's inputs, what it is fed and what it must answer fit each other, as far as the files say without a
 * session: shapes, types and counts from headers, and JSON lines from everywhere in the file.
 *
 * @throws FeedError, or the ModelError of a file that is no model.
 */
export async function checkFeeds(spec: OnnxSpec): Promise<void> {
  const { model, inputs, expect, batch } = spec;
  const ports = heldPorts(inspectModel(model.path));
  const bound = bindInputs(ports.inputs, spec);
  let count: number;
  if (inputs.kind === 'random') {
    lawsFor(bound, inputs);
    count = inputs.samples;
  } else {
    const pool = await openPool(inputs, bound, batch);
    count = pool.count;
    try {
      pool.probe();
    } finally {
      pool.close();
    }
  }
  if (expect !== undefined) (await Expected.open(expect, { outputs: ports.outputs, count, batch })).close();
}
