import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { Plan } from '../../src/campaign/plan.ts';
import { Coordinator } from '../../src/coordinator/coordinator.ts';
import type { CoordinatorOptions } from '../../src/coordinator/coordinator-options.ts';
import { deadlinesFor } from '../../src/coordinator/fleet-plan.ts';
import type { ProgressEvent } from '../../src/coordinator/progress-events.ts';
import type { RunEnd } from '../../src/coordinator/run-stage.ts';
import { seconds } from '../../src/time/ns.ts';
import { openEntrance } from '../support/entrance.ts';
import { eventually } from '../support/eventually.ts';
import { anInterval, FakeAgent, type FakeAgentOptions } from '../support/fake-agent.ts';
import { HandEngine } from '../support/hand-engine.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { smallCell, smallPlan } from '../support/small-plan.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

interface Stage {
  readonly coordinator: Coordinator;
  readonly journal: MemoryJournal;
  readonly engine: HandEngine;
  readonly shown: ProgressEvent[];
  readonly end: Promise<RunEnd>;
  readonly address: string;
  agent(index: number, change?: Partial<FakeAgentOptions>): FakeAgent;
}

const TOKEN = 'the token of this run';

async function stage(plan: Plan = smallPlan(), change: Partial<CoordinatorOptions> = {}): Promise<Stage> {
  const journal = new MemoryJournal();
  const engine = new HandEngine();
  const shown: ProgressEvent[] = [];
  let sessions = 0;
  const coordinator = new Coordinator({
    runId: 'run-1',
    plan,
    opening: { kind: 'run-started', runId: 'run-1', source: { commit: null, dirty: null, ci: null } },
    left: null,
    deadline: null,
    review: () => Promise.resolve({ kind: 'valid' }),
    entrance: openEntrance(TOKEN),
    calibrationMaxAgeS: 3600,
    deadlines: deadlinesFor('loopback'),
    engine,
    journal,
    wall: { nowMs: () => Date.now() },
    monotonic: () => process.hrtime.bigint(),
    drawHex: () => `session-${++sessions}`,
    show: (event) => shown.push(event),
    ...change,
  });
  await coordinator.open();
  const end = coordinator.run();
  const { coordinator: address } = await engine.first;
  return {
    coordinator,
    journal,
    engine,
    shown,
    end,
    address,
    agent: (index, options) => {
      const agent = new FakeAgent({ address, runId: 'run-1', token: TOKEN, index, ...options });
      open.push(agent);
      return agent;
    },
  };
}

/** Two fake agents on their places, calibrated and armed for the first trial. */
async function armed(on: Stage) {
  const agents = [on.agent(0), on.agent(1)] as const;
  for (const agent of agents) agent.register();
  const leases = [await agents[0].hear('lease'), await agents[1].hear('lease')] as const;
  await agents[0].calibrate();
  const prepares = await Promise.all([agents[0].arm(), agents[1].arm()]);
  return { agents, leases, prepares };
}

test('a whole run over real streams leaves every event and interval in the journal and ends in order', async () => {
  const on = await stage();
  const { agents, leases, prepares } = await armed(on);
  for (const [index, agent] of agents.entries()) {
    const report = agent.report();
    report.greet(leases[index] as (typeof leases)[0]);
    expect(await report.response()).toMatchObject({ ackThrough: 0n, resumeFrom: 1n });
    for (let seq = 1; seq <= 3; seq++) report.send(seq, anInterval(index, seq - 1, { last: seq === 3 }));
    await report.acknowledged(3);
    agent.say({ case: 'trialDone', value: { command: prepares[index]?.command ?? 0n, lastSeq: 3n } });
  }
  await Promise.all(agents.map((agent) => agent.leave()));
  expect(await on.end).toEqual({ kind: 'complete', state: 'complete' });
  expect(on.journal.events.map(({ kind }) => kind)).toEqual([
    'run-started',
    'node',
    'agent-registered',
    'agent-registered',
    'calibration',
    'agent-ready',
    'agent-ready',
    'trial-started',
    'trial-ended',
    'clock',
    'clock',
    'run-ended',
  ]);
  expect([...on.journal.intervals].sort()).toEqual(['0:1', '0:2', '0:3', '1:1', '1:2', '1:3']);
  expect(on.engine.cancelled).toEqual([1]);
  const seconds = on.shown.filter((event) => event.kind === 'second');
  expect(seconds[0]?.live).toMatchObject({ phase: 'warmup', offered: 20, achieved: 20 });
});

