import { expect, test } from 'vitest';
import {
  decodeJournalRecord,
  encodeEvent,
  encodeStoredInterval,
  type RunEvent,
} from '../../../src/coordinator/events.ts';
import { EvidenceFold, type RunEvidence } from '../../../src/coordinator/evidence.ts';
import { Outcome } from '../../../src/stats/outcome.ts';
import { ns, seconds } from '../../../src/time/ns.ts';
import type { TrialEvidence } from '../../../src/verdict/evidence.ts';
import { sampleCell, sampleJournal, samplePlan } from '../../support/run-journal.ts';

function fold(records: readonly Uint8Array[]): RunEvidence {
  const evidence = new EvidenceFold(samplePlan);
  for (const record of records) evidence.add(decodeJournalRecord(record));
  return evidence.evidence();
}

function onlyTrial(records: readonly Uint8Array[]): TrialEvidence {
  const { trials } = fold(records);
  expect(trials).toHaveLength(1);
  return trials[0] as TrialEvidence;
}

const isInterval = (record: Uint8Array): boolean => decodeJournalRecord(record).kind === 'interval';
function agentOf(record: Uint8Array): number | null {
  const entry = decodeJournalRecord(record);
  return entry.kind === 'interval' ? entry.stored.agent : null;
}
const sum = (values: readonly (number | null)[]): number => values.reduce<number>((a, b) => a + (b ?? 0), 0);

test('what was planned, offered, started and settled agrees for every agent and phase', () => {
  const trial = onlyTrial(sampleJournal());
  expect(trial.agents.map(({ agent }) => agent)).toEqual([0, 1]);
  for (const agent of trial.agents) {
    expect(agent.planned).toEqual(agent.offered);
    expect(agent.started).toEqual(agent.offered);
    expect(agent.phases.map((tally) => tally.settled)).toEqual(agent.offered);
    expect(agent.missingIntervals).toBe(0);
    expect(agent.inFlightS).toBeCloseTo(agent.settledS, 12);
    expect(agent.pacingCpuS / agent.pacingWallS).toBeCloseTo(0.05, 12);
  }
  expect(sum(trial.agents.map(({ planned }) => planned[1] ?? null))).toBe(4000);
});

test("the fleet's slots hold what its agents' phases hold", () => {
  const trial = onlyTrial(sampleJournal());
  expect(trial.slots.map((slots) => slots.length)).toEqual([1, 20]);
  for (const [phase, slots] of trial.slots.entries()) {
    const agents = trial.agents.map((agent) => agent.phases[phase]);
    expect(sum(slots.map((tally) => tally.settled))).toBe(sum(agents.map((tally) => tally?.settled ?? 0)));
    expect(sum(slots.map((tally) => tally.response.total))).toBe(
      sum(agents.map((tally) => tally?.response.total ?? 0)),
    );
  }
  const failed = sum(trial.slots[1]?.map((tally) => tally.outcomes[Outcome.targetError] ?? 0) ?? []);
  expect(failed).toBe(100);
  expect(trial.failures).toEqual([
    { class: 'target-error', code: '503', message: 'busy', count: 100, firstNs: ns(2e9), agent: expect.any(Number) },
  ]);
});

test("a journal that holds every interval twice, one agent's all before the other's, says the same", () => {
  const records = sampleJournal();
  const events = records.filter((record) => !isInterval(record));
  const intervals = records.filter(isInterval);
  const end = events.length - 2;
  const oneAfterTheOther = [1, 0].flatMap((agent) => intervals.filter((record) => agentOf(record) === agent));
  const doubled = [...events.slice(0, end), ...oneAfterTheOther, ...intervals, ...events.slice(end)];
  expect(fold(doubled)).toEqual(fold(records));
});

test('an interval that never came is missed, and so are the seconds after the last one', () => {
  const records = sampleJournal();
  const first = records.findIndex(isInterval);
  expect(onlyTrial(records.toSpliced(first, 1)).agents.map((a) => a.missingIntervals)).toEqual([1, 0]);

  // Agent 1 was lost after 12 s of warm-up and load: 8 s of load and the drain are missing.
  const lost = records.filter((record) => {
    const entry = decodeJournalRecord(record);
    return entry.kind === 'event' || entry.stored.agent === 0 || entry.stored.seq <= 14n;
  });
  expect(onlyTrial(lost).agents.map((a) => a.missingIntervals)).toEqual([0, 8]);
});

test('a trial that is given up long after its planned end misses no second beyond that', () => {
  const trial = onlyTrial(
    sampleJournal()
      .filter((record) => {
        const entry = decodeJournalRecord(record);
        return entry.kind === 'event' || entry.stored.agent === 0 || entry.stored.seq <= 14n;
      })
      .map((record) => {
        const entry = decodeJournalRecord(record);
        if (entry.kind !== 'event' || entry.timed.event.kind !== 'trial-ended') return record;
        const stop = { atNs: seconds(40), cause: 'fault' as const };
        return encodeEvent({ ...entry.timed, event: { ...entry.timed.event, stop } });
      }),
  );
  expect(trial.agents.map((a) => a.missingIntervals)).toEqual([0, 8]);
});

