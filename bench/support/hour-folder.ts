import { join } from 'node:path';
import type { Cell, Plan } from '../../src/campaign/plan.ts';
import { encodeEvent, encodeStoredInterval, type RunEvent } from '../../src/coordinator/events.ts';
import { createResultsFolder, jsonText, writeWhole } from '../../src/coordinator/results-folder.ts';
import { JournalWriter } from '../../src/coordinator/results-journal.ts';
import { phasesOf } from '../../src/scenarios/presets.ts';
import { type Rng, stream } from '../../src/scenarios/rng.ts';
import { shareArrivals } from '../../src/scenarios/schedule.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { Tally } from '../../src/stats/tally.ts';
import { NS_PER_S, seconds } from '../../src/time/ns.ts';
import { latencyLimits } from '../../src/verdict/limits.ts';
import { type Interval, IntervalSchema } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { encodeInterval, tallyToSlot } from '../../src/wire/interval-codec.ts';
import { create } from '../../src/wire/protobuf.ts';
import { smallCampaign, smallCell, smallPlan } from '../../test/support/small-plan.ts';

const WARMUP_S = 5;
const REF = { cell: 0, trial: 1, attempt: 1 };

/** What a fleet left behind: agents, the length of its one measure phase and the rate of the whole fleet. */
export interface Hour {
  readonly agents: number;
  readonly forS: number;
  readonly rate: number;
}

/**
 * A results folder as the coordinator leaves it before anything is judged: one trial of a soak whose service times are
 * lognormal around 6 ms and wander from second to second, one request in a thousand failing. Returns its path.
 */
export async function recordHour(results: string, hour: Hour): Promise<string> {
  const plan = planOf(hour);
  const [cell] = plan.cells;
  if (cell === undefined) throw new Error('hour: expected a cell');
  const folder = await createResultsFolder(results, '20261122T051800Z-hour-0001');
  await writeWhole(join(folder, 'campaign.yaml'), smallCampaign);
  await writeWhole(join(folder, 'plan.json'), jsonText(plan));
  const journal = new JournalWriter(folder, { gatherMs: 0 });
  for (const event of opening(hour.agents)) void journal.append(recordOf(0, event));
  const fleet = Array.from({ length: hour.agents }, (_, agent) => intervalsOf(plan, cell, agent));
  for (let seq = 0; seq < (fleet[0]?.length ?? 0); seq++) {
    const sealed = fleet.flatMap((intervals) => intervals[seq] ?? []);
    await Promise.all(sealed.map((interval) => journal.append(stored(interval))));
  }
  void journal.append(recordOf(hour.forS, { kind: 'trial-ended', ...REF, stop: null }));
  void journal.append(recordOf(hour.forS, { kind: 'run-ended', state: 'complete' }));
  await journal.close();
  return folder;
}

function planOf({ agents, forS, rate }: Hour): Plan {
  const durationNs = seconds(forS);
  const phases = phasesOf(
    { kind: 'soak', law: 'poisson', rate, durationNs },
    { warmupNs: seconds(WARMUP_S), places: agents },
  );
  const trials = [{ index: 1, scheduleDigest: null, scheduled: rate * forS }];
  const plan = smallPlan([smallCell({ id: 'nothing/soak', scenario: 'soak', agents, phases, trials })]);
  return { ...plan, campaign: { ...plan.campaign, name: 'hour' } };
}

const opening = (agents: number): RunEvent[] => [
  { kind: 'run-started', runId: '20261122T051800Z-hour-0001', source: { commit: null, dirty: null, ci: null } },
  ...Array.from({ length: agents }, (_, agent): RunEvent[] => [
    { kind: 'node', id: `node-${agent}`, fingerprint: { cpu: { model: 'Example CPU', cores: 2 } } },
    { kind: 'agent-registered', agent, name: `agent-${agent}`, node: `node-${agent}`, pid: 100 + agent, attempt: 1 },
    { kind: 'clock', agent, offsetMs: 0.01, boundMs: 0.05, driftPpm: 0.1 },
    { kind: 'agent-ready', ...REF, agent, facts: { start: { sessionMs: 1, firstInferenceMs: 5 } } },
  ]).flat(),
  { kind: 'trial-started', ...REF, zeroWall: '2026-11-22T05:18:08.500Z', spreadMs: 0.7 },
];

