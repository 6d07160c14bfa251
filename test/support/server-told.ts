// What a server says that it has counted, made up.
import type { Duration, ModelCounts } from '../../src/oip/statistics.ts';
import type { ServerReading } from '../../src/targets/server-told.ts';

const each = (count: number, ms: number): Duration => ({ count, ns: count * ms * 1e6 });

/** After so many requests of two samples: 10 ms each, of which 2 ms in the queue, 1 + 5 + 0.5 ms at the model, two a run. */
export const countsAt = (requests: number, more: Partial<ModelCounts> = {}): ModelCounts => ({
  inferenceCount: 2 * requests,
  executionCount: requests / 2,
  success: each(requests, 10),
  fail: each(0, 0),
  queue: each(requests, 2),
  computeInput: each(requests, 1),
  computeInfer: each(requests, 5),
  computeOutput: each(requests, 0.5),
  cacheHit: each(0, 0),
  cacheMiss: each(0, 0),
  ...more,
});

/** Asked at `atMs` of the trial and answered a millisecond later. */
export const readingAt = (atMs: number, counts: ModelCounts): ServerReading => ({
  kind: 'read',
  askedNs: atMs * 1e6,
  answeredNs: (atMs + 1) * 1e6,
  counts,
});