test('what the plan holds is counted up to the stop, the rest is cancelled', () => {
  const trial = onlyTrial(sampleJournal({ stopAtS: 7.5 }));
  expect(trial.stop).toEqual({ atNs: seconds(7.5), cause: 'interrupt' });
  for (const agent of trial.agents) {
    expect(agent.planned).toEqual(agent.offered);
    expect(agent.missingIntervals).toBe(0);
  }
  const planned = sum(trial.agents.map(({ planned: [, measured] }) => measured ?? null));
  const cancelled = sum(trial.agents.map((agent) => agent.cancelled[1] ?? 0));
  expect(planned).toBeGreaterThan(1300);
  expect(planned).toBeLessThan(1700);
  expect(planned + cancelled).toBe(4000);
});

test('each agent is held to the instant at which it stopped itself', () => {
  const records = sampleJournal({ stopAtS: 7.5 });
  const end = records.findIndex((record) => {
    const entry = decodeJournalRecord(record);
    return entry.kind === 'event' && entry.timed.event.kind === 'trial-ended';
  });
  const stop = { atNs: seconds(3), cause: 'interrupt' as const };
  const ended = { kind: 'trial-ended', cell: 0, trial: 1, attempt: 1, stop } as const;
  const wall = '2026-11-22T05:18:30.000Z';
  const trial = onlyTrial(records.with(end, encodeEvent({ atNs: ns(0), wall, event: ended })));
  for (const agent of trial.agents) expect(agent.planned).toEqual(agent.offered);
});

test("an agent's clock is that known when the trial ended", () => {
  const clock = { kind: 'clock', agent: 0, offsetMs: 9, boundMs: 9, driftPpm: 9 } as const;
  const later = encodeEvent({ atNs: ns(0), wall: '2026-11-22T05:18:40.000Z', event: clock });
  const { trials, facts } = fold([...sampleJournal(), later]);
  expect(trials[0]?.agents[0]?.clock?.offsetMs).toBe(0.01);
  expect(facts.clocks.get(0)?.offsetMs).toBe(9);
});

test('a second shows the delay of the requests that were intended in it', () => {
  const { seconds: rows } = onlyTrial(sampleJournal());
  expect(rows[0]).toMatchObject({ atNs: -2e9, p50: null, p95: null });
  expect(rows).toHaveLength(23);
  expect(rows[2]?.atNs).toBe(0);
  expect(rows[2]?.p50).toBeGreaterThan(5);
  expect(rows[2]?.p50).toBeLessThan(6.1);
  expect(rows[2]?.lagP99).toBeCloseTo(0.026, 3);
  expect(sum(rows.map((row) => row.offered))).toBe(4100);
  expect(sum(rows.map((row) => row.achieved + row.failed))).toBe(4100);
  expect(rows[5]).toMatchObject({ steal: 0.001, cpu: 0.4, rssBytes: 2 ** 26 });
});

test('failures stand at infinity in a second too: a percentile among them has no value', () => {
  const row = onlyTrial(sampleJournal()).seconds[2];
  expect(row?.failed).toBeGreaterThan(0.01 * (row?.offered ?? 0));
  expect(row?.p95).toBeGreaterThan(5);
  expect(row?.p99).toBeNull();
});

test('facts of the run come from its events', () => {
  const { facts, trials } = fold(sampleJournal());
  expect(facts).toMatchObject({
    runId: '20261122T051800Z-sample-7f3a',
    startedAt: '2026-11-22T05:18:00.000Z',
    endedAt: '2026-11-22T05:18:31.000Z',
    state: 'complete',
  });
  expect(trials[0]).toMatchObject({
    startedAt: '2026-11-22T05:18:08.500Z',
    endedAt: '2026-11-22T05:18:30.000Z',
    startSpreadMs: 0.7,
    agents: [
      { ceilingPerSecond: 250_000, calibrationOk: true, sessionMs: 1, clock: { offsetMs: 0.01 } },
      { ceilingPerSecond: 250_000, calibrationOk: true, sessionMs: 2, clock: { offsetMs: -0.02 } },
    ],
  });
});

test('a journal that ends inside a trial is an aborted run and an untrusted trial, up to where all seconds are', () => {
  const records = sampleJournal();
  const { facts, trials } = fold(records.slice(0, records.filter((r) => !isInterval(r)).length + 9));
  expect(facts.state).toBe('aborted');
  expect(trials[0]?.stop).toEqual({ atNs: ns(3e9), cause: 'fault' });
  expect(trials[0]?.faults).toMatchObject([{ code: 'own-fault' }]);
});