const recordOf = (atS: number, event: RunEvent): Uint8Array =>
  encodeEvent({ atNs: seconds(atS), wall: new Date(Date.UTC(2026, 10, 22, 5, 18, atS)).toISOString(), event });

const stored = (interval: Interval): Uint8Array =>
  encodeStoredInterval({
    agent: interval.agent,
    epoch: 1n,
    seq: BigInt(interval.seq + 1),
    interval: encodeInterval(interval),
  });

interface Second {
  readonly tallies: Map<string, Tally>;
  offered: number;
  achieved: number;
  failed: number;
  settledS: number;
}

/** One agent's intervals, as its own fold would have sealed them. */
function intervalsOf(plan: Plan, cell: Cell, agent: number): Interval[] {
  const { phases } = cell;
  const limits = latencyLimits(cell.objectives);
  const rng = stream(plan.seed, `hour/${agent}`);
  const beginNs = phases[0]?.startNs ?? 0;
  const lastNs = (phases.at(-1)?.startNs ?? 0) + (phases.at(-1)?.durationNs ?? 0);
  const rows = Array.from({ length: (lastNs - beginNs) / NS_PER_S + 1 }, emptySecond);
  const arrivals = shareArrivals(
    phases,
    { index: agent, of: cell.agents },
    { seed: plan.seed, scenario: cell.scenario, trial: 1 },
  );
  while (arrivals.next()) {
    const phase = phases[arrivals.phase];
    const row = rows[Math.floor((arrivals.atNs - beginNs) / NS_PER_S)];
    if (phase === undefined || row === undefined) throw new Error('hour: an arrival outside the plan');
    const slot = Math.floor(((arrivals.atNs - phase.startNs) / phase.durationNs) * phase.slots);
    const lagNs = 15_000 + 60_000 * rng.next() ** 3;
    const serviceNs = 6e6 * Math.exp(0.35 * gaussian(rng) + 0.1 * Math.sin(arrivals.atNs / 40e9));
    const waitNs = rng.next() < 0.1 ? 4e6 * rng.next() : 0;
    const responseNs = waitNs + lagNs + serviceNs;
    const done = rows[Math.min(rows.length - 1, Math.floor((arrivals.atNs + responseNs - beginNs) / NS_PER_S))] ?? row;
    row.offered++;
    done.settledS += responseNs / NS_PER_S;
    const key = `${arrivals.phase}/${slot}`;
    const tally = done.tallies.get(key) ?? new Tally(limits.length);
    done.tallies.set(key, tally);
    tally.started++;
    tally.lag.record(lagNs);
    if (rng.next() < 0.001) {
      done.failed++;
      tally.outcomes[Outcome.targetError] = (tally.outcomes[Outcome.targetError] ?? 0) + 1;
      continue;
    }
    done.achieved++;
    tally.outcomes[Outcome.ok] = (tally.outcomes[Outcome.ok] ?? 0) + 1;
    tally.response.record(responseNs);
    tally.service.record(serviceNs);
    tally.wait.record(waitNs);
    tally.inTime++;
    tally.good++;
  }
  return rows.map((row, seq) => interval(row, agent, seq, beginNs + seq * NS_PER_S, seq === rows.length - 1));
}

const emptySecond = (): Second => ({ tallies: new Map(), offered: 0, achieved: 0, failed: 0, settledS: 0 });

function interval(row: Second, agent: number, seq: number, startNs: number, last: boolean): Interval {
  const phase = startNs < 0 ? 0 : 1;
  return create(IntervalSchema, {
    ...REF,
    agent,
    seq,
    startNs: BigInt(startNs),
    endNs: BigInt(startNs + NS_PER_S),
    slots: [...row.tallies].map(([key, tally]) => {
      const [of = 0, slot = 0] = key.split('/').map(Number);
      return tallyToSlot(of, slot, tally);
    }),
    phases: [{ phase, offered: row.offered, started: row.offered, achieved: row.achieved, failed: row.failed }],
    inFlightS: row.settledS,
    settledS: row.settledS,
    host: { pacingCpuS: 0.05, pacingWallS: 1, cpu: 0.4, steal: 0.001, rssBytes: BigInt(2 ** 26), throttledUs: 0n },
    last,
  });
}

/** Box and Muller's transform. */
const gaussian = (rng: Rng): number => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());
