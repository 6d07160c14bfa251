import { milliseconds, seconds } from '../time/ns.ts';
import { group } from './group.ts';
import { formatDuration } from './quantity.ts';
import { bandwidth, duration, durationOrNone } from './quantity-schema.ts';
import type { ViaSpec } from './via-spec.ts';

/** Longest delay each way: a start measures a few round trips first. */
const MOST_DELAY_NS = seconds(2);
/** Below it a single read of a client would hold the line for seconds; above it no one process keeps up. */
const LEAST_BANDWIDTH = 100e3;
const MOST_BANDWIDTH = 10e9;

/** `via`: a network between client and endpoint. */
export const viaSchema = group(
  'A network between clients and endpoint, made by a calibrated proxy on each agent; results bear its label.',
  '{ delay: 20ms, jitter: 5ms, bandwidth: 100Mbit }',
  {
    delay: durationOrNone('Each way, as of netem on both sides: a round trip takes twice as long.', '20ms').prefault(
      '0ms',
    ),
    jitter: duration('Each way: the delay is uniform over delay - jitter to delay + jitter.', '5ms').optional(),
    bandwidth: bandwidth(
      'Bits per second each way, shared by all connections of an agent; absent: no bound.',
      '100Mbit',
    ).optional(),
  },
)
  .superRefine(({ delay, jitter, bandwidth: bits }, context) => {
    const wrong = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
    if (delay > MOST_DELAY_NS) {
      wrong(
        'delay',
        `found ${formatDuration(delay)}, expected at most ${formatDuration(MOST_DELAY_NS)} each way, for example 20ms`,
      );
    }
    if (jitter !== undefined && jitter > delay) {
      wrong(
        'jitter',
        `found ${formatDuration(jitter)} with a delay of ${formatDuration(delay)}, expected no more than the delay: nothing comes before it was sent`,
      );
    }
    if (bits !== undefined && (bits < LEAST_BANDWIDTH || bits > MOST_BANDWIDTH)) {
      wrong('bandwidth', 'found a bandwidth outside of 100kbit to 10Gbit, expected one within, for example 100Mbit');
    }
  })
  .transform(
    ({ delay, jitter, bandwidth: bits }): ViaSpec => ({
      delayNs: delay,
      jitterNs: jitter ?? milliseconds(0),
      bandwidth: bits ?? null,
    }),
  );