test('a fault belongs to the trial during which it came, and a trial that never started has no instants', () => {
  const wall = '2026-11-22T05:18:09.000Z';
  const [start] = sampleJournal() as [Uint8Array];
  const during = { cell: 0, trial: 1, attempt: 2 };
  const trial = onlyTrial([
    start,
    encodeEvent({
      atNs: ns(0),
      wall,
      event: { kind: 'fault', agent: 1, code: 'target-setup', message: 'no such model', during },
    }),
    encodeEvent({
      atNs: ns(0),
      wall,
      event: { kind: 'trial-ended', ...during, stop: { atNs: ns(0), cause: 'fault' } },
    }),
  ]);
  expect(trial).toMatchObject({ attempt: 2, startedAt: null, endedAt: null });
  expect(trial.faults).toEqual([{ agent: 1, code: 'target-setup', message: 'no such model' }]);
  expect(trial.agents).toHaveLength(sampleCell.agents);
});

test('an interval of a cell that the plan has not is refused', () => {
  const evidence = new EvidenceFold({ ...samplePlan, cells: [] });
  const record = sampleJournal().find(isInterval) as Uint8Array;
  expect(() => evidence.add(decodeJournalRecord(record))).toThrow('found cell 0, expected one of 0');
  const empty = encodeStoredInterval({ agent: 9, epoch: 1n, seq: 1n, interval: new Uint8Array([0x20, 9]) });
  expect(() => new EvidenceFold(samplePlan).add(decodeJournalRecord(empty))).toThrow(
    'found agent 9, expected one of 2',
  );
});

const after = (second: number, event: RunEvent): Uint8Array =>
  encodeEvent({ atNs: seconds(second), wall: `2026-11-22T06:00:${String(second).padStart(2, '0')}.000Z`, event });
const source = { commit: 'b'.repeat(40), dirty: false, ci: null };

test('a run that is taken up again has both parts, and what was not run before is open again', () => {
  const missed = { kind: 'not-run', cell: 0, trial: 2, why: 'interrupted by SIGINT', cause: 'interrupt' } as const;
  const node = { kind: 'node', id: 'node-1', fingerprint: { cpu: { model: 'Another CPU' }, key: 'other' } } as const;
  const first = sampleJournal();
  const before = fold([...first.slice(0, -1), after(0, missed), ...first.slice(-1)]).facts;
  expect(before.notRun).toEqual([{ cell: 0, trial: 2, why: 'interrupted by SIGINT', cause: 'interrupt' }]);
  expect(before.resumed).toEqual([]);
  const parts = [...first.slice(0, -1), after(0, missed), after(10, { kind: 'run-resumed', source })];
  const aborted = { ...missed, trial: 3, why: 'trial 1 of its cell was aborted', cause: 'aborted' } as const;
  const { kind: _, ...kept } = aborted;
  expect(fold([...first, after(1, aborted), after(2, { kind: 'run-resumed', source })]).facts.notRun).toEqual([kept]);
  const { facts } = fold([...parts, after(11, node)]);
  expect(facts).toMatchObject({ state: 'aborted', notRun: [], endedAt: '2026-11-22T06:00:11.000Z' });
  expect(facts.resumed).toEqual([
    { stoppedAt: '2026-11-22T06:00:00.000Z', at: '2026-11-22T06:00:10.000Z', source, sameNodes: false },
  ]);
  expect(fold(parts).facts.resumed[0]?.sameNodes).toBe(true);
});

test('a run that had ended before any node served it is taken up nowhere else', () => {
  const nodes = ['node-1', 'node-2'].map((id) => {
    const fingerprint = { cpu: { model: 'A CPU' }, key: id };
    return after(11, { kind: 'node', id, fingerprint });
  });
  const [started] = sampleJournal();
  const parts = [started as Uint8Array, after(10, { kind: 'run-resumed', source }), ...nodes];
  expect(fold(parts).facts.resumed[0]?.sameNodes).toBe(true);
  const again = [...parts, after(20, { kind: 'run-resumed', source }), ...nodes];
  expect(fold(again).facts.resumed.map(({ sameNodes }) => sameNodes)).toEqual([true, true]);
  const elsewhere = [...parts.slice(0, -1), after(20, { kind: 'run-resumed', source }), ...nodes];
  expect(fold(elsewhere).facts.resumed.map(({ sameNodes }) => sameNodes)).toEqual([true, false]);
});

test('a trial is held against the calibration that was known when it ended', () => {
  const records = sampleJournal();
  const calibration = records
    .map(decodeJournalRecord)
    .flatMap((entry) => (entry.kind === 'event' && entry.timed.event.kind === 'calibration' ? [entry.timed.event] : []))
    .at(0);
  if (calibration === undefined) throw new Error('the sample has a calibration');
  const later = { ...calibration, result: { ...calibration.result, ceilingPerSecond: 7 } };
  const { trials } = fold([...records, after(1, later)]);
  expect(trials[0]?.agents[0]?.ceilingPerSecond).toBe(250_000);
});
