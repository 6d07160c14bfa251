/**
 * How well the search for the maximum rate finds it: queues whose true peak under `response.p95 < L` is known (M/M/1 by
 * formula, M/D/4 by long recursions), searched by the product's own code, every level as a schedule makes it, from empty
 * through a warm-up of 5 s. Printed: how often the 95 % interval holds the truth, the bias of the value, how far the
 * interval reaches, how searches end, and how many levels they take.
 *
 * node bench/peak-simulation.ts [searches] [seconds of a level] [part of a case's name]
 */
import type { Rng } from '../src/scenarios/rng.ts';
import { stream } from '../src/scenarios/rng.ts';
import { BLOCKS } from '../src/stats/blocks.ts';
import { dispersionOf, effectiveSize } from '../src/stats/effective.ts';
import type { Level, LevelFinding } from '../src/stats/peak/level.ts';
import { type Ending, nextStep, type Peak, type Search } from '../src/stats/peak/search.ts';
import { decideShare } from '../src/verdict/share-rule.ts';
import { levelOf, type PeakQueue, truePeak } from './support/queue-level.ts';

const searches = Number(process.argv[2] ?? 400);
const everyS = Number(process.argv[3] ?? 30);
const ALLOWED = 0.05;
const WARMUP_S = 5;
const CONFIDENCE = 0.99;

interface Case {
  readonly name: string;
  readonly queue: PeakQueue;
  readonly limitMs: number;
  readonly from: number;
  readonly until: number;
}

const CASES: readonly Case[] = [
  {
    name: 'M/D/4, 4 ms, P95 < 10 ms',
    queue: { law: 'M/D/c', places: 4, serviceMs: 4 },
    limitMs: 10,
    from: 20,
    until: 4000,
  },
  {
    name: 'M/D/4, 16 ms, P95 < 40 ms',
    queue: { law: 'M/D/c', places: 4, serviceMs: 16 },
    limitMs: 40,
    from: 10,
    until: 2000,
  },
  // Limits far above the services: the peak lies where queues take longest to settle, and levels may be too short for them.
  {
    name: 'M/D/4, 16 ms, P95 < 100 ms',
    queue: { law: 'M/D/c', places: 4, serviceMs: 16 },
    limitMs: 100,
    from: 10,
    until: 2000,
  },
  {
    name: 'M/D/4, 16 ms, P95 < 1 s',
    queue: { law: 'M/D/c', places: 4, serviceMs: 16 },
    limitMs: 1000,
    from: 10,
    until: 2000,
  },
  {
    name: 'M/M/1, 4 ms, P95 < 60 ms',
    queue: { law: 'M/M/1', places: 1, serviceMs: 4 },
    limitMs: 60,
    from: 10,
    until: 2000,
  },
];

function measured({ queue, limitMs }: Case, level: Level, rng: Rng): LevelFinding {
  const { atMs, responsesMs } = levelOf(queue, level.rate, { warmupS: WARMUP_S, everyS }, rng);
  let over = 0;
  let late = 0;
  const inTimeUntil = 1000 * everyS + limitMs;
  for (const [i, response] of responsesMs.entries()) {
    if (response >= limitMs) over++;
    if ((atMs[i] ?? 0) + response > inTimeUntil) late++;
  }
  const of = responsesMs.length;
  const failed = level.stage === 'confirm' && fails(atMs, responsesMs, limitMs);
  return {
    kind: 'measured',
    ...level,
    shares: [
      { over, of },
      { over: late, of },
    ],
    failed,
  };
}

/** The verdict on a level, by the inflation of its 20 blocks at the limit. */
function fails(atMs: Float64Array, responsesMs: Float64Array, limitMs: number): boolean {
  const over = new Array<number>(BLOCKS).fill(0);
  const of = new Array<number>(BLOCKS).fill(0);
  for (const [i, response] of responsesMs.entries()) {
    const block = Math.floor(((atMs[i] ?? 0) * BLOCKS) / (1000 * everyS));
    of[block] = (of[block] ?? 0) + 1;
    if (response >= limitMs) over[block] = (over[block] ?? 0) + 1;
  }
  const n = responsesMs.length;
  const effective = effectiveSize(n, dispersionOf(over, of).inflation, CONFIDENCE);
  const share = { over: over.reduce((sum, count) => sum + count, 0), n, effective };
  return decideShare([share], { allowed: ALLOWED, confidence: CONFIDENCE }).decision === 'fail';
}

interface Searched {
  readonly ending: Ending;
  readonly levels: number;
}

function searched(one: Case, index: number): Searched {
  const rng = stream('7', `levels/${one.name}/${index}`);
  const { from, until } = one;
  const search: Search = { seed: String(index), name: one.name, from, until, allowed: [ALLOWED, 0.01] };
  const found: LevelFinding[] = [];
  for (;;) {
    const step = nextStep(search, found);
    if (step.kind === 'ended') return { ending: step.ending, levels: found.length };
    found.push(measured(one, step.level, rng));
  }
}

const peakOf = (ending: Ending): Peak | null => ('peak' in ending ? ending.peak : null);
const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

for (const one of CASES.filter(({ name }) => name.includes(process.argv[4] ?? ''))) {
  const truth = truePeak(one.queue, one.limitMs, ALLOWED, () => stream('1', `truth/${one.name}`));
  const all = Array.from({ length: searches }, (_, index) => searched(one, index));
  const peaks = all.flatMap(({ ending }) => peakOf(ending) ?? []);
  const holds = peaks.filter(({ low, high }) => low <= truth && truth <= high).length;
  const endings = Map.groupBy(all, ({ ending }) => ending.kind);
  console.log(`${one.name}: true peak ${truth.toFixed(2)}/s, ${searches} searches, levels of ${everyS} s`);
  console.log(`  the interval holds the truth in ${percent(holds / peaks.length)} of ${peaks.length} with an interval`);
  console.log(
    `  bias ${percent(mean(peaks.map(({ value }) => value)) / truth - 1, 2)}, scatter ${percent(Math.sqrt(mean(peaks.map(({ value }) => (value / truth - 1) ** 2))), 2)}`,
  );
  console.log(
    `  half width of the interval ${percent(mean(peaks.map(({ low, high }) => (high - low) / 2)) / truth, 2)}`,
  );
  console.log(
    `  levels ${Math.min(...all.map(({ levels }) => levels))} to ${Math.max(...all.map(({ levels }) => levels))}`,
  );
  console.log(
    `  ended ${[...endings].map(([kind, ofKind]) => `${kind} ${percent((ofKind ?? []).length / searches)}`).join(', ')}`,
  );
}
