import { createHash } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import type { Objective } from '../../src/campaign/objective.ts';
import type { Cell, Plan } from '../../src/campaign/plan.ts';
import { encodeEvent, encodeStoredInterval, type RunEvent } from '../../src/coordinator/events.ts';
import { jsonText } from '../../src/coordinator/results-folder.ts';
import type { Phase } from '../../src/scenarios/phase.ts';
import { shareArrivals } from '../../src/scenarios/schedule.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { Tally } from '../../src/stats/tally.ts';
import { type Ns, ns, seconds } from '../../src/time/ns.ts';
import { latencyLimits } from '../../src/verdict/limits.ts';
import { type Interval, IntervalSchema } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { encodeInterval, tallyToSlot } from '../../src/wire/interval-codec.ts';

/**
 * A journal as a fleet of two would have written it, from real schedules and a target of a known service time. One
 * warm-up of 2 s at 50/s, one measure phase of 20 s at 200/s; every 50th measured request takes 90 ms, the others
 * 5 ms plus a little; every 40th fails.
 */
export interface JournalOptions {
  /** Milliseconds that every request takes on top. */
  readonly slowerMs?: number;
  /** Seconds after which the user stopped the trial. */
  readonly stopAtS?: number;
  readonly runId?: string;
  /** Of its node. */
  readonly fingerprint?: Readonly<Record<string, unknown>>;
}

/** The campaign file that {@link samplePlan} was made of. */
export const sampleCampaign = 'name: sample\n';

const objective = (text: string, fields: Pick<Objective, 'indicator' | 'comparison' | 'limit'>): Objective => ({
  text,
  ...fields,
  overNs: null,
  abort: false,
  confidence: 0.99,
});

const open = (name: string, purpose: Phase['purpose'], startS: number, durationS: number, rate: number): Phase => ({
  name,
  purpose,
  startNs: seconds(startS),
  durationNs: seconds(durationS),
  load: {
    kind: 'open',
    law: 'poisson',
    profile: [{ from: rate, to: rate, durationNs: seconds(durationS) }],
    count: rate * durationS,
  },
  slots: purpose === 'measure' ? 20 : 1,
});

export const sampleCell: Cell = {
  id: 'sleeper/load',
  target: 'sleeper',
  spec: { kind: 'sleep', law: { kind: 'constant', ns: seconds(0.005) } },
  scenario: 'load',
  values: { batch: 1, workers: 4 },
  engine: 'local',
  agents: 2,
  workers: 4,
  pacing: 'precise',
  backlog: null,
  timeoutNs: seconds(5),
  drainNs: seconds(10),
  phases: [open('warmup', 'warmup', -2, 2, 50), open('load', 'measure', 0, 20, 200)],
  objectives: [
    objective('response.p95 < 100ms', {
      indicator: { kind: 'latency', metric: 'response', quantile: 0.95 },
      comparison: '<',
      limit: 100e6,
    }),
    objective('errors < 5%', { indicator: { kind: 'errors' }, comparison: '<', limit: 0.05 }),
  ],
  judge: true,
  judgedBy: 'together',
  trials: [{ index: 1, scheduleDigest: `sha256:${'ab'.repeat(32)}`, scheduled: 4000 }],
};

export const samplePlan: Plan = {
  kind: 'loadcell/plan',
  schemaVersion: 1,
  loadcell: '0.1.0',
  campaign: {
    name: 'sample',
    description: null,
    environment: null,
    labels: { team: 'vision' },
    digest: `sha256:${createHash('sha256').update(sampleCampaign).digest('hex')}`,
  },
  overrides: [],
  seed: '7',
  cells: [sampleCell],
  order: [{ cell: 0, trial: 1 }],
  retryInvalid: 0,
  onLoss: { waitNs: seconds(60) },
  files: [],
  notes: [],
};

const REF = { cell: 0, trial: 1, attempt: 1 };

