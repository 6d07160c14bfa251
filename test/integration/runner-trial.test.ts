import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Outcome } from '../../src/stats/outcome.ts';
import { milliseconds, ns, seconds } from '../../src/time/ns.ts';
import { responseMs, type ServedTrial, serve } from '../support/served-trial.ts';
import { closedLoad, openLoad, phase, trialSpec } from '../support/trial-spec.ts';

const trouble = fileURLToPath(new URL('../support/trouble-worker.ts', import.meta.url));

const outcomes = (served: ServedTrial, index = 0): number[] => Array.from(served.phases[index]?.tally.outcomes ?? []);
const of = (served: ServedTrial, outcome: Outcome, index = 0): number => outcomes(served, index)[outcome] ?? 0;

/** What must hold of every trial, whatever happened in it. */
function expectExactBooks(served: ServedTrial): void {
  served.phases.forEach((seen, index) => {
    expect(seen.tally.settled, `scheduled = sum of outcomes in phase ${index}`).toBe(seen.offered);
    expect(seen.started).toBe(seen.tally.started);
    expect(seen.achieved).toBe(seen.tally.ok);
    expect(seen.failed).toBe(seen.tally.settled - seen.tally.ok);
  });
  expect(served.last.inFlight).toBe(0);
  expect(Math.abs(served.inFlightS - served.settledS)).toBeLessThan(1e-6 * (1 + served.settledS));
  expect(served.intervals.map(({ seq }) => seq)).toEqual(served.intervals.map((_, i) => i));
  served.intervals.slice(1).forEach((interval, i) => {
    expect(interval.startNs).toBe(served.intervals[i]?.endNs);
  });
}

/**
 * How much longer than the analytic answer a busy machine may take, which is the harness's lag and charged as such. What is
 * charged twice would be longer still, what is charged too little shorter.
 */
const LATE_MS = 350;

test.for([1, 8, 64])('a stall charges every request that it delayed, with %i workers', async (workers) => {
  const stall = { kind: 'stall', atNs: milliseconds(500), forNs: milliseconds(600), otherwiseNs: ns(0) } as const;
  const served = await serve(
    trialSpec({
      phases: [phase('steady', 0, 2, openLoad(200, 2))],
      target: { kind: 'sleep', law: stall },
      workers,
      limits: [{ metric: 'response', limitNs: 100e6 }],
    }),
  );
  expectExactBooks(served);
  expect(outcomes(served)).toEqual([400, 0, 0, 0, 0, 0, 0]);
  // 120 of 400 meet the stall: 600, 595, ... 5 ms; the 40 slowest lie above P90, the 4 slowest above P99.
  expect(responseMs(served, 0.9)).toBeGreaterThanOrEqual(400 * 0.99);
  expect(responseMs(served, 0.9)).toBeLessThanOrEqual(400 + LATE_MS);
  expect(responseMs(served, 0.99)).toBeGreaterThanOrEqual(580 * 0.99);
  expect(responseMs(served, 0.99)).toBeLessThanOrEqual(580 + LATE_MS);
  expect(served.phases[0]?.tally.over[0]).toBeGreaterThanOrEqual(101);
});

test('a stopped trial counts what it could not start as unfinished and what came after as cancelled', async () => {
  const served = await serve(
    trialSpec({
      phases: [phase('warmup', -0.5, 0.5, openLoad(20, 0.5)), phase('load', 0, 60, openLoad(200, 60, 'poisson'))],
      target: { kind: 'sleep', law: { kind: 'constant', ns: milliseconds(10) } },
    }),
    { meanwhile: (trial) => trial.stop(700e6) },
  );
  expectExactBooks(served);
  expect(served.last.closing?.stoppedNs).toBe(700e6);
  expect(served.end.inFlight).toBe(0);
  const [warmup, load] = served.phases;
  expect(warmup?.offered).toBe(10);
  expect((load?.offered ?? 0) + (served.last.closing?.cancelled[1] ?? 0)).toBe(12_000);
  expect(load?.offered).toBeGreaterThan(90);
  expect(load?.offered).toBeLessThan(190);
  expect(of(served, Outcome.unfinished, 1)).toBeGreaterThan(40);
  expect(served.last.closing?.notStartedThoughFree).toEqual([0, 0]);
  // Ended by its stop, and long before its minute is over.
  expect(served.last.endNs).toBeLessThan(seconds(10));
});

test('a stop that comes after its instant takes effect when it comes', async () => {
  const served = await serve(trialSpec({ phases: [phase('load', 0, 60, openLoad(500, 60))], workers: 3 }), {
    meanwhile: (trial) => setTimeout(() => trial.stop(1), 300),
  });
  expectExactBooks(served);
  const stoppedNs = served.last.closing?.stoppedNs ?? 0;
  expect(stoppedNs).toBeGreaterThan(200e6);
  expect(served.phases[0]?.offered).toBe(Math.ceil((stoppedNs / 1e9) * 500));
  // What was due and not yet started: on a busy machine the arrivals of a tenth of a second, and never the 150 before it.
  expect(of(served, Outcome.unfinished)).toBeLessThan(60);
});

