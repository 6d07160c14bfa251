/**
 * How often a window of 10 s aborts a healthy hour, and how soon it sees trouble. One queue with one place at 30, 50 and
 * 80 % load, 120/s and 1,000/s; the limit is the true P97.5 of the response, so that `response.p95 < L` stands at half of
 * its budget. Trouble begins after ten minutes: a hang; a total overload (twice the capacity); a step to twice the service
 * time. Judged by the product's own rule, second by second, as the coordinator does.
 *
 * node bench/window-simulation.ts [hours] [load] [rate], for example 400 0.8 120
 */
import { type Rng, stream } from '../src/scenarios/rng.ts';
import { milliseconds, seconds } from '../src/time/ns.ts';
import { type Breach, SlidingWindow } from '../src/verdict/window/sliding-window.ts';
import { cellOf, latencyBelow, openPhase, overWindow } from '../test/support/cells.ts';
import { type Queue, SimulatedSeconds, trueQuantileMs } from '../test/support/simulated-seconds.ts';

const HOUR_S = 3600;
const WINDOW_S = 10;
const TROUBLE_S = 600;
const hours = Number(process.argv[2] ?? 60);

const LAWS = ['M/M/1', 'M/D/1'] as const;
const chosen = (argument: string | undefined, all: readonly number[]): readonly number[] =>
  argument === undefined ? all : [Number(argument)];
const LOADS = chosen(process.argv[3], [0.3, 0.5, 0.8]);
const RATES = chosen(process.argv[4], [120, 1000]);

interface Found {
  readonly atS: number;
  readonly breach: Breach;
}

/** The first breach of an hour; null: none. */
function firstBreach(queue: Queue, limitMs: number, rng: Rng): Found | null {
  const objective = overWindow(latencyBelow(0.95, limitMs), seconds(WINDOW_S));
  const cell = cellOf([openPhase('load', queue.rate, HOUR_S)], [objective], { timeoutNs: seconds(HOUR_S) });
  const windows = new SlidingWindow(objective, cell);
  for (const second of new SimulatedSeconds(queue, milliseconds(limitMs), HOUR_S, rng)) {
    const breach = windows.add(second);
    if (breach !== null) return { atS: second.endNs / 1e9, breach };
  }
  return null;
}

function repeat(queue: Queue, limitMs: number, times: number, name: string): readonly (Found | null)[] {
  const rng = stream('7', `${name}/${queue.law}/${queue.load}/${queue.rate}`);
  return Array.from({ length: times }, () => firstBreach(queue, limitMs, rng));
}

const percent = (count: number, of: number): string => `${((100 * count) / of).toFixed(1)} %`.padStart(8);

/** Seconds from the trouble to the end of the second that shows it: median and largest. */
function delays(found: readonly (Found | null)[]): string {
  const seen = found.flatMap((each) => (each === null || each.atS <= TROUBLE_S ? [] : [each.atS - TROUBLE_S]));
  const sorted = seen.sort((a, b) => a - b);
  const [median, most] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  if (median === undefined || most === undefined) return 'never'.padStart(16);
  return (
    `${median} s, <= ${most} s`.padStart(16) +
    (seen.length < found.length ? ` (${seen.length} of ${found.length})` : '')
  );
}

console.log(`response.p95 over ${WINDOW_S}s at half its budget, ${hours} simulated hours each`);
console.log('queue  load    rate     limit    aborted     hang             overload         service x 2');
for (const law of LAWS) {
  for (const load of LOADS) {
    for (const rate of RATES) {
      const queue: Queue = { law, load, rate, trouble: null };
      const limitMs = trueQuantileMs(queue, 0.975);
      const few = Math.max(1, Math.round(hours / 6));
      const healthy = repeat(queue, limitMs, hours, 'healthy').filter((each) => each !== null).length;
      const trouble = (factor: number) => ({ ...queue, trouble: { atS: TROUBLE_S, factor } });
      const columns = [
        percent(healthy, hours),
        delays(repeat(trouble(Number.POSITIVE_INFINITY), limitMs, few, 'hang')),
        delays(repeat(trouble(2 / load), limitMs, few, 'overload')),
        delays(repeat(trouble(2), limitMs, few, 'double')),
      ];
      console.log(
        `${law}  ${load * 100} %  ${String(rate).padStart(5)}/s  ${limitMs.toFixed(1).padStart(6)} ms ${columns.join('  ')}`,
      );
    }
  }
}
