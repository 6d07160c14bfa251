import { expect, test } from 'vitest';
import type { FleetCommand } from '../../../src/coordinator/run-state.ts';
import { milliseconds, ns, seconds } from '../../../src/time/ns.ts';
import { atOncePhase } from '../../support/cells.ts';
import { ownScript } from '../../support/k6-scripts.ts';
import { aCalibration, RunPlay, someFacts } from '../../support/run-play.ts';
import { smallCell, smallPlan } from '../../support/small-plan.ts';

const kinds = (commands: readonly FleetCommand[]): string[] => commands.map(({ kind }) => kind);
const trialRef = { cell: 0, trial: 1, attempt: 1 };

const twoTrials = () =>
  smallPlan([
    smallCell({
      trials: [
        { index: 1, scheduleDigest: null, scheduled: 200 },
        { index: 2, scheduleDigest: null, scheduled: 200 },
      ],
    }),
  ]);

test('a run that nothing disturbs asks for places, calibrates once a node, runs its trial and bids farewell', () => {
  const play = new RunPlay();
  expect(play.latest[0]).toEqual({ kind: 'submit', attempt: 1, indices: [0, 1], instance: null });
  play.register(0);
  expect(play.stage).toBe('registering');
  play.register(1);
  expect(play.stage).toBe('calibrating');
  expect(play.ordered(0, 'calibrate')?.spec).toEqual({
    driver: 'in-process',
    size: null,
    pacing: 'precise',
    workers: 1,
  });
  expect(play.ordered(1, 'calibrate')).toBeNull();
  play.calibrateAll();
  expect(play.stage).toBe('preparing');
  play.readyAll();
  expect(play.stage).toBe('arming');
  play.armAll();
  expect(play.stage).toBe('running');
  play.pass(3);
  play.close(0);
  expect(play.stage).toBe('running');
  play.close(1);
  expect(play.stage).toBe('leaving');
  expect(play.ordered(0, 'drain')).not.toBeNull();
  play.byeAll();
  expect(play.run.stage).toEqual({ kind: 'ended', end: { kind: 'complete', state: 'complete' } });
  expect(kinds(play.latest)).toEqual(['journal', 'finish']);
  expect(play.journal.map(({ kind }) => kind)).toEqual([
    'node',
    'agent-registered',
    'agent-registered',
    'calibration',
    'agent-ready',
    'agent-ready',
    'trial-started',
    'trial-ended',
    'run-ended',
  ]);
  expect(play.journaled('trial-ended')).toEqual([{ kind: 'trial-ended', ...trialRef, stop: null }]);
});

test('the start lies the lead and the warm-up ahead, and the journal gives it as wall time', () => {
  const play = new RunPlay().until('preparing');
  play.atNs = ns(seconds(10));
  play.readyAll();
  const start = play.ordered(0, 'start');
  expect(start?.zeroNs).toBe(seconds(10) + milliseconds(50) + seconds(1));
  expect(start?.warmupNs).toBe(seconds(1));
  play.armAll();
  expect(play.journaled('trial-started')[0]?.zeroWall).toBe('2026-11-22T05:18:11.050Z');
});

test('as long as files go out to an agent it is not late, and the time that they take is none of its preparation', () => {
  const play = new RunPlay().until('preparing');
  play.pass(290);
  play.happen({ kind: 'file-sent', index: 0 });
  play.pass(290);
  expect(play.stage).toBe('preparing');
  play.readyAll();
  expect(play.run.longestPrepareNs).toBe(seconds(290));
  const late = new RunPlay().until('preparing');
  late.pass(301);
  expect(late.stage).not.toBe('preparing');
});

test('a slow round trip lengthens the lead to four times itself', () => {
  const play = new RunPlay().until('preparing');
  play.say(1, { kind: 'clock', reading: { offsetNs: 5e6, boundNs: 40e6, driftPpm: 1 } });
  play.readyAll();
  expect(play.ordered(0, 'start')?.zeroNs).toBe(4 * 2 * 40e6 + 1e9);
});

test('two clocks are apart by at most the sum of the two worst bounds', () => {
  const play = new RunPlay().until('preparing');
  play.say(0, { kind: 'clock', reading: { offsetNs: 0, boundNs: 2e6, driftPpm: 0 } });
  play.say(1, { kind: 'clock', reading: { offsetNs: 0, boundNs: 3e6, driftPpm: 0 } });
  play.readyAll();
  play.armAll();
  expect(play.journaled('trial-started')[0]?.spreadMs).toBe(5);
});

