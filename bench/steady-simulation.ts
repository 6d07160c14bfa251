/**
 * How often a phase that is stationary is said to drift, to have settled late, or to want a longer warm-up; and how often
 * a service that slows down over the phase is seen to drift. Judged by the product's own code. Fixed seeds.
 *
 * node bench/steady-simulation.ts [repetitions at 60 s; a fifth as many at 300 s]
 */
import { stream } from '../src/scenarios/rng.ts';
import { stillChanges } from '../src/verdict/settling.ts';
import { steadinessOf } from '../src/verdict/steady.ts';
import { LAWS, type Queue, QueuePhase, RATE } from './support/queue-phase.ts';

const SLOWING = 0.2;
const repetitions = Number(process.argv[2] ?? 600);

const percent = (count: number, of: number): string => `${((100 * count) / of).toFixed(1)} %`.padStart(9);

interface Told {
  drifts: number;
  settles: number;
  warms: number;
}

/** What is said of `times` trials. */
function told(queue: Queue, seconds: number, times: number, slowing: number): Told {
  const rng = stream('7', `steady/${queue.law}/${queue.load}/${seconds}/${slowing}`);
  const trial = new QueuePhase(seconds, Number.POSITIVE_INFINITY);
  const sum: Told = { drifts: 0, settles: 0, warms: 0 };
  for (let i = 0; i < times; i++) {
    trial.fill(queue, rng, null, slowing);
    const found = steadinessOf(trial.phase, trial.slots);
    if (found?.kind === 'not-stationary') sum.drifts++;
    if (found !== null && found.settledAt !== null) sum.settles++;
    if (stillChanges(trial.slots.map(({ response }) => response.sumNs / Math.max(1, response.total)))) sum.warms++;
  }
  return sum;
}

console.log(`${repetitions} trials of 60 s, ${Math.ceil(repetitions / 5)} of 300 s, at ${RATE}/s`);
console.log('                           of stationary trials, said to            of a service that gets');
console.log(`queue      load    length   drift    settle late   want more warm-up   ${SLOWING * 100} % slower, drift`);
for (const law of LAWS) {
  for (const load of [0.5, 0.8]) {
    for (const seconds of [60, 300]) {
      const times = Math.ceil(repetitions / (seconds / 60));
      const still = told({ law, load }, seconds, times, 0);
      const slower = told({ law, load }, seconds, Math.ceil(times / 2), SLOWING);
      const columns = [percent(still.drifts, times), percent(still.settles, times), percent(still.warms, times)];
      const seen = percent(slower.drifts, Math.ceil(times / 2));
      console.log(
        `${law.padEnd(9)}  ${load * 100} %  ${String(seconds).padStart(5)} s ${columns.join('     ')}    ${seen}`,
      );
    }
  }
}
