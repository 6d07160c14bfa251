// Lag of the harness at 1,000/s against the null target, and what the pacing costs, per kind of pacing.
// Usage: node bench/runner-lag.ts [seconds, default 10] [workers, default 1] [rate, default 1000]
import { benchSpec, runTrial, uniform } from './support/forked-runner.ts';

const forS = Number(process.argv[2] ?? 10);
const workers = Number(process.argv[3] ?? 1);
const rate = Number(process.argv[4] ?? 1000);

const us = (durationNs: number) => `${(durationNs / 1000).toFixed(0)} µs`;

for (const pacing of ['precise', 'lowCpu'] as const) {
  const run = await runTrial(benchSpec(uniform(rate, forS), forS, { pacing, workers }));
  const { lag } = run.tally;
  const quantiles = [0.5, 0.9, 0.99, 0.999].map((p) => `P${p * 100} ${us(lag.quantileNs(p))}`).join(', ');
  const cpu = run.intervals.reduce((sum, { host }) => sum + (host?.cpu ?? 0), 0) / run.intervals.length;
  console.log(`${pacing}: lag ${quantiles}, max ${us(lag.maxNs)} over ${lag.total} requests`);
  console.log(
    `  CPU of the harness on the pacing threads ${(100 * run.pacingCpu).toFixed(2)} % of a core; node ${(100 * cpu).toFixed(0)} % busy`,
  );
}
console.log('wanted: P99 <= 100 µs precise, <= 700 µs lowCpu');
