import type { Cell, Plan } from '../../src/campaign/plan.ts';
import { pageKit } from '../../src/coordinator/page-kit.ts';
import { assembleBenchmarks } from '../../src/report/benchmarks.ts';
import { htmlReport } from '../../src/report/html/page.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { ns } from '../../src/time/ns.ts';
import type { TrialEvidence } from '../../src/verdict/evidence.ts';
import { judgeCell } from '../../src/verdict/judge-cell.ts';
import { judgeRun } from '../../src/verdict/judge-run.ts';
import type { PeakResult } from '../../src/verdict/peak/found.ts';
import type { Benchmarks } from '../../src/verdict/result.ts';
import { sampleBenchmarks } from './benchmarks.ts';
import { cellOf, errorsBelow, latencyBelow, openPhase, withTrials } from './cells.ts';
import { evidenceOf, type MadeRequest, request } from './evidence.ts';
import { samplePlan } from './run-journal.ts';

/** Text that would run, were it ever taken for markup. */
export const HOSTILE = `</script><img src=x onerror="document.title='owned'"><script>document.title='owned'</script> & 🎯 \u202e`;

/** A run as it is judged, made of requests of known times. */
export interface MadeRun {
  readonly plan: Plan;
  readonly trials: readonly TrialEvidence[];
  readonly benchmarks: Benchmarks;
}

const WARM_UP = { ...openPhase('warmup', 20, 2, -2), purpose: 'warmup' as const, slots: 1 };
const OBJECTIVES = [latencyBelow(0.95, 50), errorsBelow(0.05)];

/** Steady but for seconds 5 and 6, in which every request fails; in second 9 there is none. */
const outage: Cell = cellOf([WARM_UP, openPhase('load', 40, 20)], OBJECTIVES, { id: 'shaky/load', target: 'shaky' });

/** Three levels, each slower, twice. */
const stairs: Cell = withTrials(
  cellOf(
    [WARM_UP, ...[0, 1, 2].map((i) => openPhase(`level ${i + 1} (${40 * (i + 1)}/s)`, 40 * (i + 1), 10, 10 * i))],
    OBJECTIVES,
    { id: 'steady/stress', target: 'steady', scenario: 'stress', judgedBy: 'level' },
  ),
  2,
);

/** Two cells: one with an outage and hostile texts, one with levels and two trials. */
export function eventfulRun(): MadeRun {
  const failing = (atMs: number): Partial<MadeRequest> =>
    atMs >= 5000 && atMs < 7000 ? { outcome: Outcome.targetError } : {};
  const hostile: Partial<TrialEvidence> = {
    failures: [
      { class: 'target-error', code: '<503>', message: HOSTILE, count: 80, firstNs: ns(5e9), agent: 0 },
      { class: 'timeout', code: 'timeout', message: 'no answer', count: 1, firstNs: ns(6e9), agent: 0 },
    ],
    slowest: [
      { seq: 7, sample: 3, intendedNs: ns(1e9), waitNs: ns(2e6), lagNs: ns(1e4), serviceNs: ns(9e6), agent: 0 },
    ],
  };
  return madeRun([
    {
      cell: outage,
      trials: [
        evidenceOf(
          outage,
          requestsOf(outage, (atMs) => atMs / 2000, failing),
          hostile,
        ),
      ],
    },
    {
      cell: stairs,
      trials: [1, 2].map((trial) => ({
        ...evidenceOf(
          stairs,
          requestsOf(stairs, (atMs) => atMs / 1000 + trial),
        ),
        trial,
      })),
    },
  ]);
}

/** `count` cells of a steady minute each. */
export function longRun(count: number): MadeRun {
  const first = cellOf([WARM_UP, openPhase('load', 20, 60)], OBJECTIVES);
  const evidence = evidenceOf(
    first,
    requestsOf(first, (atMs) => (atMs / 1000) % 7),
  );
  return madeRun(
    Array.from({ length: count }, (_, i) => ({ cell: { ...first, id: `target-${i + 1}/load` }, trials: [evidence] })),
  );
}

export const pageOf = ({ benchmarks, plan, trials }: MadeRun): string =>
  htmlReport(benchmarks, plan, trials, pageKit());

/** The first cell of a run as a search that found this. */
export const asSearch = (run: MadeRun, peak: PeakResult): MadeRun => {
  const cells = run.benchmarks.cells.map((cell, index) => (index === 0 ? { ...cell, peak } : cell));
  return { ...run, benchmarks: { ...run.benchmarks, cells } };
};

/** Arrivals at even distances, each taking 5 ms and `moreMs` of its instant. */
function requestsOf(
  { phases }: Cell,
  moreMs: (atMs: number) => number,
  more: (atMs: number) => Partial<MadeRequest> = () => ({}),
): MadeRequest[] {
  return phases.flatMap(({ startNs, load }, phase) => {
    if (load.kind !== 'open') return [];
    const everyMs = 1000 / load.profile[0].from;
    return Array.from({ length: load.count }, (_, i) => startNs / 1e6 + i * everyMs)
      .filter((atMs) => atMs < 9000 || atMs >= 10_000)
      .map((atMs) =>
        request(atMs, { service: 5 + moreMs(Math.max(0, atMs)), wait: 0.5, lag: 0.02 }, { phase, ...more(atMs) }),
      );
  });
}

function madeRun(cells: readonly { readonly cell: Cell; readonly trials: readonly TrialEvidence[] }[]): MadeRun {
  const plan: Plan = {
    ...samplePlan,
    campaign: { ...samplePlan.campaign, description: `Made up.\n${HOSTILE}`, environment: 'staging' },
    cells: cells.map(({ cell }) => cell),
  };
  const results = cells.map(({ cell, trials }) => judgeCell(cell, trials, (agent) => `agent-${agent}`));
  const record = { ...sampleBenchmarks, ...sampleBenchmarks.run, targets: new Map() };
  return {
    plan,
    trials: cells.flatMap(({ trials }, cell) => trials.map((trial) => ({ ...trial, cell }))),
    benchmarks: assembleBenchmarks(plan, record, results, judgeRun(results, 'complete')),
  };
}
