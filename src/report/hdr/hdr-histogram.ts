import { build, type Histogram as HdrHistogram } from 'hdr-histogram-js';
import { lowestOf, MAX_US, toRecordedUs } from '../../stats/buckets.ts';
import type { Histogram } from '../../stats/histogram.ts';

/** Recorded values are whole microseconds; the tools of HdrHistogram show milliseconds. */
export const US_PER_MS = 1000;

/** The same counts as an HdrHistogram of microseconds: its buckets are ours, so nothing is lost but the exact sum. */
export function toHdr(histogram: Histogram): HdrHistogram {
  const hdr = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MAX_US,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
    useWebAssembly: false,
  });
  for (let bucket = 0; bucket <= histogram.highestBucket; bucket++) {
    const count = histogram.at(bucket);
    const us =
      bucket === histogram.highestBucket ? Math.max(lowestOf(bucket), toRecordedUs(histogram.maxNs)) : lowestOf(bucket);
    if (count > 0) hdr.recordValueWithCount(us, count);
  }
  return hdr;
}
