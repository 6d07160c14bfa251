/**
 * How often the 95 % bounds of P50, P95 and P99 hold the queue's true percentile; how often `response.p95 < L` is judged
 * wrongly when L is exactly the true P95, on one trial and on five at a time; and whether an outage of 1 % of the run,
 * wherever it falls, is wholly in the counts and in P99. Judged by the product's own code. Fixed seeds; below each share
 * stand the 95 % bounds of its own sampling error (Clopper and Pearson).
 *
 * node bench/coverage-simulation.ts [trials of 2,000 requests; a tenth as many of 20,000] [law] [load] [requests]
 */
import { type Rng, stream } from '../src/scenarios/rng.ts';
import { lowerShare, upperShare } from '../src/stats/binomial.ts';
import { bucketOf, highestOf, lowestOf, toRecordedUs } from '../src/stats/buckets.ts';
import { percentile } from '../src/stats/percentile.ts';
import { populationOf } from '../src/stats/population.ts';
import { latencyLimits } from '../src/verdict/limits.ts';
import { latencyQuestion } from '../src/verdict/objectives/latency.ts';
import { answerShare } from '../src/verdict/objectives/share.ts';
import { blocksOfTrial, type TrialView, trialView, wholeOf } from '../src/verdict/trial-view.ts';
import { cellOf, latencyBelow } from '../test/support/cells.ts';
import { evidenceOf } from '../test/support/evidence.ts';
import { LAWS, type Queue, QueuePhase, RATE, trueQuantilesMs } from './support/queue-phase.ts';

const QUANTILES = [0.5, 0.95, 0.99] as const;
const JUDGED = 0.95;
const TRIALS = 5;
const OUTAGE = 0.01;
const repetitions = Number(process.argv[2] ?? 500);
/** Of 20,000 requests, so many times fewer trials. */
const FEWER = 10;
const chosen = <T extends string | number>(argument: string | undefined, all: readonly T[]): readonly T[] =>
  argument === undefined ? all : all.filter((one) => String(one) === argument);

/** One queue, one length of phase; counts what comes of trial after trial. */
class Court {
  readonly #queue: Queue;
  readonly #truthMs: readonly number[];
  readonly #limitMs: number;
  readonly #rng: Rng;
  readonly #phase: QueuePhase;
  readonly #view: () => TrialView;
  readonly #judge: (views: readonly TrialView[]) => ReturnType<typeof answerShare>;

