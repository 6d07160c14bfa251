import {
  Histogram as Exposed,
  type MetricObjectWithValues,
  type MetricValueWithName,
  type Registry,
} from 'prom-client';
import { lowestOf } from '../../stats/buckets.ts';
import { Histogram } from '../../stats/histogram.ts';

/** Upper bounds of the classic buckets, s: about 25 % apart, from 100 µs to a minute. */
export const LATENCY_BUCKETS: readonly number[] = [
  1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 3e-3, 5e-3, 7.5e-3, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5,
  0.75, 1, 2, 5, 10, 30, 60,
];

const US_PER_S = 1e6;
const NS_PER_S = 1e9;

/** How many of a histogram lie at or below each bound of {@link LATENCY_BUCKETS}. */
export function classicCounts(histogram: Histogram): readonly number[] {
  const counts = LATENCY_BUCKETS.map(() => 0);
  for (let bucket = 0; bucket <= histogram.highestBucket; bucket++) {
    const count = histogram.at(bucket);
    if (count === 0) continue;
    const place = LATENCY_BUCKETS.findIndex((bound) => lowestOf(bucket) / US_PER_S <= bound);
    if (place >= 0) counts[place] = (counts[place] ?? 0) + count;
  }
  let sum = 0;
  return counts.map((count) => {
    sum += count;
    return sum;
  });
}

/** Sum of what a histogram counted, s. */
export const sumOf = (histogram: Histogram): number => histogram.sumNs / NS_PER_S;

/**
 * A histogram of Prometheus that is told whole histograms, not single durations: what agents report has counted already.
 * Its buckets are cut from theirs when it is scraped.
 */
export class FoldedHistogram extends Exposed<'cell'> {
  readonly #byCell = new Map<string, Histogram>();
  readonly #name: string;
  /** Its name, help and form, without a value. */
  readonly #blank: Exposed<'cell'>;

  constructor(name: string, help: string, registry: Registry) {
    super({ name, help, labelNames: ['cell'], buckets: [...LATENCY_BUCKETS], registers: [registry] });
    this.#name = name;
    this.#blank = new Exposed({ name, help, labelNames: ['cell'], registers: [] });
  }

  /** The histogram of a cell, to be added to. */
  of(cell: string): Histogram {
    const known = this.#byCell.get(cell) ?? new Histogram();
    this.#byCell.set(cell, known);
    return known;
  }

  /** Every cell's, as it stands. */
  get byCell(): ReadonlyMap<string, Histogram> {
    return this.#byCell;
  }

  override get(): Promise<MetricObjectWithValues<MetricValueWithName<'cell'>>> {
    return this.getForPromString();
  }

  /** What the registry prints of it: the library's own form of {@link get}, which is not in its types. */
  async getForPromString(): Promise<MetricObjectWithValues<MetricValueWithName<'cell'>>> {
    const values = [...this.#byCell].flatMap(([cell, histogram]) => this.#values(cell, histogram));
    return { ...(await this.#blank.get()), values };
  }

  #values(cell: string, histogram: Histogram): MetricValueWithName<'cell'>[] {
    const counts = classicCounts(histogram);
    return [
      ...LATENCY_BUCKETS.map((le, place) => this.#value(counts[place] ?? 0, 'bucket', { cell, le })),
      this.#value(histogram.total, 'bucket', { cell, le: '+Inf' }),
      this.#value(sumOf(histogram), 'sum', { cell }),
      this.#value(histogram.total, 'count', { cell }),
    ];
  }

  #value(value: number, part: string, labels: Readonly<Record<string, string | number>>): MetricValueWithName<'cell'> {
    return { value, metricName: `${this.#name}_${part}`, labels: { ...labels } };
  }
}
