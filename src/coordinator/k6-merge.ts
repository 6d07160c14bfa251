import { Histogram } from '../stats/histogram.ts';
import { type K6Evidence, OTHER_PARTS, type PartEvidence } from '../verdict/k6/part.ts';
import type { Interval, PartSums } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { addHistogramTo } from '../wire/interval-codec.ts';

/** Parts of a script that are told apart over the whole fleet, for each metric one more for all others; agents bound theirs likewise. */
const MOST_PARTS = 2000;

/** Adds up what agents say of the parts of a k6 script, exactly, in any order. */
export class K6Merge {
  readonly #parts = new Map<string, PartEvidence>();
  #markedFailed = false;
  #orphans = 0;
  #vusMax = 0;
  #samples: K6Evidence['samples'] = 'folded';
  #teardownFailed = '';
  #isThere = false;

  add({ parts, k6 }: Interval): void {
    for (const part of parts) this.#addPart(part);
    if (k6 === undefined) return;
    this.#isThere = true;
    this.#markedFailed ||= k6.markedFailed;
    this.#orphans += Number(k6.orphans);
    this.#vusMax += Number(k6.vusMax);
    this.#teardownFailed ||= k6.teardownFailed;
    if (k6.samplesAsCsv) this.#samples = 'csv';
  }

  /** Undefined where k6 said nothing. */
  evidence(): K6Evidence | undefined {
    if (!this.#isThere && this.#parts.size === 0) return undefined;
    return {
      parts: [...this.#parts.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part),
      markedFailed: this.#markedFailed,
      orphans: this.#orphans,
      vusMax: this.#vusMax,
      samples: this.#samples,
      ...(this.#teardownFailed === '' ? {} : { teardownFailed: this.#teardownFailed }),
    };
  }

  #addPart(part: PartSums): void {
    const { group, name } = this.#isFull && !this.#parts.has(keyOf(part)) ? { group: '', name: OTHER_PARTS } : part;
    const key = keyOf({ ...part, group, name });
    const known = this.#parts.get(key);
    const histogram = part.histogram === undefined ? (known?.histogram ?? null) : (known?.histogram ?? new Histogram());
    if (part.histogram !== undefined && histogram !== null) addHistogramTo(histogram, part.histogram);
    this.#parts.set(key, {
      scenario: part.scenario,
      group,
      name,
      metric: part.metric,
      type: part.type as PartEvidence['type'],
      time: part.time,
      count: (known?.count ?? 0) + Number(part.count),
      nonzero: (known?.nonzero ?? 0) + Number(part.nonzero),
      sum: part.type === 'gauge' ? part.sum : (known?.sum ?? 0) + part.sum,
      min: Math.min(known?.min ?? Number.POSITIVE_INFINITY, part.min),
      max: Math.max(known?.max ?? Number.NEGATIVE_INFINITY, part.max),
      histogram,
    });
  }
  get #isFull(): boolean {
    return this.#parts.size >= MOST_PARTS;
  }
}

const keyOf = ({ metric, scenario, group, name }: Pick<PartSums, 'metric' | 'scenario' | 'group' | 'name'>): string =>
  [metric, scenario, group, name].join('\0');