  constructor(queue: Queue, truthMs: readonly number[], requests: number) {
    const limitMs = truthMs[QUANTILES.indexOf(JUDGED)] ?? Number.NaN;
    this.#queue = queue;
    this.#limitMs = limitMs;
    this.#truthMs = truthMs;
    this.#rng = stream('7', `coverage/${queue.law}/${queue.load}/${requests}`);
    this.#phase = new QueuePhase(requests / RATE, limitMs);
    const objective = latencyBelow(JUDGED, limitMs);
    const cell = cellOf([this.#phase.phase], [objective]);
    const limits = latencyLimits(cell.objectives);
    const empty = evidenceOf(cell, []);
    this.#view = () => trialView(cell, { ...empty, slots: [this.#phase.slots] });
    const question = latencyQuestion(objective, { metric: 'response', quantile: JUDGED }, limits);
    this.#judge = (views) => answerShare(question, views, limits.length);
  }

  trial(): TrialView {
    this.#phase.fill(this.#queue, this.#rng);
    return this.#view();
  }

  /** Per quantile, whether its bounds hold the truth, to the width of a bucket; an open bound holds what lies beyond. */
  covers(view: TrialView): readonly boolean[] {
    const whole = populationOf(wholeOf([view], 1), 'response');
    const blocks = blocksOfTrial(view)?.map((block) => populationOf(block, 'response')) ?? null;
    return QUANTILES.map((p, i) => {
      const found = percentile(whole, blocks, p);
      if (found.value === null || found.method === 'observed') return false;
      const bucket = bucketOf(toRecordedUs((this.#truthMs[i] ?? Number.NaN) * 1e6));
      const high = found.high ?? Number.POSITIVE_INFINITY;
      return (found.low ?? 0) <= highestOf(bucket) * 1000 && lowestOf(bucket) * 1000 <= high;
    });
  }

  /** `bounds`: it fails by its lower bound, gross breach or not. */
  judged(views: readonly TrialView[]): { readonly pass: boolean; readonly fail: boolean; readonly bounds: boolean } {
    const { decision, deciding } = this.#judge(views);
    return { pass: decision === 'pass', fail: decision === 'fail', bounds: (deciding?.low ?? 0) > 1 - JUDGED };
  }

  /** Whether an outage leaves every request in the count over the limit and in P99, as a plain sort has them. */
  showsOutage(requests: number): boolean {
    const durationMs = (1000 * requests) / RATE;
    const forMs = OUTAGE * durationMs;
    const atMs = this.#rng.next() * (durationMs - forMs);
    const sorted = this.#phase.fill(this.#queue, this.#rng, { atMs, forMs }).sort();
    const whole = wholeOf([this.#view()], 1);
    const found = percentile(populationOf(whole, 'response'), null, 0.99);
    const plainNs = (sorted[Math.ceil(0.99 * requests) - 1] ?? Number.NaN) * 1e6;
    const over = sorted.filter((responseMs) => responseMs >= this.#limitMs).length;
    return (
      whole.settled === requests && whole.over[0] === over && Math.abs((found.value ?? 0) / plainNs - 1) < 1 / 1024
    );
  }
}

const percent = (part: number): string => (100 * part).toFixed(2).padStart(8);

/** Shares of flags, in percent: found, and the bounds of its sampling error. */
const shares = (columns: readonly (readonly boolean[])[]): readonly string[] =>
  [
    (hits: number, of: number) => hits / of,
    (hits: number, of: number) => lowerShare(hits, of, 0.975),
    (hits: number, of: number) => upperShare(hits, of, 0.975),
  ].map((figure) => columns.map((flags) => percent(figure(flags.filter(Boolean).length, flags.length))).join(' '));

function rows(queue: Queue, truthMs: readonly number[], requests: number, times: number): readonly string[] {
  const court = new Court(queue, truthMs, requests);
  const covered: (readonly boolean[])[] = [];
  const alone: ReturnType<Court['judged']>[] = [];
  const together: ReturnType<Court['judged']>[] = [];
  let five: TrialView[] = [];
  for (let i = 0; i < times; i++) {
    const view = court.trial();
    covered.push(court.covers(view));
    alone.push(court.judged([view]));
    five.push(view);
    if (five.length < TRIALS) continue;
    together.push(court.judged(five));
    five = [];
  }
  const outages = Array.from({ length: Math.ceil(times / 5) }, () => court.showsOutage(requests));
  const columns = [
    ...QUANTILES.map((_, i) => covered.map((flags) => flags[i] ?? false)),
    ...[alone, together].flatMap((heard) => [
      heard.map(({ pass }) => pass),
      heard.map(({ bounds }) => bounds),
      heard.map(({ fail }) => fail),
    ]),
    outages,
  ];
  const names = [`${queue.law.padEnd(9)} ${queue.load * 100} % ${String(requests).padStart(6)}`, 'from', 'to'];
  return shares(columns).map((line, i) => `${(names[i] ?? '').padEnd(22)} ${line}`);
}

console.log(`${repetitions} trials of 2,000 requests, ${Math.ceil(repetitions / FEWER)} of 20,000; shares in percent`);
console.log(
  '                        bounds hold the truth         at the limit, one trial     five trials                outage',
);
console.log(
  'queue  load  requests       P50      P95      P99   passes   bounds    fails   passes   bounds    fails  in full',
);
for (const law of chosen(process.argv[3], LAWS)) {
  for (const load of chosen(process.argv[4], [0.5, 0.8])) {
    const truthMs = trueQuantilesMs({ law, load }, QUANTILES);
    for (const requests of chosen(process.argv[5], [2000, 20_000])) {
      const times = requests === 2000 ? repetitions : Math.ceil(repetitions / FEWER);
      for (const line of rows({ law, load }, truthMs, requests, times)) console.log(line);
    }
  }
}