test('an agent that learns of the start too late makes everybody begin anew, with more time', () => {
  const play = new RunPlay().until('arming');
  play.arm(0, 'in time');
  play.arm(1, 'late');
  expect(play.journaled('fault')).toMatchObject([
    { agent: 1, message: 'agent 1 learned of the start 3 ms too late to begin with the others', during: trialRef },
  ]);
  for (const index of [0, 1]) {
    expect(play.ordered(index, 'stop')).not.toBeNull();
    play.say(index, { kind: 'trial-done', command: play.command(index, 'prepare') });
  }
  expect(play.journaled('trial-ended')).toMatchObject([{ ...trialRef, stop: { atNs: -seconds(1), cause: 'fault' } }]);
  expect(play.stage).toBe('preparing');
  expect(play.ordered(0, 'prepare')?.trial).toEqual({ ...trialRef, attempt: 2 });
  play.readyAll();
  expect(play.ordered(0, 'start')?.zeroNs).toBe(milliseconds(200) + seconds(1));
  play.armAll();
  play.closeAll();
  expect(play.journaled('trial-started')).toMatchObject([{ attempt: 2 }]);
  expect(play.stage).toBe('leaving');
});

test('what the server told of itself is journaled once, before the end of its trial', () => {
  const play = new RunPlay().until('running');
  const server = { kind: 'nothing', why: 'the server tells nothing' } as const;
  const done = { kind: 'trial-done', command: play.command(0, 'prepare'), server } as const;
  play.say(0, done);
  play.say(0, done);
  play.closeAll();
  expect(play.journaled('server-told')).toEqual([{ kind: 'server-told', agent: 0, told: server, ...trialRef }]);
  const kinds = play.journal.map(({ kind }) => kind);
  expect(kinds.indexOf('server-told')).toBeLessThan(kinds.indexOf('trial-ended'));
});