test('what is in flight or waiting when the drain is over is unfinished', async () => {
  const served = await serve(
    trialSpec({
      phases: [phase('load', 0, 0.2, openLoad(50, 0.2))],
      // Half a second lies between the drain's end and the first two answers, and the next two.
      target: { kind: 'sleep', law: { kind: 'constant', ns: milliseconds(1000) } },
      workers: 2,
      drainNs: milliseconds(1300),
    }),
  );
  expectExactBooks(served);
  expect(of(served, Outcome.ok)).toBe(2);
  expect(of(served, Outcome.unfinished)).toBe(8);
  expect(served.end.inFlight).toBe(2);
  expect(served.last.closing).toMatchObject({ stoppedNs: null, cancelled: [0], notStartedThoughFree: [0] });
  expect(served.last.endNs).toBeGreaterThanOrEqual(1500e6);
});

test('a full backlog sheds the oldest request, so that none waits for longer than the cap takes to arrive', async () => {
  const served = await serve(
    trialSpec({
      phases: [phase('load', 0, 1, openLoad(200, 1))],
      target: { kind: 'sleep', law: { kind: 'constant', ns: milliseconds(20) } },
      backlog: 5,
    }),
  );
  expectExactBooks(served);
  expect(of(served, Outcome.shed)).toBeGreaterThan(100);
  expect(of(served, Outcome.ok) + of(served, Outcome.shed)).toBe(200);
  // At most 5 others are due when one starts, so it has waited for 6 gaps of 5 ms at most - but for the last 6 of all,
  // behind which nothing comes.
  expect(served.phases[0]?.tally.wait.quantileNs(0.8)).toBeLessThanOrEqual(30.1e6);
});

test('a request that waited past its timeout is not started', async () => {
  const served = await serve(
    trialSpec({
      phases: [phase('load', 0, 0.5, openLoad(100, 0.5))],
      target: { kind: 'sleep', law: { kind: 'constant', ns: milliseconds(30) } },
      timeoutNs: milliseconds(100),
    }),
  );
  expectExactBooks(served);
  const { tally } = served.phases[0] ?? {};
  expect(of(served, Outcome.timeout)).toBeGreaterThan(25);
  expect(of(served, Outcome.ok) + of(served, Outcome.timeout)).toBe(50);
  expect(tally?.response.maxNs).toBeLessThan(100e6);
  expect(tally?.started).toBeLessThan(25);
  expect(served.last.closing?.notStartedThoughFree).toEqual([0]);
  const failures = served.intervals.flatMap((interval) => interval.failures);
  expect(failures.map(({ class: name, code }) => `${name}/${code}`)).toContain('timeout/timeout');
  expect(failures.reduce((count, failure) => count + failure.count, 0)).toBe(of(served, Outcome.timeout));
});

test('a closed phase keeps its share in flight, thinks, and schedules nothing beyond what it starts', async () => {
  const served = await serve(
    trialSpec({
      phases: [phase('closed', 0, 0.6, closedLoad(5, 10))],
      target: { kind: 'sleep', law: { kind: 'constant', ns: milliseconds(20) } },
      share: { index: 1, of: 2 },
      workers: 4,
    }),
  );
  expectExactBooks(served);
  // Places 1 and 3 of 5 belong to this agent: two requests at a time, a cycle of 30 ms each, 20 of them in 0.6 s, fewer
  // on a machine that is busy.
  const [seen] = served.phases;
  expect(seen?.tally.ok).toBe(seen?.started);
  expect(seen?.tally.ok).toBeGreaterThan(10);
  expect(seen?.tally.ok).toBeLessThanOrEqual(40);
  expect(seen?.tally.wait.maxNs).toBe(0);
  const places = served.intervals.flatMap(({ slowest }) => slowest.map(({ seq }) => seq % 5));
  expect(new Set(places)).toEqual(new Set([1, 3]));
});

test('a place that comes from one closed phase into the next goes on from its last completion', async () => {
  const served = await serve(
    trialSpec({
      phases: [
        phase('warmup', -0.5, 0.5, closedLoad(1, 0)),
        phase('short', 0, 0.05, closedLoad(1, 0)),
        phase('closed', 0.05, 1.5, closedLoad(1, 100)),
      ],
      target: { kind: 'sleep', law: { kind: 'constant', ns: milliseconds(300) } },
    }),
  );
  expectExactBooks(served);
  const [warmup, short, closed] = served.phases;
  expect(warmup?.tally.ok).toBe(2);
  // The second request of the warm-up ends 100 ms into what follows: the short phase is over by then.
  expect(short?.offered).toBe(0);
  expect(closed?.tally.wait.maxNs).toBe(0);
  const [first] = served.intervals.flatMap(({ slowest }) => slowest).toSorted((a, b) => a.intendedNs - b.intendedNs);
  // It thinks after that completion, not from the phase's beginning on, and no wait is charged.
  expect(first?.intendedNs).toBeGreaterThanOrEqual(200e6);
  expect(responseMs(served, 0.5, 2)).toBeLessThan(500);
});

