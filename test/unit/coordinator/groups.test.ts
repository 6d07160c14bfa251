import { expect, test } from 'vitest';
import type { FleetSpec } from '../../../src/campaign/fleet-spec.ts';
import type { NetworkSpec } from '../../../src/campaign/target-spec.ts';
import { RunCells } from '../../../src/coordinator/run-cells.ts';
import type { FleetCommand } from '../../../src/coordinator/run-state.ts';
import { trialSpec } from '../../../src/coordinator/trial-spec.ts';
import { seconds } from '../../../src/time/ns.ts';
import { RunPlay, someFacts } from '../../support/run-play.ts';
import { smallCell, smallPlan } from '../../support/small-plan.ts';

const SERVED = {
  kind: 'http',
  url: 'http://127.0.0.1:0',
  version: '1.1',
  connections: 1,
  streams: 1,
  tls: null,
  served: { sessions: 1 },
  call: { kind: 'oip', form: 'binary' },
} as unknown as NetworkSpec;

const FLEET: FleetSpec = {
  engine: 'local',
  queueNs: seconds(600),
  stayNs: null,
  instances: {},
  servers: { agents: 2, instance: 'gpu' },
};

/** Three agents that offer load, two that serve it; two trials. */
const plan = smallPlan(
  [
    smallCell({
      agents: 3,
      spec: SERVED,
      trials: [1, 2].map((index) => ({ index, scheduleDigest: null, scheduled: 200 })),
    }),
  ],
  { fleet: FLEET },
);

const told = (play: RunPlay, kind: FleetCommand['kind']): readonly number[] =>
  play.latest.flatMap((command) => (command.kind === kind && 'index' in command ? [command.index] : []));

/** Those that serve are ready: they listen on `s3:1` and `s4:1`. */
function readyServers(play: RunPlay): void {
  for (const index of [3, 4]) {
    const facts = { ...someFacts, model: { sha256: 'ab' } as never, listening: `s${index}:1` };
    play.say(index, { kind: 'ready', command: play.command(index, 'prepare'), facts });
  }
}

function running(): RunPlay {
  const play = new RunPlay(plan);
  play.registerAll();
  play.calibrateAll();
  readyServers(play);
  play.readyAll();
  play.armAll();
  expect(play.stage).toBe('running');
  return play;
}

test('places that serve are asked for by an attempt of their own, on their own instance', () => {
  const play = new RunPlay(plan);
  expect(play.latest.filter(({ kind }) => kind === 'submit')).toEqual([
    { kind: 'submit', attempt: 1, indices: [0, 1, 2], instance: null },
    { kind: 'submit', attempt: 2, indices: [3, 4], instance: 'gpu' },
  ]);
  play.registerAll();
  expect(play.journaled('agent-registered').map(({ name }) => name)).toEqual([
    'agent-0',
    'agent-1',
    'agent-2',
    'server-0',
    'server-1',
  ]);
});

test('what is served is there before anybody looks for it, and load is dealt to those that serve', () => {
  const play = new RunPlay(plan);
  play.registerAll();
  play.calibrateAll();
  expect(play.stage).toBe('preparing');
  expect([...play.members()]).toEqual([3, 4]);
  expect([0, 1, 2].map((index) => play.ordered(index, 'prepare'))).toEqual([null, null, null]);
  readyServers(play);
  expect([0, 1, 2].map((index) => play.ordered(index, 'prepare')?.served)).toEqual(['s3:1', 's4:1', 's3:1']);
  play.readyAll();
  expect(play.journaled('agent-ready').map(({ agent, facts }) => [agent, facts.model, facts.listening])).toEqual(
    [0, 1, 2].map((agent) => [agent, { sha256: 'ab' }, undefined]),
  );
});

test('everybody is armed; when every share is closed those that served let go, and the next trial begins', () => {
  const play = running();
  expect([...play.members()]).toEqual([0, 1, 2]);
  for (const index of [0, 1, 2]) play.close(index);
  expect(told(play, 'stop')).toEqual([3, 4]);
  expect(play.journaled('trial-ended')).toEqual([]);
  for (const index of [3, 4]) play.say(index, { kind: 'trial-done', command: play.command(index, 'prepare') });
  expect(play.journaled('trial-ended')).toHaveLength(1);
  expect([...play.members()]).toEqual([3, 4]);
});

test('one that served and does not let go is not waited for for long', () => {
  const play = running();
  for (const index of [0, 1, 2]) play.close(index);
  play.pass(4);
  expect(play.journaled('trial-ended')).toHaveLength(1);
});

test('a server that is lost spoils the trial, and its place is asked for again on its own instance', () => {
  const play = running();
  play.happen({ kind: 'exited', index: 4, attempt: 2, message: 'was ended by SIGKILL' });
  expect(play.journaled('fault')).toMatchObject([{ agent: 4, code: 'agent-lost', during: { cell: 0, trial: 1 } }]);
  expect(told(play, 'stop')).toEqual([0, 1, 2]);
  expect(play.latest.find(({ kind }) => kind === 'submit')).toEqual({
    kind: 'submit',
    attempt: 3,
    indices: [4],
    instance: 'gpu',
  });
  for (const index of [0, 1, 2]) play.close(index);
  play.say(3, { kind: 'trial-done', command: play.command(3, 'prepare') });
  expect(play.stage).toBe('refilling');
  play.register(4);
  expect([play.stage, [...play.members()]]).toEqual(['preparing', [3, 4]]);
});

test('an agent that comes back while others serve is told again where', () => {
  const play = new RunPlay(plan);
  play.registerAll();
  play.calibrateAll();
  readyServers(play);
  play.happen({ kind: 'detached', link: 101 });
  play.register(1);
  expect(play.latest.at(-1)).toMatchObject({ kind: 'prepare', index: 1, served: 's4:1' });
});

test('those that serve are told so, and those that offer load see an endpoint like any other', () => {
  const cells = new RunCells(plan);
  const ref = { cell: 0, trial: 1, attempt: 1 };
  const part = { telemetry: null, coordinator: 'head:7070' };
  const server = trialSpec(cells, plan, ref, { ...part, index: 3 });
  expect([server.serves, server.target]).toEqual([{ towards: 'head:7070' }, SERVED]);
  const load = trialSpec(cells, plan, ref, { ...part, index: 1, served: 's4:1' });
  const { served: _, ...plain } = SERVED;
  expect([load.serves, load.target]).toEqual([undefined, { ...plain, url: 'http://s4:1' }]);
});
