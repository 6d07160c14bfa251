/**
 * How often the paired gate fails where nothing has changed, passes there, and fails at a slowdown of 10 %: five metrics,
 * threshold 5 %, looks at 8 and 16 pairs, decided by the product's own code. Figures of trials are lognormal around their
 * level, independent from metric to metric; `pair` is the scatter of one pair's log ratio, `trial` that of one trial.
 *
 * node bench/gate-simulation.ts [repetitions]
 */
import { defaultGatePolicy } from '../src/campaign/gate-schema.ts';
import { type Rng, stream } from '../src/scenarios/rng.ts';
import { normalQuantile } from '../src/stats/normal.ts';
import type { GatedMetric } from '../src/verdict/gate/gated-metric.ts';
import type { GatePair } from '../src/verdict/gate/pair.ts';
import { confirmStep, type GateStep, gateStep } from '../src/verdict/gate/step.ts';

const repetitions = Number(process.argv[2] ?? 4000);
const policy = defaultGatePolicy();
const LEVEL_MS = 50;

const metrics: readonly GatedMetric[] = [1, 2, 3, 4, 5].map((index) => ({
  id: `m${index}`,
  cell: 'target/load',
  metric: 'response.p95',
  unit: 'ms',
  better: 'lower',
  threshold: policy.threshold,
  floor: policy.floorMs,
}));
const question = { policy, metrics, acks: [] };

const drawn = (rng: Rng, level: number, spread: number): number =>
  level * Math.exp(spread * normalQuantile(Math.max(rng.next(), 1e-300)));

function pair(rng: Rng, slowdown: number, spread: number): GatePair {
  const figures = metrics.map(
    ({ id }) =>
      [id, { baseline: drawn(rng, LEVEL_MS, spread), candidate: drawn(rng, LEVEL_MS * slowdown, spread) }] as const,
  );
  return { kind: 'valid', figures: new Map(figures) };
}

interface Gated {
  readonly kind: GateStep['kind'];
  readonly pairs: number;
  readonly confirmed: GateStep['kind'];
}

function gate(rng: Rng, slowdown: number, spread: number): Gated {
  const pairs: GatePair[] = [];
  let step = gateStep(question, pairs);
  while (step.kind === 'more') {
    while (pairs.length < step.pairs) pairs.push(pair(rng, slowdown, spread));
    step = gateStep(question, pairs);
  }
  const again = Array.from({ length: policy.looks[0] ?? 0 }, () => pair(rng, slowdown, spread));
  const confirmed = step.kind === 'fail' ? confirmStep(question, step, again).kind : step.kind;
  return { kind: step.kind, pairs: pairs.length, confirmed };
}

const percent = (count: number): string => `${((100 * count) / repetitions).toFixed(2)} %`;

console.log(
  `${repetitions} gates each, seed 1; 5 metrics, threshold 5 %, alpha 1 %, beta 5 %, looks ${policy.looks.join(', ')}`,
);
console.log('spread of         slowdown      pass      fail  inconclusive  pairs (mean)  fail, confirmed');
for (const [name, spread] of [
  ['pair  3 %', 0.03 / Math.SQRT2],
  ['trial 3 %', 0.03],
  ['trial 5 %', 0.05],
  ['trial 10 %', 0.1],
] as const) {
  for (const slowdown of [1, 1.05, 1.1, 1.2]) {
    const rng = stream('1', `${name}/${slowdown}`);
    const ends = Array.from({ length: repetitions }, () => gate(rng, slowdown, spread));
    const count = (kind: GateStep['kind']): string => percent(ends.filter((end) => end.kind === kind).length);
    const mean = ends.reduce((sum, { pairs }) => sum + pairs, 0) / repetitions;
    const confirmed = percent(ends.filter((end) => end.confirmed === 'fail').length);
    console.log(
      [
        name.padEnd(16),
        `+${Math.round((slowdown - 1) * 100)} %`.padStart(9),
        count('pass').padStart(10),
        count('fail').padStart(10),
        count('inconclusive').padStart(12),
        mean.toFixed(1).padStart(13),
        confirmed.padStart(16),
      ].join(''),
    );
  }
}
