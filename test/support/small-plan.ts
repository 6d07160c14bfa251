import { createHash } from 'node:crypto';
import type { Cell, Plan } from '../../src/campaign/plan.ts';
import { milliseconds, type Ns, ns, seconds } from '../../src/time/ns.ts';

/** A cell against the null target: warm-up of 1 s, then `rate`/s for `forS` seconds. */
export function smallCell(change: Partial<Cell> = {}, rate = 100, forS = 2): Cell {
  const piece = (durationNs: Ns) => [{ from: rate, to: rate, durationNs }] as const;
  const open = (durationNs: Ns, count: number) =>
    ({ kind: 'open', law: 'uniform', profile: piece(durationNs), count }) as const;
  return {
    id: 'nothing/load',
    target: 'nothing',
    spec: { kind: 'null' },
    scenario: 'load',
    values: { batch: 1, workers: 1 },
    engine: 'local',
    agents: 2,
    workers: 1,
    pacing: 'precise',
    backlog: null,
    timeoutNs: seconds(5),
    drainNs: seconds(2),
    phases: [
      {
        name: 'warmup',
        purpose: 'warmup',
        startNs: seconds(-1),
        durationNs: seconds(1),
        load: open(seconds(1), rate),
        slots: 1,
      },
      {
        name: 'load',
        purpose: 'measure',
        startNs: ns(0),
        durationNs: seconds(forS),
        load: open(seconds(forS), rate * forS),
        slots: 20,
      },
    ],
    objectives: [
      {
        text: 'response.p95 < 100ms',
        indicator: { kind: 'latency', metric: 'response', quantile: 0.95 },
        comparison: '<',
        limit: milliseconds(100),
        overNs: null,
        abort: false,
        confidence: 0.99,
      },
    ],
    judge: true,
    judgedBy: 'together',
    trials: [{ index: 1, scheduleDigest: null, scheduled: rate * forS }],
    ...change,
  };
}

/** The campaign file that {@link smallPlan} is made of. */
export const smallCampaign = 'name: small # as given\n';

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** A plan of the given cells, all first trials first. */
export function smallPlan(cells: readonly Cell[] = [smallCell()], change: Partial<Plan> = {}): Plan {
  const most = Math.max(...cells.map((cell) => cell.trials.length));
  const rounds = Array.from({ length: most }, (_, round) =>
    cells.flatMap((cell, index) => (round < cell.trials.length ? [{ cell: index, trial: round + 1 }] : [])),
  );
  return {
    kind: 'loadcell/plan',
    schemaVersion: 1,
    loadcell: '0.1.0',
    campaign: { name: 'small', description: null, environment: null, labels: {}, digest: digestOf(smallCampaign) },
    overrides: [],
    seed: '7',
    cells,
    order: rounds.flat(),
    retryInvalid: 0,
    onLoss: { waitNs: seconds(60) },
    files: [],
    notes: [],
    ...change,
  };
}
