import { expect, test } from 'vitest';
import type { Cell, Plan } from '../../src/campaign/plan.ts';
import { exponential } from '../../src/scenarios/exponential.ts';
import type { Share } from '../../src/scenarios/phase.ts';
import { phasesOf } from '../../src/scenarios/presets.ts';
import { stream } from '../../src/scenarios/rng.ts';
import { shareArrivals } from '../../src/scenarios/schedule.ts';
import { seconds } from '../../src/time/ns.ts';
import type { TrialResult } from '../../src/verdict/trial-result.ts';
import { SimulatedFleet } from '../support/simulated-fleet.ts';
import { smallCell, smallPlan } from '../support/small-plan.ts';

const MS = 1e6;
const SERVICE_MS = 4;
const FOR_S = 80;

type Law = 'constant' | 'exponential';

/** Service times by sequence number: the same whichever agent serves the request. */
function serviceTimes(law: Law, count: number): (seq: number) => number {
  const rng = stream('11', 'service');
  const drawn = Float64Array.from(
    { length: count },
    () => SERVICE_MS * MS * (law === 'constant' ? 1 : exponential(rng)),
  );
  return (seq) => drawn[seq] ?? SERVICE_MS * MS;
}

/** A place for each agent, loaded to `load` of what it can serve. */
function queuePlan(load: number, agents: number): { readonly plan: Plan; readonly cell: Cell; readonly count: number } {
  const rate = (agents * load * 1000) / SERVICE_MS;
  const phases = phasesOf(
    { kind: 'load', law: 'poisson', rate, durationNs: seconds(FOR_S) },
    { warmupNs: seconds(1), places: agents },
  );
  const count = phases.reduce((sum, phase) => sum + (phase.load.kind === 'open' ? phase.load.count : 0), 0);
  const trials = [{ index: 1, scheduleDigest: null, scheduled: rate * FOR_S }];
  const cell = smallCell({ agents, workers: 1, phases, trials, timeoutNs: seconds(60) });
  return { plan: smallPlan([cell]), cell, count };
}

/** Response times by Lindley's recursion, wait' = max(0, wait + service - gap), milliseconds ascending. */
function lindley(plan: Plan, cell: Cell, share: Share, service: (seq: number) => number): number[] {
  const cursor = shareArrivals(cell.phases, share, { seed: plan.seed, scenario: cell.scenario, trial: 1 });
  const responses: number[] = [];
  let [wait, before, served] = [0, Number.NEGATIVE_INFINITY, 0];
  while (cursor.next()) {
    wait = Math.max(0, wait + served - (cursor.atNs - before));
    before = cursor.atNs;
    served = service(cursor.seq);
    if (cell.phases[cursor.phase]?.purpose === 'measure') responses.push((wait + served) / MS);
  }
  return responses.toSorted((a, b) => a - b);
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const p95 = (sorted: readonly number[]): number => sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Number.NaN;

function queue(law: Law, load: number, agents: number) {
  const { plan, cell, count } = queuePlan(load, agents);
  const service = serviceTimes(law, count);
  const fleet = new SimulatedFleet(plan, { serviceNs: service }).play();
  const [trial] = fleet.judge().cells.flatMap((judged) => judged.trials);
  const expected = Array.from({ length: agents }, (_, index) => lindley(plan, cell, { index, of: agents }, service));
  return { trial: trial as TrialResult, expected };
}

/** Relative distance. */
const off = (observed: number | null, expected: number): number => Math.abs((observed ?? Number.NaN) / expected - 1);

test.for([
  ['constant', 0.5],
  ['constant', 0.8],
  ['exponential', 0.5],
  ['exponential', 0.8],
] as const)(
  'a queue with %s service at load %d responds as Lindley’s recursion says of the same arrivals',
  ([law, load]) => {
    const { trial, expected } = queue(law, load, 1);
    const responses = expected.flat();
    expect(trial.accounting.ok).toBe(responses.length);
    expect(off(trial.latency.response.mean.value, mean(responses))).toBeLessThan(0.001);
    expect(off(trial.latency.response.p95.value, p95(responses))).toBeLessThan(0.001);
  },
);

test('eight agents with a place each are eight queues of their own and not better', () => {
  const { trial, expected } = queue('constant', 0.8, 8);
  const responses = expected.flat().toSorted((a, b) => a - b);
  expect(trial.accounting.ok).toBe(responses.length);
  expect(off(trial.latency.response.mean.value, mean(responses))).toBeLessThan(0.001);
  expect(off(trial.latency.response.p95.value, p95(responses))).toBeLessThan(0.001);
  // M/D/1 by Pollaczek and Khinchine: service + load service / (2 (1 - load)). Eight shares of evenly dealt arrivals
  // would wait a tenth as long, one queue before eight places less than that.
  const khinchine = SERVICE_MS + (0.8 * SERVICE_MS) / (2 * (1 - 0.8));
  expect(off(trial.latency.response.mean.value, khinchine)).toBeLessThan(0.03);
});