test('a start that is missed four times leaves the trial invalid, and the next one starts afresh', () => {
  const play = new RunPlay(twoTrials()).until('preparing');
  for (let attempt = 1; attempt <= 4; attempt++) {
    play.readyAll();
    play.arm(1, 'late');
    for (const index of play.members()) {
      play.say(index, { kind: 'trial-done', command: play.command(index, 'prepare') });
    }
  }
  expect(play.journaled('trial-ended').map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
  expect(play.ordered(0, 'prepare')?.trial).toEqual({ cell: 0, trial: 2, attempt: 1 });
  play.readyAll();
  expect(play.ordered(0, 'start')?.zeroNs).toBe(milliseconds(50) + seconds(1));
});

test('an interrupt while a start is called off ends the run and tries no other', () => {
  const play = new RunPlay().until('arming');
  play.arm(1, 'late');
  play.happen({ kind: 'interrupt', signal: 'SIGINT' });
  for (const index of [0, 1]) {
    play.say(index, { kind: 'trial-done', command: play.command(index, 'prepare') });
  }
  expect(play.stage).toBe('leaving');
  expect(play.journaled('not-run')).toMatchObject([{ cell: 0, trial: 1, why: 'interrupted by SIGINT' }]);
});

test('a trial is over only when every last interval is on disk', () => {
  const play = new RunPlay().until('running');
  for (const index of [0, 1]) play.say(index, { kind: 'trial-done', command: play.command(index, 'prepare') });
  expect(play.stage).toBe('running');
  play.store(0, 'last');
  play.store(1, 'another');
  expect(play.stage).toBe('running');
  play.store(1, 'last');
  expect(play.stage).toBe('leaving');
});

test('a word about an earlier trial closes nothing of the present one', () => {
  const play = new RunPlay(twoTrials()).until('running');
  const old = play.command(0, 'prepare');
  play.closeAll();
  play.readyAll();
  play.armAll();
  play.store(0, 'last');
  play.say(0, { kind: 'trial-done', command: old });
  expect(play.members()).toEqual([0, 1]);
});

test('a lost word that a trial is done costs three seconds and no validity', () => {
  const play = new RunPlay().until('running');
  play.close(0);
  play.store(1, 'last');
  play.pass(2);
  expect(play.stage).toBe('running');
  play.pass(1);
  expect(play.stage).toBe('leaving');
  expect(play.journaled('fault')).toEqual([]);
});

test('an interval of another attempt closes nothing', () => {
  const play = new RunPlay().until('running');
  play.say(0, { kind: 'trial-done', command: play.command(0, 'prepare') });
  const ref = { ...trialRef, attempt: 2 };
  play.happen({ kind: 'interval-stored', index: 0, epoch: play.epoch(0), ref, last: true });
  expect(play.members()).toEqual([0, 1]);
});

test.each(['calibrating', 'preparing', 'arming', 'running'] as const)(
  'an agent that dies while %s is asked for again, and the rest of the plan goes on',
  (stage) => {
    const play = new RunPlay(twoTrials()).until(stage);
    play.happen({ kind: 'exited', index: 1, attempt: 1, message: 'was ended by SIGKILL' });
    expect(play.commands).toContainEqual({ kind: 'submit', attempt: 2, indices: [1], instance: null });
    const faults = play.journaled('fault');
    expect(faults).toMatchObject([{ agent: 1, code: 'agent-lost', message: 'agent 1 was ended by SIGKILL' }]);
    expect(faults[0]?.during).toEqual(stage === 'calibrating' ? null : trialRef);
    if (stage === 'calibrating') play.calibrateAll();
    else {
      expect(play.ordered(0, 'stop')).not.toBeNull();
      play.close(0);
      expect(play.journaled('trial-ended')).toMatchObject([{ ...trialRef, stop: { cause: 'fault' } }]);
      expect(play.run.next).toBe(1);
    }
    expect(play.stage).toBe('refilling');
    play.register(1);
    expect(play.stage).toBe('preparing');
  },
);

test.each(['preparing', 'arming', 'running'] as const)(
  'a runner that dies while %s spoils its trial and not the agent',
  (stage) => {
    const play = new RunPlay(twoTrials()).until(stage);
    const command = play.command(1, 'prepare');
    play.say(1, { kind: 'fault', command, code: 'runner-died', message: 'the runner was ended by SIGABRT' });
    expect(play.journaled('fault')).toMatchObject([{ agent: 1, code: 'runner-died', during: trialRef }]);
    expect(play.shown).toContainEqual({ kind: 'fault', message: 'agent 1: the runner was ended by SIGABRT' });
    expect(play.members()).toEqual([0]);
    play.close(0);
    expect(play.journaled('trial-ended')).toMatchObject([{ ...trialRef, stop: { cause: 'fault' } }]);
    expect(play.stage).toBe('preparing');
    expect(play.run.next).toBe(1);
    expect(play.run.places.map(({ kind }) => kind)).toEqual(['held', 'held']);
  },
);

const toldToEnd = { kind: 'ending', signal: 'SIGTERM' } as const;

test('agents that were told to end are given no further trial, and the next one waits for their successors', () => {
  const play = new RunPlay(twoTrials()).until('running');
  for (const index of [0, 1]) {
    const command = play.command(index, 'prepare');
    play.say(index, toldToEnd);
    play.say(index, { kind: 'fault', command, code: 'own-fault', message: 'the agent was told to end by SIGTERM' });
  }
  expect(play.journaled('trial-ended')).toMatchObject([{ ...trialRef, stop: { cause: 'fault' } }]);
  expect(play.stage).toBe('refilling');
  expect(play.ordered(0, 'prepare')?.trial).toEqual(trialRef);
  play.byeAll();
  for (const index of [0, 1])
    expect(play.commands).toContainEqual({ kind: 'submit', attempt: 2 + index, indices: [index], instance: null });
  play.registerAll();
  expect(play.stage).toBe('preparing');
  for (const index of [0, 1]) expect(play.ordered(index, 'prepare')?.trial).toEqual({ ...trialRef, trial: 2 });
  expect(play.journaled('fault').filter(({ during }) => during?.trial === 2)).toEqual([]);
});

test.each(['preparing', 'arming'] as const)(
  'a trial that is %s when an agent is told to end is begun anew with its successor',
  (stage) => {
    const play = new RunPlay(twoTrials()).until(stage);
    play.say(1, toldToEnd);
    expect(play.ordered(0, 'stop')).not.toBeNull();
    expect(play.members(), 'nothing is heard any more of who ends').toEqual([0]);
    play.say(0, { kind: 'trial-done', command: play.command(0, 'prepare') });
    expect(play.journaled('trial-ended')).toMatchObject([{ ...trialRef, anew: true }]);
    expect(play.stage).toBe('refilling');
    play.say(1, { kind: 'bye', reading: null });
    play.register(1);
    expect(play.stage).toBe('preparing');
    expect(play.ordered(1, 'prepare')?.trial).toEqual({ ...trialRef, attempt: 2 });
  },
);

test('a trial that agents are told to end before four times in a row is left invalid', () => {
  const play = new RunPlay(twoTrials()).until('preparing');
  for (let attempt = 1; attempt <= 4; attempt++) {
    expect(play.ordered(0, 'prepare')?.trial).toEqual({ ...trialRef, attempt });
    play.say(1, toldToEnd);
    play.say(0, { kind: 'trial-done', command: play.command(0, 'prepare') });
    play.say(1, { kind: 'bye', reading: null });
    play.register(1);
  }
  expect(play.journaled('trial-ended').map(({ anew }) => anew)).toEqual([true, true, true, undefined]);
  expect(play.ordered(0, 'prepare')?.trial).toEqual({ ...trialRef, trial: 2 });
});

test('the calibration of an agent that was told to end is given to another of its node', () => {
  const play = new RunPlay(twoTrials()).until('calibrating');
  play.say(0, toldToEnd);
  expect(play.ordered(1, 'calibrate')).not.toBeNull();
  play.calibrateAll();
  expect(play.journaled('calibration')).toHaveLength(1);
  expect(play.stage).toBe('refilling');
});

test('both runners that die make one invalid trial and no wait', () => {
  const play = new RunPlay(twoTrials()).until('running');
  for (const index of [0, 1]) {
    const command = play.command(index, 'prepare');
    play.say(index, { kind: 'fault', command, code: 'runner-died', message: 'gone' });
  }
  expect(play.journaled('fault')).toHaveLength(2);
  expect(play.journaled('trial-ended')).toHaveLength(1);
  expect(play.stage).toBe('preparing');
});

test('a fault of an earlier trial does not touch the present one', () => {
  const play = new RunPlay(twoTrials()).until('running');
  const old = play.command(0, 'prepare');
  play.closeAll();
  expect(play.stage).toBe('preparing');
  play.say(0, { kind: 'fault', command: old, code: 'runner-died', message: 'late news' });
  expect(play.stage).toBe('preparing');
  expect(play.journaled('fault')).toEqual([]);
});

test('a place that no further trial needs is not asked for again', () => {
  const play = new RunPlay().until('running');
  play.happen({ kind: 'exited', index: 1, attempt: 1, message: 'was ended by SIGKILL' });
  play.close(0);
  expect(play.stage).toBe('leaving');
  expect(play.commands.filter(({ kind }) => kind === 'submit')).toHaveLength(1);
  play.byeAll();
  expect(play.run.stage).toEqual({ kind: 'ended', end: { kind: 'complete', state: 'complete' } });
});

test('a place that nobody fills again in time gives up the trials that need it, and only those', () => {
  const both = smallCell({ trials: twoTrials().cells[0]?.trials ?? [] });
  const alone = smallCell({ id: 'nothing/alone', agents: 1 });
  const play = new RunPlay(
    smallPlan([both, alone], {
      order: [
        { cell: 0, trial: 1 },
        { cell: 0, trial: 2 },
        { cell: 1, trial: 1 },
      ],
    }),
  ).until('running');
  play.happen({ kind: 'exited', index: 1, attempt: 1, message: 'ended with exit code 1' });
  play.close(0);
  expect(play.stage).toBe('refilling');
  play.pass(59);
  expect(play.stage).toBe('refilling');
  play.pass(1);
  expect(play.journaled('not-run')).toMatchObject([{ cell: 0, trial: 2, why: 'agent 1 did not register within 60 s' }]);
  expect(play.stage).toBe('preparing');
  expect(play.run.stage).toMatchObject({ trial: { cell: 1 } });
  play.readyAll();
  play.armAll();
  play.closeAll();
  play.byeAll();
  expect(play.run.stage).toEqual({ kind: 'ended', end: { kind: 'complete', state: 'aborted' } });
});

test('a place that the engine refuses to fill again is not waited for', () => {
  const play = new RunPlay(twoTrials()).until('running');
  play.happen({ kind: 'exited', index: 1, attempt: 1, message: 'ended with exit code 1' });
  play.happen({ kind: 'no-place', attempt: 2, message: 'no room on this node' });
  play.close(0);
  expect(play.journaled('not-run')).toMatchObject([{ cell: 0, trial: 2, why: 'no room on this node' }]);
  expect(play.stage).toBe('leaving');
});

test('silence makes an agent suspect after five seconds and lost after two leases', () => {
  const play = new RunPlay().until('running');
  play.pass(5, { silent: [1] });
  expect(play.shown.at(-1)).toEqual({ kind: 'fault', message: 'agent 1 was not heard for 5 s' });
  for (let second = 5; second < 29; second++) {
    play.store(0, 'another');
    play.store(1, 'another');
    play.run = { ...play.run, stage: { ...play.run.stage, untilNs: null } as typeof play.run.stage };
    play.pass(1, { silent: [1] });
  }
  expect(play.journaled('fault')).toEqual([]);
  play.pass(1, { silent: [1] });
  expect(play.journaled('fault')).toMatchObject([
    { agent: 1, code: 'agent-lost', message: 'agent 1 gave no sign of life for 30 s' },
  ]);
});

test('a heartbeat renews the lease and takes the suspicion away', () => {
  const play = new RunPlay().until('running');
  play.pass(5, { silent: [1] });
  play.say(1, { kind: 'heartbeat' });
  expect(play.latest).toMatchObject([{ kind: 'renew', index: 1 }]);
  expect(play.run.places[1]).toMatchObject({ holder: { suspect: false } });
});

test('a member that does not close its share after a stop is taken for lost', () => {
  const play = new RunPlay(twoTrials()).until('running');
  play.happen({ kind: 'interrupt', signal: 'SIGINT' });
  play.close(0);
  play.pass(11);
  expect(play.stage).toBe('running');
  play.pass(1);
  expect(play.journaled('fault')).toMatchObject([
    { agent: 1, code: 'agent-lost', message: 'agent 1 did not close its share of the trial in time' },
  ]);
  expect(play.journaled('trial-ended')).toMatchObject([{ stop: { cause: 'interrupt' } }]);
});

test('a k6 script is waited for as long as it may take after its load, and no longer', () => {
  const lost = (partingNs: number, afterS: number) => {
    const play = new RunPlay(smallPlan([smallCell({ spec: { ...ownScript(50), partingNs: ns(partingNs) } })]));
    play.until('running').close(0);
    play.pass(afterS);
    return play.journaled('fault').map(({ message }) => message);
  };
  const why = ['agent 1 did not close its share of the trial in time'];
  expect(lost(0, 17)).toEqual(why);
  expect(lost(10e9, 24)).toEqual([]);
  expect(lost(10e9, 27)).toEqual(why);
});

test('a member that reports no interval for half a minute is taken for lost', () => {
  const endless = smallCell({ phases: [atOncePhase(10)] });
  const play = new RunPlay(smallPlan([endless])).until('running');
  for (let second = 0; second < 40; second++) {
    play.store(0, 'another');
    play.pass(1);
  }
  expect(play.journaled('fault')).toMatchObject([
    { agent: 1, code: 'agent-lost', message: 'agent 1 reported nothing for 30 s' },
  ]);
});

test.each([
  ['registering', 'not-run'],
  ['calibrating', 'not-run'],
  ['preparing', 'not-run'],
  ['arming', 'trial-ended'],
  ['running', 'trial-ended'],
] as const)('an interrupt while %s closes the trial as %s, drains and marks the run interrupted', (stage, closing) => {
  const play = new RunPlay();
  if (stage !== 'registering') play.until(stage);
  else play.register(0);
  play.atNs = ns(seconds(2));
  play.happen({ kind: 'interrupt', signal: 'SIGTERM' });
  play.happen({ kind: 'interrupt', signal: 'SIGINT' });
  expect(play.journaled('interrupted')).toEqual([{ kind: 'interrupted', signal: 'SIGTERM' }]);
  play.closeAll();
  expect(play.stage).toBe('leaving');
  play.byeAll();
  expect(play.run.stage).toEqual({ kind: 'ended', end: { kind: 'complete', state: 'interrupted' } });
  expect(play.journaled(closing)).toHaveLength(1);
  expect(play.journaled(closing === 'not-run' ? 'trial-ended' : 'not-run')).toEqual([]);
  expect(play.journaled('agent-ready')).toHaveLength(closing === 'not-run' ? 0 : 2);
});

test('an interrupted trial is stopped at the instant of the interrupt on its own time line', () => {
  const play = new RunPlay(twoTrials()).until('running');
  play.atNs = ns(seconds(3));
  play.happen({ kind: 'interrupt', signal: 'SIGINT' });
  expect(play.ordered(1, 'stop')).toMatchObject({ atNs: seconds(3), reason: 'interrupt' });
  play.closeAll();
  const atNs = seconds(3) - milliseconds(50) - seconds(1);
  expect(play.journaled('trial-ended')).toEqual([
    { kind: 'trial-ended', ...trialRef, stop: { atNs, cause: 'interrupt' } },
  ]);
  expect(play.journaled('not-run')).toEqual([
    { kind: 'not-run', cell: 0, trial: 2, why: 'interrupted by SIGINT', cause: 'interrupt' },
  ]);
});

test('an agent that dies while an interrupt drains is not replaced', () => {
  const play = new RunPlay().until('running');
  play.happen({ kind: 'interrupt', signal: 'SIGINT' });
  play.happen({ kind: 'exited', index: 1, attempt: 1, message: 'was ended by SIGINT' });
  expect(play.commands.filter(({ kind }) => kind === 'submit')).toHaveLength(1);
  play.close(0);
  play.byeAll();
  expect(play.run.stage).toMatchObject({ end: { state: 'interrupted' } });
});

test('an agent that never registers fails the run by the deadline and is named', () => {
  const play = new RunPlay();
  play.happen({ kind: 'placed', attempt: 1 });
  play.register(0);
  play.pass(30);
  expect(play.run.stage).toEqual({
    kind: 'ended',
    end: { kind: 'failed', code: 'never-registered', message: 'agent 1: did not register within 30 s' },
  });
  expect(play.ordered(0, 'drain')).not.toBeNull();
  expect(play.journaled('run-ended')).toEqual([{ kind: 'run-ended', state: 'aborted' }]);
});

test('while the engine looks for places it is shown why, and no agent is late', () => {
  const play = new RunPlay();
  const shown = () => play.latest.flatMap((command) => (command.kind === 'show' ? [command.event] : []));
  play.happen({ kind: 'queued', attempt: 1, why: 'Resources' });
  expect(shown()).toEqual([{ kind: 'waiting', registered: 0, of: 2, why: 'Resources' }]);
  play.pass(300);
  expect(play.run.stage.kind).toBe('registering');
  play.happen({ kind: 'placed', attempt: 1 });
  expect(shown()).toEqual([{ kind: 'waiting', registered: 0, of: 2 }]);
  play.pass(29);
  expect(play.run.stage.kind).toBe('registering');
  play.pass(1);
  expect(play.run.stage).toMatchObject({ end: { code: 'never-registered' } });
});

test('an engine that gives no place by the deadline fails the run as such, with its own reason', () => {
  const play = new RunPlay();
  play.happen({ kind: 'queued', attempt: 1, why: 'ReqNodeNotAvail' });
  play.happen({ kind: 'queued', attempt: 7, why: 'a word about an attempt that nobody awaits' });
  play.pass(600);
  expect(play.run.stage).toMatchObject({
    end: { code: 'no-place', message: 'agent 0, 1: no place was given within 600 s: ReqNodeNotAvail' },
  });
});

test('an agent that ends before it registers fails the run at once with its last line', () => {
  const play = new RunPlay();
  play.happen({ kind: 'exited', index: 0, attempt: 1, message: 'ended with exit code 70: cannot read the token' });
  expect(play.run.stage).toMatchObject({
    end: {
      code: 'never-registered',
      message: 'agent 0 ended with exit code 70: cannot read the token before it registered',
    },
  });
});

test('an engine without room fails the run as no place given', () => {
  const play = new RunPlay();
  play.happen({ kind: 'no-place', attempt: 1, message: 'this node has no room' });
  expect(play.run.stage).toMatchObject({ end: { code: 'no-place', message: 'this node has no room' } });
});

test.each(['calibrating', 'preparing', 'arming', 'running'] as const)(
  'a journal that cannot be written ends the run while %s, with everybody stopped and nothing more journaled',
  (stage) => {
    const play = new RunPlay().until(stage);
    play.happen({ kind: 'journal-lost', message: 'no space left on device' });
    expect(play.run.stage).toMatchObject({ end: { kind: 'failed', code: 'evidence-unwritable' } });
    expect(kinds(play.latest)).toEqual(['stop', 'drain', 'stop', 'drain', 'finish']);
  },
);

test('the same process on a new stream keeps its epoch and hears again what it may have missed', () => {
  for (const [stage, order] of [
    ['calibrating', 'calibrate'],
    ['preparing', 'prepare'],
    ['arming', 'start'],
  ] as const) {
    const play = new RunPlay().until(stage);
    const place = play.run.places[0];
    const before = play.command(0, order);
    play.happen({ kind: 'detached', link: place?.kind === 'held' ? (place.holder.link ?? 0) : 0 });
    expect(play.run.places[0]).toMatchObject({ kind: 'held', holder: { link: null } });
    const epoch = play.epoch(0);
    const link = play.register(0);
    expect(play.latest).toMatchObject([
      { kind: 'grant', index: 0, epoch, link },
      { kind: order, command: before, link },
    ]);
  }
});

test('a stop is repeated to whoever comes back, and nothing to whoever has closed', () => {
  const play = new RunPlay().until('running');
  play.happen({ kind: 'interrupt', signal: 'SIGINT' });
  play.close(1);
  play.register(0);
  expect(kinds(play.latest)).toEqual(['grant', 'stop']);
  play.register(1);
  expect(kinds(play.latest)).toEqual(['grant']);
});

test('a greater attempt takes the place over and spoils the trial of the former holder, whose epoch is refused', () => {
  const play = new RunPlay(twoTrials()).until('running');
  const old = play.epoch(1);
  play.register(1, { attempt: 5, nonce: 'another process' });
  expect(play.epoch(1)).toBeGreaterThan(old);
  expect(play.commands).toContainEqual({ kind: 'fence', epoch: old });
  expect(play.journaled('fault')).toMatchObject([{ agent: 1, code: 'agent-lost', during: trialRef }]);
  play.say(1, { kind: 'heartbeat' }, old);
  const message = `place 1: the lease of epoch ${old} is over, the place is held under epoch ${play.epoch(1)}`;
  expect(play.latest).toMatchObject([{ kind: 'refuse', code: 'fenced', message }]);
});

test('a lost agent that was only thought dead is refused when it comes back', () => {
  const play = new RunPlay(twoTrials()).until('running');
  play.happen({ kind: 'exited', index: 1, attempt: 1, message: 'node lost' });
  const link = play.register(1, { attempt: 1 });
  expect(play.latest).toMatchObject([{ kind: 'refuse', link, code: 'fenced' }]);
});

test.each([
  [{ index: 0, nonce: 'another' }, 'duplicate'],
  [{ index: 7 }, 'no-such-place'],
])('%j is refused as %s', ({ index, ...change }, code) => {
  const play = new RunPlay().until('preparing');
  play.register(index, change);
  expect(play.latest).toMatchObject([{ kind: 'refuse', code }]);
});

test('whoever registers after the end is told that the run is over', () => {
  const play = new RunPlay().until('running');
  play.closeAll();
  play.register(0, { attempt: 9, nonce: 'stranger' });
  expect(play.latest).toMatchObject([{ kind: 'refuse', code: 'run-over' }]);
  play.byeAll();
  play.register(0, { attempt: 10, nonce: 'stranger' });
  expect(play.latest).toMatchObject([{ kind: 'refuse', code: 'run-over' }]);
});

test('every node is calibrated for every way of pacing, one at a time on a node', () => {
  const cells = [smallCell(), smallCell({ id: 'b', pacing: 'lowCpu' }), smallCell({ id: 'c', workers: 2 })];
  const play = new RunPlay(smallPlan(cells));
  play.register(0, { node: 'node-a' });
  play.register(1, { node: 'node-b' });
  for (let i = 0; i < 3; i++) {
    expect(play.run.stage).toMatchObject({ kind: 'calibrating', tasks: [{ node: 'node-a' }, { node: 'node-b' }] });
    const { stage } = play.run;
    if (stage.kind !== 'calibrating') throw new Error('unreachable');
    for (const { index, command, spec } of stage.tasks) {
      play.say(index, { kind: 'calibrated', command, result: { ...aCalibration, ...spec }, ageS: 3600 });
    }
  }
  expect(play.stage).toBe('preparing');
  expect(play.journaled('calibration')).toHaveLength(6);
  expect(play.shown.filter(({ kind }) => kind === 'calibrated')[0]).toMatchObject({ ageS: 3600 });
});

test('a calibration that fails or does not come is a recorded fault outside every trial, and the run goes on', () => {
  const failed = new RunPlay().until('calibrating');
  const command = failed.command(0, 'calibrate');
  failed.say(0, { kind: 'fault', command, code: 'own-fault', message: 'the probe broke' });
  expect(failed.journaled('fault')).toMatchObject([{ during: null, message: 'agent 0: calibration: the probe broke' }]);
  expect(failed.stage).toBe('preparing');
  const silent = new RunPlay().until('calibrating');
  silent.pass(60);
  expect(silent.stage).toBe('preparing');
});

test('agents that are not ready by the deadline are named, and the trial is called off', () => {
  const play = new RunPlay(twoTrials()).until('preparing');
  play.say(0, { kind: 'ready', command: play.command(0, 'prepare'), facts: someFacts });
  play.pass(300);
  expect(play.journaled('fault')).toMatchObject([{ agent: 1, message: 'agent 1 was not ready within 300 s' }]);
  play.pass(2);
  expect(play.journaled('trial-ended')).toMatchObject([{ stop: { cause: 'fault' } }]);
  expect(play.run.next).toBe(1);
});

test('an agent that does not bid farewell is waited for ten seconds', () => {
  const play = new RunPlay().until('running');
  play.closeAll();
  play.say(0, { kind: 'bye', reading: { offsetNs: 1e6, boundNs: 1e5, driftPpm: 0 } });
  expect(play.journaled('clock')).toMatchObject([{ agent: 0, offsetMs: 1, boundMs: 0.1 }]);
  play.pass(9);
  expect(play.stage).toBe('leaving');
  play.pass(1);
  expect(play.stage).toBe('ended');
});

test('a clock is written down at first and then every ten seconds', () => {
  const play = new RunPlay().until('running');
  const reading = { offsetNs: 0, boundNs: 1e5, driftPpm: 0 };
  for (let second = 0; second < 12; second++) {
    play.say(0, { kind: 'clock', reading });
    play.pass(1);
  }
  expect(play.journaled('clock')).toHaveLength(2);
});

test('a step never changes the run that it began with', () => {
  const play = new RunPlay().until('running');
  const before = play.run;
  const copy = structuredClone(before);
  play.happen({ kind: 'exited', index: 1, attempt: 1, message: 'gone' });
  expect(before).toEqual(copy);
});

const arrival = (problem: string | null) => ({ gpus: [{ uuid: 'GPU-a', name: 'A100' }], problem });

test('a place that is not what was asked for is asked for again, and the right one is taken', () => {
  const play = new RunPlay();
  play.register(0, { arrival: arrival('found H100, expected A100') });
  expect(play.latest).toEqual([
    {
      kind: 'refuse',
      link: expect.any(Number),
      code: 'wrong-node',
      message: 'place 0 on node node-a: found H100, expected A100',
    },
    { kind: 'submit', attempt: 2, indices: [0], instance: null },
  ]);
  expect(play.stage).toBe('registering');
  play.register(0, { arrival: arrival(null) });
  play.register(1);
  expect(play.stage).toBe('calibrating');
  expect(play.journaled('agent-registered')[0]).toMatchObject({ agent: 0, attempt: 2, gpus: arrival(null).gpus });
});

test('after three nodes that are not what was asked for the run ends: no place', () => {
  const play = new RunPlay();
  for (let time = 0; time < 3; time++) play.register(1, { arrival: arrival('found H100, expected A100') });
  expect(play.run.stage).toEqual({
    kind: 'ended',
    end: {
      kind: 'failed',
      code: 'no-place',
      message: 'place 1 on node node-a: found H100, expected A100 (3 times)',
    },
  });
});

test('an attempt of which nobody is left after a wrong node was given back is released', () => {
  const play = new RunPlay();
  play.register(0, { arrival: arrival('found none') });
  play.register(1, { arrival: arrival('found none') });
  expect(play.latest.at(-1)).toEqual({ kind: 'release', attempt: 1 });
});
