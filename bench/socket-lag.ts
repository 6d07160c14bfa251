// Lag of the harness on a thread with sockets, at 200/s and 1,000/s, per kind of pacing, beside the lateness of a bare timer
// of an event loop; and the service time that it sees of a server that answers at once.
// Usage: node bench/socket-lag.ts [seconds, default 10] [connections, default 16]
import { Histogram } from '../src/stats/histogram.ts';
import { cannedServer } from './support/canned-process.ts';
import { benchSpec, runTrial, uniform } from './support/forked-runner.ts';
import { getTarget } from './support/plain-targets.ts';

const forS = Number(process.argv[2] ?? 10);
const connections = Number(process.argv[3] ?? 16);

const us = (durationNs: number) => `${(durationNs / 1000).toFixed(0)} µs`;
const told = (histogram: Histogram) =>
  [0.5, 0.9, 0.99].map((p) => `P${p * 100} ${us(histogram.quantileNs(p))}`).join(', ');

/** How late `setTimeout` is, which a client of its own would use. */
async function timerLateness(rate: number): Promise<Histogram> {
  const late = new Histogram();
  const begin = performance.now();
  for (let i = 0; i < rate * forS; i++) {
    const due = begin + (i * 1000) / rate;
    const ms = due - performance.now();
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    late.record((performance.now() - due) * 1e6);
  }
  return late;
}

const canned = await cannedServer('http');
const target = getTarget(canned.port, connections);
for (const rate of [200, 1000]) {
  console.log(`${rate}/s`);
  console.log(`  setTimeout  late ${told(await timerLateness(rate))}`);
  for (const pacing of ['precise', 'lowCpu'] as const) {
    const run = await runTrial(benchSpec(uniform(rate, forS), forS, { pacing, target }));
    const { lag, service } = run.tally;
    const cpu = (100 * run.pacingCpu).toFixed(1);
    console.log(`  ${pacing.padEnd(8)}    lag  ${told(lag)}; service ${told(service)}; own CPU ${cpu} % of a core`);
  }
}
canned.stop();
