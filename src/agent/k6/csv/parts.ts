import { Histogram } from '../../../stats/histogram.ts';
import { encodeHistogram } from '../../../wire/interval-codec.ts';
import { type K6Frame, type K6Part, type K6Sum, THROWN_METRIC } from '../frames.ts';
import { kindOfMetric } from './metric-kinds.ts';

/** Parts that are told apart; further names count under one. As `k6/output/parts.go` has it. */
const MOST_PARTS = 200;
const OTHERS = '(others)';

/** Unless a threshold names them: pieces of http_req_duration and of what comes before it that are told by their sums, and what iterations tell. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'http_req_sending',
  'http_req_receiving',
  'http_req_connecting',
  'http_req_tls_handshaking',
  'dropped_iterations',
  THROWN_METRIC,
]);

/** What tells parts apart. */
export type PartKey = Pick<K6Part, 'scenario' | 'group' | 'name' | 'metric'>;

/** Folds samples by (scenario, group, name, metric). */
export class SampleParts {
  readonly #parts = new Map<string, SampledPart>();
  readonly #judged: ReadonlySet<string>;
  #defined: K6Frame[] = [];

  /** `thresholds`: what those of the script judge, `http_req_duration{name:login}`. */
  constructor(thresholds: readonly string[]) {
    this.#judged = new Set(thresholds.map((of) => of.split('{', 1)[0] ?? of));
  }

  add(key: PartKey, value: number): void {
    if (!LEFT_OUT.has(key.metric) || this.#judged.has(key.metric)) this.#find(key).add(value);
  }

  /** What is new, and the sums since the last call. */
  take(): readonly K6Frame[] {
    const sums = [...this.#parts.values()].flatMap((part) => part.take() ?? []);
    const frames = this.#defined;
    this.#defined = [];
    return sums.length === 0 ? frames : [...frames, { kind: 'sums', sums }];
  }

  #find(key: PartKey): SampledPart {
    const known = this.#parts.get(textOf(key));
    if (known !== undefined) return known;
    const bounded = this.#parts.size < MOST_PARTS ? key : { ...key, group: '', name: OTHERS };
    return this.#parts.get(textOf(bounded)) ?? this.#define(bounded);
  }

  #define(key: PartKey): SampledPart {
    const part = { ...key, ...kindOfMetric(key.metric) };
    const made = new SampledPart(this.#parts.size, part.type);
    this.#parts.set(textOf(key), made);
    this.#defined.push({ kind: 'part', id: made.id, part });
    return made;
  }
}

const textOf = ({ scenario, group, name, metric }: PartKey): string => `${metric}\0${scenario}\0${group}\0${name}`;

class SampledPart {
  readonly id: number;
  readonly #type: K6Part['type'];
  readonly #histogram: Histogram | null;
  #count = 0;
  #nonzero = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(id: number, type: K6Part['type']) {
    this.id = id;
    this.#type = type;
    this.#histogram = type === 'trend' || type === 'unknown' ? new Histogram() : null;
  }

  add(value: number): void {
    this.#count++;
    if (value !== 0) this.#nonzero++;
    this.#sum = this.#type === 'gauge' ? value : this.#sum + value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    this.#histogram?.record(value * 1e6);
  }

  /** Null: nothing came. */
  take(): K6Sum | null {
    if (this.#count === 0) return null;
    const buckets = this.#histogram === null ? new Uint8Array(0) : encodeHistogram(this.#histogram).buckets;
    const { id } = this;
    const sum = {
      id,
      count: this.#count,
      nonzero: this.#nonzero,
      sum: this.#sum,
      min: this.#min,
      max: this.#max,
      buckets,
    };
    this.#histogram?.clear();
    [this.#count, this.#nonzero, this.#sum] = [0, 0, 0];
    [this.#min, this.#max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    return sum;
  }
}