test('what an agent is to run is its share of the planned trial', async () => {
  const on = await stage();
  const { prepares } = await armed(on);
  const specs = prepares.map(({ specJson }) => JSON.parse(specJson));
  expect(specs).toMatchObject([{ share: { index: 0, of: 2 } }, { share: { index: 1, of: 2 } }]);
  const { phases } = smallCell();
  expect(specs[0]).toMatchObject({ phases, seed: '7', limits: [{ metric: 'response', limitNs: 1e8 }], graceNs: 1e8 });
});

test.each([
  ['another token', { token: 'guessed' }, 'bad-token'],
  ['no token', { token: '' }, 'bad-token'],
  ['another run', { runId: 'run-2' }, 'other-run'],
  ['another version of the program', { version: '0.0.9' }, 'other-version'],
  ['node facts that are no JSON', { nodeJson: '{' }, 'malformed'],
  ['a place that the fleet has not', { index: 2 }, 'no-such-place'],
])('a registration with %s is refused and its stream ended', async (_, change, code) => {
  const on = await stage();
  const agent = on.agent(0, change);
  agent.register();
  expect(await agent.hear('refused')).toMatchObject({ code });
  await agent.detached;
  expect(on.journal.events.some(({ kind }) => kind === 'agent-registered')).toBe(false);
  const peer = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
  expect(on.journal.events.at(-1)).toMatchObject({ kind: 'agent-refused', code, peer });
});

test('a second process of the same attempt is refused while the first one holds the place', async () => {
  const on = await stage();
  const first = on.agent(0);
  first.register();
  await first.hear('lease');
  const second = on.agent(0, { nonce: 'another process' });
  second.register();
  expect(await second.hear('refused')).toMatchObject({ code: 'duplicate' });
});

test('a clock probe is answered with the instants of its arrival and of its answer', async () => {
  const on = await stage();
  const agent = on.agent(0);
  agent.register();
  await agent.hear('lease');
  const before = process.hrtime.bigint();
  agent.say({ case: 'clockProbe', value: { t1Ns: 17n } });
  const { t1Ns, t2Ns, t3Ns } = await agent.hear('clockReply');
  expect(t1Ns).toBe(17n);
  expect(t2Ns).toBeGreaterThan(before);
  expect(t3Ns).toBeGreaterThanOrEqual(t2Ns);
  expect(process.hrtime.bigint()).toBeGreaterThan(t3Ns);
});

test('a heartbeat renews the lease', async () => {
  const on = await stage();
  const agent = on.agent(0);
  agent.register();
  const { epoch, ttlMs, heartbeatMs } = await agent.hear('lease');
  expect([ttlMs, heartbeatMs]).toEqual([15_000, 2000]);
  agent.say({ case: 'heartbeat', value: { epoch } });
  expect(await agent.hear('leaseRenewed')).toMatchObject({ epoch });
});

test('an interval is acknowledged when it is on disk and not before', async () => {
  const on = await stage();
  const { agents, leases } = await armed(on);
  const report = agents[0].report();
  report.greet(leases[0]);
  await report.response();
  on.journal.hold();
  report.send(1, anInterval(0, 0));
  report.send(2, anInterval(0, 1));
  agents[0].say({ case: 'clockProbe', value: { t1Ns: 1n } });
  await agents[0].hear('clockReply');
  await delay(100);
  expect(report.pending).toBe(0);
  on.journal.release();
  expect(await report.acknowledged(2)).toMatchObject({ ackThrough: 2n, resumeFrom: 3n });
});

test('after a reconnect the coordinator says where to go on, and what comes twice is stored once', async () => {
  const on = await stage();
  const { agents, leases } = await armed(on);
  const first = agents[0].report();
  first.greet(leases[0]);
  for (let seq = 1; seq <= 3; seq++) first.send(seq, anInterval(0, seq - 1));
  await first.acknowledged(3);
  first.cut();
  const second = agents[0].report();
  second.greet(leases[0]);
  expect(await second.response()).toMatchObject({ ackThrough: 3n, resumeFrom: 4n });
  for (let seq = 2; seq <= 4; seq++) second.send(seq, anInterval(0, seq - 1));
  await second.acknowledged(4);
  expect(on.journal.intervals).toEqual(['0:1', '0:2', '0:3', '0:4']);
});

test('an agent whose control stream broke comes back to its place and hears the order it missed', async () => {
  const on = await stage();
  const { agents, leases } = await armed(on);
  agents[1].detach();
  await agents[1].detached;
  const back = on.agent(1);
  back.register();
  expect(await back.hear('lease')).toMatchObject({ epoch: leases[1].epoch, session: leases[1].session });
  on.coordinator.interrupt('SIGINT');
  await back.hear('stop');
});

