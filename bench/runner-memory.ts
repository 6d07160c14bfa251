// Resident memory of a runner over many null requests: growth after the first million.
// Usage: node bench/runner-memory.ts [requests, default 10000000] [rate, default 200000]
import { achievedIn, benchSpec, runTrial, uniform } from './support/forked-runner.ts';

const requests = Number(process.argv[2] ?? 10_000_000);
const rate = Number(process.argv[3] ?? 200_000);
const forS = requests / rate;

const run = await runTrial(benchSpec(uniform(rate, forS), forS));
let served = 0;
const resident = run.intervals.map(({ host }, i) => {
  served += achievedIn(run, i);
  return { served, mib: Number(host?.rssBytes ?? 0n) / 2 ** 20 };
});
const after = resident.filter((at) => at.served >= 1e6).map(({ mib }) => mib);
const first = after[0] ?? Number.NaN;
const growth = (Math.max(...after) / first - 1) * 100;
console.log(
  `${served} requests at ${rate}/s, ${run.tally.ok} ok, P99 lag ${(run.tally.lag.quantileNs(0.99) / 1000).toFixed(0)} µs`,
);
console.log(
  `resident after the first million ${first.toFixed(1)} MiB, highest later ${Math.max(...after).toFixed(1)} MiB`,
);
console.log(`growth ${growth.toFixed(2)} % (wanted < 5 %)`);
