// Lag of the harness at 1,000/s against the null target, and what the pacing costs, per kind of pacing, beside the
// lateness of a bare sleep-and-spin loop: what the machine itself allows at that moment.
// Usage: node bench/runner-lag.ts [seconds, default 10] [workers, default 1] [rate, default 1000]
import { Histogram } from '../src/stats/histogram.ts';
import { benchSpec, runTrial, uniform } from './support/forked-runner.ts';

const forS = Number(process.argv[2] ?? 10);
const workers = Number(process.argv[3] ?? 1);
const rate = Number(process.argv[4] ?? 1000);

const us = (durationNs: number) => `${(durationNs / 1000).toFixed(0)} µs`;

/** What the machine itself allows: a bare loop of one thread that sleeps to 0.3 ms before each instant and spins the rest. */
function bareLatenessNs(): Histogram {
  const late = new Histogram();
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const begin = performance.now();
  for (let i = 0; i < rate * forS; i++) {
    const due = begin + (i * 1000) / rate;
    const sleepMs = due - performance.now() - 0.3;
    if (sleepMs > 0) Atomics.wait(cell, 0, 0, sleepMs);
    let now = performance.now();
    while (now < due) now = performance.now();
    late.record((now - due) * 1e6);
  }
  return late;
}

const bare = bareLatenessNs();
console.log(
  `bare loop: late P50 ${us(bare.quantileNs(0.5))}, P99 ${us(bare.quantileNs(0.99))}, P99.9 ${us(bare.quantileNs(0.999))}`,
);
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
