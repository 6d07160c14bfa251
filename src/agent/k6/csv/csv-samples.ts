import type { WallClock } from '../../../time/clock.ts';
import { NS_PER_MS } from '../../../time/ns.ts';
import { type K6Frame, THROWN_METRIC } from '../frames.ts';
import type { SampleStream } from '../sample-stream.ts';
import { ToldIterations } from './iterations.ts';
import { SampleParts } from './parts.ts';
import { CsvRows } from './rows.ts';
import { ExceptionLog } from './thrown.ts';

/** How a stock k6 is told to write its samples so that {@link CsvSamples} can read them. */
export const CSV_ARGUMENTS = ['--out', 'csv=-', '--log-output', 'stderr', '--log-format', 'text'] as const;
export const CSV_ENVIRONMENT = { K6_CSV_TIME_FORMAT: 'unix_nano', K6_CSV_SAVE_INTERVAL: '100ms' } as const;
/** As few columns as accounting needs: each costs k6 time. `vu` stands in the column of metadata. */
export const CSV_SYSTEM_TAGS = 'scenario,group,name,method,check,expected_response,vu';

const SUMS_EVERY_MS = 1000;

/** Where in a row what stands. */
interface Columns {
  readonly count: number;
  readonly at: Readonly<Record<(typeof NAMES)[number], number>>;
}

const NAMES = [
  'metric_name',
  'timestamp',
  'metric_value',
  'scenario',
  'group',
  'name',
  'method',
  'check',
  'metadata',
] as const;

/** Samples that a stock k6 writes as CSV, folded here by the rules of loadcell's output. Throws on what is no such CSV. */
export class CsvSamples implements SampleStream {
  readonly fd = 1;
  readonly #wall: WallClock;
  readonly #rows = new CsvRows();
  readonly #exceptions = new ExceptionLog();
  readonly #iterations = new ToldIterations();
  readonly #parts: SampleParts;
  #columns: Columns | null = null;
  #vus = 0;
  #vusMax = 0;
  #nextSumsMs: number;

  /** `thresholds`: what those of the script judge. */
  constructor(wall: WallClock, thresholds: readonly string[] = []) {
    this.#wall = wall;
    this.#parts = new SampleParts(thresholds);
    this.#nextSumsMs = wall.nowMs() + SUMS_EVERY_MS;
  }

  samples(chunk: Buffer): Iterable<K6Frame> {
    for (const row of this.#rows.read(chunk)) {
      if (this.#columns === null) this.#columns = columnsOf(row);
      else this.#add(row, this.#columns);
    }
    return this.turn();
  }

  log(chunk: Buffer): void {
    this.#iterations.hear(this.#exceptions.read(chunk, this.#nowNs));
  }

  turn(): readonly K6Frame[] {
    const frames = this.#iterations.take(this.#nowNs);
    if (this.#wall.nowMs() < this.#nextSumsMs) return frames;
    this.#nextSumsMs = this.#wall.nowMs() + SUMS_EVERY_MS;
    return [...frames, ...this.#parts.take(), { kind: 'tick', ...this.#tick }];
  }

  /** Without a `bye` where the last row is cut off. */
  end(): readonly K6Frame[] {
    const frames = [...this.#iterations.takeRest(), ...this.#parts.take()];
    return this.#rows.isWhole && this.#columns !== null ? [...frames, { kind: 'bye', ...this.#tick }] : frames;
  }

  #add(row: readonly string[], { at, count }: Columns): void {
    if (row.length !== count) throw new Error(`k6 CSV: found a row of ${row.length} columns, expected ${count}`);
    const text = (name: keyof Columns['at']): string => row[at[name]] as string;
    const metric = text('metric_name');
    const value = Number(text('metric_value'));
    if (Number.isNaN(value)) throw new Error(`k6 CSV: found ${text('metric_value')}, expected a number`);
    if (metric === 'vus') this.#vus = value;
    else if (metric === 'vus_max') this.#vusMax = value;
    else {
      const [scenario, check] = [text('scenario'), text('check')];
      const vu = VU.exec(text('metadata'))?.[1] ?? '';
      const thrown = metric === THROWN_METRIC ? decoded(THROWN.exec(text('metadata'))?.[1] ?? '') : '';
      this.#iterations.add({ metric, scenario, check, vu, thrown, atNs: BigInt(text('timestamp')), value });
      const name = check || text('name') || text('method');
      this.#parts.add({ scenario, group: text('group'), name, metric }, value);
    }
  }

  get #nowNs(): bigint {
    return BigInt(Math.round(this.#wall.nowMs() * NS_PER_MS));
  }

  get #tick() {
    return { vus: this.#vus, vusMax: this.#vusMax, lost: 0, orphans: this.#iterations.orphans };
  }
}

const VU = /(?:^|&)vu=(\d+)/u;
const THROWN = new RegExp(`(?:^|&)${THROWN_METRIC}=([^&]*)`, 'u');

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function columnsOf(header: readonly string[]): Columns {
  const at = Object.fromEntries(NAMES.map((name) => [name, header.indexOf(name)])) as Columns['at'];
  const missing = NAMES.filter((name) => at[name] < 0);
  if (missing.length > 0)
    throw new Error(`k6 CSV: found no column ${missing.join(', ')} in ${header.join(',').slice(0, 200)}`);
  return { count: header.length, at };
}