test('intervals with a gap, of a stranger, or of a lease that is over are not taken', async () => {
  const on = await stage();
  const { agents, leases } = await armed(on);
  const gap = agents[0].report();
  gap.greet(leases[0]);
  gap.send(2, anInterval(0, 1));
  expect(await gap.failure).toContain('expected interval 1 first');
  const stranger = agents[0].report();
  stranger.greet({ session: 'made up', epoch: leases[0].epoch });
  expect(await stranger.failure).toContain('the lease is over');
  const successor = on.agent(0, { attempt: 2, nonce: 'successor' });
  successor.register();
  await successor.hear('lease');
  expect(await agents[0].hear('refused')).toMatchObject({ code: 'fenced' });
  const fenced = agents[0].report();
  fenced.greet(leases[0]);
  expect(await fenced.failure).toContain('the lease is over');
  const again = agents[0].report();
  again.greet(leases[0]);
  await again.failure;
  expect(on.journal.intervals).toEqual([]);
  const peer = expect.stringContaining('127.0.0.1');
  const notTaken = expect.stringMatching(/^the lease is over, or never was: nothing .* is taken any more$/);
  const replaced = `place 0: the lease of epoch ${leases[0].epoch} is over, since its agent was replaced by a later attempt`;
  expect(on.journal.events.filter(({ kind }) => kind === 'agent-refused')).toEqual([
    { kind: 'agent-refused', code: 'fenced', message: notTaken, peer },
    { kind: 'agent-refused', code: 'fenced', message: replaced, peer },
    { kind: 'agent-refused', code: 'fenced', message: notTaken, peer },
  ]);
});

test('an agent whose lease ran out is told so, and told why when it comes back, on record', async () => {
  const deadlines = { ...deadlinesFor('loopback'), leaseNs: seconds(1), suspectNs: seconds(0.5) };
  const on = await stage(smallPlan(), { deadlines });
  const { agents, leases } = await armed(on);
  const silent = agents[0];
  // The other one goes on asking for its lease, so that it is not lost too.
  const beat = setInterval(() => agents[1].say({ case: 'heartbeat', value: { epoch: leases[1].epoch } }), 50);
  const { code, message } = await silent.hear('refused');
  clearInterval(beat);
  const why = `place 0: the lease of epoch ${leases[0].epoch} is over, since its agent gave no sign of life for 2 s`;
  expect({ code, message }).toEqual({ code: 'fenced', message: why });
  const back = on.agent(0);
  back.register();
  expect(await back.hear('refused')).toMatchObject({
    code: 'fenced',
    message: 'place 0: attempt 1 came too late, agent 0 gave no sign of life for 2 s',
  });
  const refusals = on.journal.events.filter(({ kind }) => kind === 'agent-refused');
  expect(refusals).toMatchObject([
    { message: why },
    { message: 'place 0: attempt 1 came too late, agent 0 gave no sign of life for 2 s' },
  ]);
});

test('bytes that can be no evidence for the plan spoil the trial and never reach the journal', async () => {
  for (const [bytes, message] of [
    [new Uint8Array([1, 2, 3]), 'cannot be read'],
    [anInterval(1, 0), 'found agent 1, expected agent 0'],
    [anInterval(0, 0, { cell: 9 }), 'found cell 9'],
  ] as const) {
    const on = await stage();
    const { agents, leases } = await armed(on);
    const report = agents[0].report();
    report.greet(leases[0]);
    report.send(1, bytes);
    expect(await report.failure).toContain(message);
    await agents[1].hear('stop');
    expect(on.journal.intervals).toEqual([]);
    expect(on.journal.events).toContainEqual(expect.objectContaining({ kind: 'fault', code: 'own-fault', agent: 0 }));
  }
});

test('a full disk stops everybody and ends the run as evidence that cannot be written', async () => {
  const on = await stage();
  const { agents, leases } = await armed(on);
  const report = agents[0].report();
  report.greet(leases[0]);
  await report.response();
  on.journal.fill();
  report.send(1, anInterval(0, 0));
  await Promise.all(agents.map((agent) => agent.hear('stop')));
  expect(await on.end).toEqual({
    kind: 'failed',
    code: 'evidence-unwritable',
    message: 'journal: the disk is full',
  });
  expect(report.pending).toBe(0);
});