/** Payloads of journal records, in order. */
export function sampleJournal(options: JournalOptions = {}): Uint8Array[] {
  const intervals = [0, 1].map((agent) => agentIntervals(agent, options));
  const [first, second] = intervals as [Interval[], Interval[]];
  const sealed: Uint8Array[] = [];
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    for (const interval of [first[i], second[i]]) {
      if (interval === undefined) continue;
      const { agent, seq } = interval;
      sealed.push(encodeStoredInterval({ agent, epoch: 1n, seq: BigInt(seq + 1), interval: encodeInterval(interval) }));
    }
  }
  const stop = options.stopAtS === undefined ? null : { atNs: seconds(options.stopAtS), cause: 'interrupt' as const };
  const before = [...openingOf(options).map((event, i) => at(i, event))];
  const after: RunEvent[] = [
    { kind: 'trial-ended', ...REF, stop },
    ...(stop === null ? [] : [{ kind: 'interrupted', signal: 'SIGINT' } as const]),
    { kind: 'run-ended', state: stop === null ? 'complete' : 'interrupted' },
  ];
  return [...before, ...sealed, ...after.map((event, i) => at(30 + i, event))];
}

const at = (second: number, event: RunEvent): Uint8Array =>
  encodeEvent({
    atNs: seconds(second),
    wall: `2026-11-22T05:18:${String(second).padStart(2, '0')}.000Z`,
    event,
  });

const openingOf = ({
  runId = '20261122T051800Z-sample-7f3a',
  fingerprint = { cpu: { model: 'Example CPU', cores: 2 } },
}: JournalOptions): readonly RunEvent[] => [
  {
    kind: 'run-started',
    runId,
    planDigest: `sha256:${createHash('sha256').update(jsonText(samplePlan)).digest('hex')}`,
    source: { commit: 'a'.repeat(40), dirty: false, ci: null },
  },
  { kind: 'node', id: 'node-1', fingerprint },
  { kind: 'agent-registered', agent: 0, name: 'agent-0', node: 'node-1', pid: 100, attempt: 1 },
  { kind: 'agent-registered', agent: 1, name: 'agent-1', node: 'node-1', pid: 101, attempt: 1 },
  {
    kind: 'calibration',
    node: 'node-1',
    ageS: 3600,
    result: {
      driver: 'in-process',
      pacing: 'precise',
      workers: 4,
      takenAt: '2026-11-22T04:18:00.000Z',
      ceilingPerSecond: 250_000,
      lagMs: { p50: 0.01, p99: 0.08, 'p99.9': 0.2 },
      timer: { resolutionUs: 0.1, sleepLateP50Us: 60, sleepLateP99Us: 200 },
      recordNs: 5,
      checks: [{ name: 'stall-p90', expectedMs: 200, observedMs: 200.4, error: 0.002, ok: true }],
    },
  },
  { kind: 'clock', agent: 0, offsetMs: 0.01, boundMs: 0.05, driftPpm: 0.1 },
  { kind: 'clock', agent: 1, offsetMs: -0.02, boundMs: 0.06, driftPpm: 0.2 },
  { kind: 'agent-ready', ...REF, agent: 0, facts: { start: { sessionMs: 1, firstInferenceMs: 5 } } },
  { kind: 'agent-ready', ...REF, agent: 1, facts: { start: { sessionMs: 2, firstInferenceMs: 6 } } },
  { kind: 'trial-started', ...REF, zeroWall: '2026-11-22T05:18:08.500Z', spreadMs: 0.7 },
];

