import { createHistogram } from 'node:perf_hooks';

/** A timer is set so often: what wakes it late also kept everything else from running. */
const EVERY_MS = 10;

/**
 * A function that tells the 99th percentile of the delay of this thread's event loop since it was called last (at first:
 * since it was made), ms. `nowNs`: a monotonic clock.
 *
 * `monitorEventLoopDelay` of Node would do but for one thing: a reset makes it forget the turn that is under way, and what
 * is asked once a second is asked in the longest turn of that second.
 */
export function loopDelayMeter(nowNs: () => number): () => number {
  const delays = createHistogram();
  let dueNs = nowNs() + EVERY_MS * 1e6;
  const timer = setInterval(() => {
    const now = nowNs();
    delays.record(Math.max(1, Math.round(now - dueNs)));
    dueNs = now + EVERY_MS * 1e6;
  }, EVERY_MS);
  timer.unref();
  return () => {
    const ms = delays.count === 0 ? 0 : delays.percentile(99) / 1e6;
    delays.reset();
    return ms;
  };
}