test('an agent that the engine sees end is asked for again and the next trial runs with its successor', async () => {
  const trials = [1, 2].map((index) => ({ index, scheduleDigest: null, scheduled: 200 }));
  const on = await stage(smallPlan([smallCell({ trials })]));
  const { agents, prepares, leases } = await armed(on);
  on.engine.exit(1, { index: 1, exitCode: null, signal: 'SIGKILL', lastLine: '' });
  const { reason } = await agents[0].hear('stop');
  expect(reason).toBe('fault');
  const report = agents[0].report();
  report.greet(leases[0]);
  report.send(1, anInterval(0, 0, { last: true }));
  await report.acknowledged(1);
  agents[0].say({ case: 'trialDone', value: { command: prepares[0]?.command ?? 0n, lastSeq: 1n } });
  expect(on.engine.submitted.map(({ indices }) => indices)).toEqual([[0, 1], [1]]);
  const successor = on.agent(1, { attempt: 2, nonce: 'successor' });
  successor.register();
  await successor.hear('lease');
  const second = await successor.hear('prepare');
  expect(JSON.parse(second.specJson)).toMatchObject({ trial: 2 });
  expect(on.journal.events).toContainEqual({
    kind: 'fault',
    agent: 1,
    code: 'agent-lost',
    message: 'agent 1 was ended by SIGKILL',
    during: { cell: 0, trial: 1, attempt: 1 },
  });
});

test('agents that say that they are told to end spoil their trial only: the next one is their successors’', async () => {
  const trials = [1, 2].map((index) => ({ index, scheduleDigest: null, scheduled: 200 }));
  const on = await stage(smallPlan([smallCell({ trials })]));
  const { agents, prepares } = await armed(on);
  await eventually('the first trial begins', () => on.journal.events.some(({ kind }) => kind === 'trial-started'));
  for (const [index, agent] of agents.entries()) {
    const command = prepares[index]?.command ?? 0n;
    agent.say({ case: 'ending', value: { signal: 'SIGTERM' } });
    agent.say({ case: 'fault', value: { command, code: 'own-fault', message: 'told to end' } });
  }
  for (const agent of agents) agent.say({ case: 'bye', value: { lastSeq: 0n } });
  await Promise.all(agents.map(({ detached }) => detached));
  const successors: FakeAgent[] = [];
  for (const index of [0, 1]) {
    const attempt = on.engine.submitted.findLastIndex(({ indices }) => indices.includes(index)) + 1;
    const successor = on.agent(index, { attempt, nonce: `successor-${index}` });
    successor.register();
    successors.push(successor);
  }
  for (const successor of successors) {
    const { specJson } = await successor.hear('prepare');
    expect(JSON.parse(specJson)).toMatchObject({ trial: 2, attempt: 1 });
  }
  const spoilt = on.journal.events.flatMap((event) => (event.kind === 'fault' ? [event.during?.trial ?? null] : []));
  expect(spoilt).not.toContain(2);
});

test('an interrupt in the middle of a trial stops, drains and ends as interrupted', async () => {
  const on = await stage();
  const { agents, prepares, leases } = await armed(on);
  on.coordinator.interrupt('SIGTERM');
  for (const [index, agent] of agents.entries()) {
    await agent.hear('stop');
    const report = agent.report();
    report.greet(leases[index] as (typeof leases)[0]);
    report.send(1, anInterval(index, 0, { last: true, stoppedNs: 0n }));
    agent.say({ case: 'trialDone', value: { command: prepares[index]?.command ?? 0n, lastSeq: 1n } });
  }
  await Promise.all(agents.map((agent) => agent.leave()));
  expect(await on.end).toEqual({ kind: 'complete', state: 'interrupted' });
});

test('a fleet that does not come by the deadline ends the run and names who is missing', async () => {
  const deadlines = { ...deadlinesFor('loopback'), registrationNs: seconds(1.5) };
  const on = await stage(smallPlan(), { deadlines });
  const agent = on.agent(0);
  agent.register();
  await agent.hear('lease');
  expect(await on.end).toMatchObject({ code: 'never-registered', message: expect.stringContaining('agent 1') });
});

test('an address that is taken is refused with a sentence before anything is asked of the engine', async () => {
  const on = await stage();
  const port = Number(on.address.split(':')[1]);
  const refused = new Coordinator({
    runId: 'run-2',
    plan: smallPlan(),
    opening: { kind: 'run-started', runId: 'run-1', source: { commit: null, dirty: null, ci: null } },
    left: null,
    deadline: null,
    review: () => Promise.resolve({ kind: 'valid' }),
    entrance: { ...openEntrance(TOKEN), listen: { host: '127.0.0.1', port } },
    calibrationMaxAgeS: 0,
    deadlines: deadlinesFor('loopback'),
    engine: new HandEngine(),
    journal: new MemoryJournal(),
    wall: { nowMs: () => 0 },
    monotonic: () => 0n,
    drawHex: () => '',
    show: () => {},
  });
  await expect(refused.open()).rejects.toMatchObject({ code: 'port', message: expect.stringContaining('taken') });
});