/** What the agent's own fold would have sealed: one interval per second from the start of warm-up. */
function agentIntervals(agent: number, options: JournalOptions): Interval[] {
  const limits = latencyLimits(sampleCell.objectives);
  const stopNs = options.stopAtS === undefined ? Number.POSITIVE_INFINITY : seconds(options.stopAtS);
  const intervals = new Map<number, { slots: Map<string, Tally>; counts: Map<number, PhaseCount>; settledS: number }>();
  const cancelled = [0, 0];
  const second = (atNs: number) => {
    const seq = Math.floor((atNs + 2e9) / 1e9);
    const known = intervals.get(seq) ?? { slots: new Map(), counts: new Map(), settledS: 0 };
    intervals.set(seq, known);
    return known;
  };
  const countAt = (atNs: number, phase: number): PhaseCount => {
    const { counts } = second(atNs);
    const known = counts.get(phase) ?? { offered: 0, started: 0, achieved: 0, failed: 0 };
    counts.set(phase, known);
    return known;
  };
  const context = { seed: samplePlan.seed, scenario: sampleCell.scenario, trial: 1 };
  const arrivals = shareArrivals(sampleCell.phases, { index: agent, of: 2 }, context);
  while (arrivals.next()) {
    const phase = sampleCell.phases[arrivals.phase] as Phase;
    if (arrivals.atNs >= stopNs) {
      cancelled[arrivals.phase] = (cancelled[arrivals.phase] ?? 0) + 1;
      continue;
    }
    const lagNs = 20_000 + (arrivals.seq % 7) * 1000;
    const serviceNs = serviceOf(arrivals.seq, phase) + (options.slowerMs ?? 0) * 1e6;
    const responseNs = lagNs + serviceNs;
    const doneNs = arrivals.atNs + responseNs;
    const failed = phase.purpose === 'measure' && arrivals.seq % 40 === 0;
    countAt(arrivals.atNs, arrivals.phase).offered++;
    countAt(arrivals.atNs, arrivals.phase).started++;
    countAt(doneNs, arrivals.phase)[failed ? 'failed' : 'achieved']++;
    const done = second(doneNs);
    done.settledS += responseNs / 1e9;
    const slot = Math.floor(((arrivals.atNs - phase.startNs) / phase.durationNs) * phase.slots);
    const key = `${arrivals.phase}/${slot}`;
    const tally = done.slots.get(key) ?? new Tally(limits.length);
    done.slots.set(key, tally);
    record(tally, { failed, responseNs, serviceNs, lagNs, over: limits.map(({ limitNs }) => responseNs >= limitNs) });
  }
  const last = Math.max(...intervals.keys());
  const inFlightAtEnd = 0n;
  return Array.from({ length: last + 1 }, (_, seq) => {
    const of = second(seq * 1e9 - 2e9);
    return create(IntervalSchema, {
      ...REF,
      agent,
      seq,
      startNs: BigInt(seq * 1e9 - 2e9),
      endNs: BigInt(seq * 1e9 - 1e9),
      slots: [...of.slots].map(([key, tally]) => {
        const [phase, slot] = key.split('/').map(Number) as [number, number];
        return tallyToSlot(phase, slot, tally);
      }),
      phases: [0, 1].flatMap((phase) => {
        const counts = of.counts.get(phase);
        const later = seq === last ? (cancelled[phase] ?? 0) : 0;
        return counts === undefined && later === 0 ? [] : [{ phase, ...counts, cancelled: BigInt(later) }];
      }),
      failures: failuresOf(of.slots, seq),
      slowest: [],
      inFlight: inFlightAtEnd,
      inFlightS: of.settledS,
      settledS: of.settledS,
      host: { pacingCpuS: 0.05, pacingWallS: 1, cpu: 0.4, steal: 0.001, rssBytes: BigInt(2 ** 26), throttledUs: 0n },
      last: seq === last,
      ...(seq === last && Number.isFinite(stopNs) ? { stoppedNs: BigInt(stopNs) } : {}),
    });
  });
}

interface PhaseCount {
  offered: number;
  started: number;
  achieved: number;
  failed: number;
}

const serviceOf = (seq: number, phase: Phase): number =>
  phase.purpose === 'measure' && seq % 50 === 0 ? 90e6 : 5e6 + (seq % 101) * 10_000;

function record(
  tally: Tally,
  request: { failed: boolean; responseNs: number; serviceNs: number; lagNs: number; over: readonly boolean[] },
): void {
  const outcome = request.failed ? Outcome.targetError : Outcome.ok;
  tally.outcomes[outcome] = (tally.outcomes[outcome] ?? 0) + 1;
  tally.started++;
  tally.lag.record(request.lagNs);
  if (request.failed) return;
  tally.response.record(request.responseNs);
  tally.service.record(request.serviceNs);
  tally.wait.record(0);
  tally.inTime++;
  if (!request.over.some(Boolean)) tally.good++;
  request.over.forEach((isOver, i) => {
    if (!isOver) return;
    tally.over[i] = (tally.over[i] ?? 0) + 1;
    tally.overLessLag[i] = (tally.overLessLag[i] ?? 0) + 1;
  });
}

function failuresOf(slots: ReadonlyMap<string, Tally>, seq: number): Interval['failures'] {
  let count = 0;
  for (const tally of slots.values()) count += tally.outcomes[Outcome.targetError] ?? 0;
  if (count === 0) return [];
  const failure = {
    phase: 1,
    class: 'target-error',
    code: '503',
    message: 'busy',
    count,
    firstNs: BigInt(seq) * 10n ** 9n,
  };
  return create(IntervalSchema, { failures: [failure] }).failures;
}

/** The instant at which the sample trial's load ends. */
export const sampleEndNs: Ns = ns(20e9);