test('all at once: everything is served, however long it takes, after a warm-up that keeps every place busy', async () => {
  const served = await serve(
    trialSpec({
      phases: [phase('warmup', -0.6, 0.6, closedLoad(2, 0)), phase('offline', 0, 0, { kind: 'atOnce', count: 60 })],
      target: { kind: 'sleep', law: { kind: 'constant', ns: milliseconds(20) } },
      workers: 2,
      timeoutNs: milliseconds(550),
      drainNs: milliseconds(300),
      backlog: 3,
    }),
  );
  expectExactBooks(served);
  expect(outcomes(served, 1)).toEqual([60, 0, 0, 0, 0, 0, 0]);
  expect(served.phases[1]?.tally.inTime).toBe(60);
  expect(served.phases[0]?.tally.ok).toBeGreaterThan(15);
  expect(responseMs(served, 1, 1)).toBeGreaterThan(590);
});

test('phases follow one another without a gap', async () => {
  const phases = [0, 1, 2, 3].map((i) => phase(`level ${i}`, i * 0.1, 0.1, openLoad(1000, 0.1)));
  const served = await serve(trialSpec({ phases, workers: 2 }));
  expectExactBooks(served);
  expect(served.phases.map((seen) => seen.tally.ok)).toEqual([100, 100, 100, 100]);
});

test('a target that throws gives failures with its own words', async () => {
  const served = await serve(trialSpec({ scenario: 'throws-a-bug', workers: 2 }), { workerFile: trouble });
  expectExactBooks(served);
  expect(of(served, Outcome.targetError)).toBe(100);
  const [failure] = served.intervals[0]?.failures ?? [];
  expect(failure).toMatchObject({
    class: 'target-error',
    code: 'TypeError',
    message: 'undefined is not a function',
    phase: 0,
  });
});

test('the table of failures is bounded in kinds and in length, and no failure is lost in it', async () => {
  const served = await serve(trialSpec({ scenario: 'rejects-with-many-codes' }), { workerFile: trouble });
  expectExactBooks(served);
  expect(of(served, Outcome.rejected)).toBe(100);
  const failures = served.intervals.flatMap((interval) => interval.failures);
  expect(new Set(failures.map(({ code }) => code)).size).toBe(65);
  expect(failures.reduce((count, failure) => count + failure.count, 0)).toBe(100);
  expect(failures.find(({ code }) => code === 'further')?.count).toBeGreaterThanOrEqual(1);
  expect(Math.max(...failures.map(({ message }) => message.length))).toBe(200);
});

test('a target that answers with promises, or with an outcome of its own, is served alike', async () => {
  const late = await serve(trialSpec({ scenario: 'answers-late' }), { workerFile: trouble });
  expectExactBooks(late);
  expect(of(late, Outcome.ok)).toBe(100);
  const wrong = await serve(trialSpec({ scenario: 'answers-wrongly' }), { workerFile: trouble });
  expectExactBooks(wrong);
  expect(of(wrong, Outcome.wrongOutput)).toBe(100);
});

test('shares of a fleet are served without any arrival lost or doubled', async () => {
  const phases = [phase('load', 0, 0.5, openLoad(400, 0.5, 'poisson'))];
  const agents = await Promise.all([0, 1, 2].map((index) => serve(trialSpec({ phases, share: { index, of: 3 } }))));
  for (const served of agents) expectExactBooks(served);
  expect(agents.reduce((ok, served) => ok + of(served, Outcome.ok), 0)).toBe(200);
});

test('a closed phase goes on beyond its duration until it has sent the requests that it must hold, no more', async () => {
  const load = { kind: 'closed', inFlight: 2, thinkNs: ns(0), atLeast: 31 } as const;
  const served = await serve(
    trialSpec({
      phases: [phase('closed', 0, 0.1, load)],
      target: { kind: 'sleep', law: { kind: 'constant', ns: milliseconds(20) } },
      workers: 2,
      drainNs: milliseconds(200),
      timeoutNs: milliseconds(500),
    }),
  );
  expectExactBooks(served);
  expect(outcomes(served)).toEqual([31, 0, 0, 0, 0, 0, 0]);
  // Place 0 serves 0, 2, ... 30 and place 1 the others: 16 requests of 20 ms in one place, longer than phase and drain.
  const { lastSettledNs } = served.last.closing ?? {};
  expect(lastSettledNs).toBeGreaterThanOrEqual(320e6);
  expect(served.phases[0]?.tally.inTime).toBe(31);
});

test('where a closed phase has sent enough requests, its duration ends it', async () => {
  const load = { kind: 'closed', inFlight: 1, thinkNs: ns(0), atLeast: 3 } as const;
  const served = await serve(trialSpec({ phases: [phase('closed', 0, 0.2, load)] }));
  expect(of(served, Outcome.ok)).toBeGreaterThan(100);
  expect(served.last.closing?.lastSettledNs).toBeLessThan(1e9);
});
