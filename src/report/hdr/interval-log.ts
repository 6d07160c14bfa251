import { encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import type { Phase } from '../../scenarios/phase.ts';
import { populationOf } from '../../stats/population.ts';
import type { Tally } from '../../stats/tally.ts';
import { NS_PER_S } from '../../time/ns.ts';
import { toHdr, US_PER_MS } from './hdr-histogram.ts';
import type { Metric } from './metric.ts';

/** A trial as it goes into an interval log. */
export interface LoggedTrial {
  /** Its cell's id, and the trial where there are several. */
  readonly name: string;
  /** Wall-clock instant of the start of its first measure phase, milliseconds since the epoch. */
  readonly zeroMs: number;
  readonly phases: readonly Phase[];
  /** [phase][slot]. */
  readonly slots: readonly (readonly Tally[])[];
}

/**
 * HdrHistogram's interval log (format 1.3, V2 compressed histograms of microseconds): a line for every slot of the measure
 * phases in which a request was scheduled, at most a second each, tagged with its trial. A request stands in the slot in
 * which it was intended, not in the one in which it completed: a stall shows in the seconds that it delayed.
 */
export function* intervalLog(runId: string, metric: Metric, trials: readonly LoggedTrial[]): Generator<string> {
  const firstMs = Math.min(...trials.map(({ zeroMs }) => zeroMs));
  yield `#[Logged by loadcell: run ${runId}, ${metric} in us, max in ms]\n`;
  yield '#[Histogram log format version 1.3]\n';
  yield `#[StartTime: ${inSeconds(Number.isFinite(firstMs) ? firstMs : 0)} (seconds since epoch)]\n`;
  yield '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n';
  for (const trial of trials) yield* linesOf(trial, metric);
}

function* linesOf({ name, zeroMs, phases, slots }: LoggedTrial, metric: Metric): Generator<string> {
  const tag = tagOf(name);
  for (const [p, phase] of phases.entries()) {
    if (phase.purpose !== 'measure') continue;
    const slotNs = phase.durationNs / phase.slots;
    for (const [slot, tally] of (slots[p] ?? []).entries()) {
      if (tally.isEmpty) continue;
      const hdr = toHdr(populationOf(tally, metric).finite);
      const startMs = zeroMs + (phase.startNs + slot * slotNs) / (NS_PER_S / 1000);
      const length = (slotNs / NS_PER_S).toFixed(3);
      const max = (hdr.maxValue / US_PER_MS).toFixed(3);
      yield `Tag=${tag},${inSeconds(startMs)},${length},${max},${encodeIntoCompressedBase64(hdr)}\n`;
    }
  }
}

const inSeconds = (ms: number): string => (ms / 1000).toFixed(3);

/** The format forbids commas, spaces and line breaks in a tag. */
export const tagOf = (name: string): string => name.replaceAll(',', ';').replaceAll(/\s+/g, '_');
