import { expect, test } from 'vitest';
import {
  type AgentCommand,
  type AgentEvent,
  type AgentState,
  LEAST_MARGIN_NS,
  NEW_AGENT,
  step,
} from '../../../src/agent/agent-state.ts';
import type { Calibration } from '../../../src/wire/calibration.ts';
import type { TrialSpec } from '../../../src/wire/trial-spec.ts';

const spec = { cellId: 'a/b' } as TrialSpec;
const facts = { start: { sessionMs: 1, firstInferenceMs: 2 } };
const calibration = { takenAt: '2026-01-01T00:00:00Z' } as Calibration;
const request = { driver: 'in-process', size: null, pacing: 'precise', workers: 1, maxAgeS: 60 } as const;

const PREPARE: AgentEvent = { kind: 'prepare', command: 1n, spec };
const READY: AgentEvent = { kind: 'runner-ready', facts };
const start = (command: bigint, zero: bigint): AgentEvent => ({
  kind: 'start',
  command,
  zero,
  warmupNs: 1_000_000_000n,
  now: 0n,
});
const START = start(2n, 3_000_000_000n);
const STOP: AgentEvent = { kind: 'stop', at: 5_000_000_000n, lastSeq: 4 };
const CALIBRATE: AgentEvent = { kind: 'calibrate', command: 9n, request, cached: null };

/** The state after these events, and the commands of the last one. */
function after(...events: readonly AgentEvent[]): readonly [AgentState, readonly AgentCommand[]] {
  return events.reduce<readonly [AgentState, readonly AgentCommand[]]>(
    ([state], event) => step(state, event),
    [NEW_AGENT, []],
  );
}

const kinds = (commands: readonly AgentCommand[]): string[] => commands.map(({ kind }) => kind);
const said = (commands: readonly AgentCommand[]): unknown =>
  commands.flatMap((command) => (command.kind === 'say' ? [command.answer] : []));

test('a prepared runner that is ready is armed at instant 0 on the agent’s own clock', () => {
  expect(kinds(after(PREPARE)[1])).toEqual(['start-runner']);
  expect(said(after(PREPARE, READY)[1])).toEqual([{ kind: 'ready', command: 1n, facts }]);
  const [state, commands] = after(PREPARE, READY, START);
  expect(state.life).toMatchObject({ kind: 'armed', zero: 3_000_000_000n });
  expect(commands).toEqual([
    {
      kind: 'say',
      answer: { kind: 'armed', command: 2n, inTime: true, marginNs: 2_000_000_000n, zero: 3_000_000_000n },
    },
    { kind: 'tell-runner', message: { kind: 'arm', zero: 3_000_000_000n } },
  ]);
});

const withFiles = { ...spec, files: [{ path: '/m.onnx', sha256: 'ab', bytes: 2 }] } as TrialSpec;
const PREPARE_WITH_FILES: AgentEvent = { kind: 'prepare', command: 1n, spec: withFiles };

test('a trial that names files is given a runner once they are on the node, and told where they lie', () => {
  expect(after(PREPARE_WITH_FILES)[1]).toEqual([{ kind: 'provide-files', command: 1n, spec: withFiles }]);
  const there = { ...withFiles, cellId: 'as it lies here' };
  const provided: AgentEvent = { kind: 'files-provided', command: 1n, spec: there };
  expect(after(PREPARE_WITH_FILES, provided)[1]).toEqual([
    { kind: 'start-runner', message: { kind: 'prepare', spec: there } },
  ]);
  expect(said(after(PREPARE_WITH_FILES, provided, READY)[1])).toEqual([{ kind: 'ready', command: 1n, facts }]);
});

test('a file that cannot be had is a fault of set-up; what comes after the trial was called off is nobody’s', () => {
  const refused: AgentEvent = { kind: 'files-refused', command: 1n, message: 'm.onnx: changed' };
  expect(said(after(PREPARE_WITH_FILES, refused)[1])).toEqual([
    { kind: 'fault', command: 1n, code: 'target-setup', message: 'm.onnx: changed' },
  ]);
  expect(kinds(after(PREPARE_WITH_FILES, STOP)[1])).toContain('end-runner');
  const provided: AgentEvent = { kind: 'files-provided', command: 1n, spec: withFiles };
  for (const late of [provided, refused]) expect(after(PREPARE_WITH_FILES, STOP, late)[1]).toEqual([]);
});

test('an instant too near for the warm-up is refused and the runner is left alone', () => {
  const late = start(2n, 1_000_000_000n + LEAST_MARGIN_NS - 1n);
  const [state, commands] = after(PREPARE, READY, late);
  expect(state.life.kind).toBe('ready');
  expect(said(commands)).toEqual([
    { kind: 'armed', command: 2n, inTime: false, marginNs: LEAST_MARGIN_NS - 1n, zero: null },
  ]);
  expect(kinds(commands)).toEqual(['say']);
  const inTime = start(2n, 1_000_000_000n + LEAST_MARGIN_NS);
  expect(kinds(after(PREPARE, READY, inTime)[1])).toEqual(['say', 'tell-runner']);
});

test('without a known offset no start is in time', () => {
  const blind: AgentEvent = { kind: 'start', command: 2n, zero: null, warmupNs: 0n, now: 0n };
  expect(said(after(PREPARE, READY, blind)[1])).toMatchObject([{ kind: 'armed', inTime: false }]);
});

test('an armed agent is armed again by a new start, and only answers one that is repeated', () => {
  const again = after(PREPARE, READY, START, start(3n, 4_000_000_000n))[1];
  expect(again).toContainEqual({ kind: 'tell-runner', message: { kind: 'arm', zero: 4_000_000_000n } });
  expect(kinds(after(PREPARE, READY, START, START)[1])).toEqual(['say']);
});

test('a stop reaches the runner as an instant of the trial, once', () => {
  expect(after(PREPARE, READY, START, STOP)[1]).toEqual([
    { kind: 'tell-runner', message: { kind: 'stop', atNs: 2_000_000_000 } },
  ]);
  expect(after(PREPARE, READY, START, STOP, STOP)[1]).toEqual([]);
});

test('a trial that has not begun is over at once when it is stopped', () => {
  for (const events of [[PREPARE], [PREPARE, READY]]) {
    const [state, commands] = after(...events, STOP);
    expect(state.life.kind).toBe('idle');
    expect(said(commands)).toEqual([{ kind: 'trial-done', command: 1n, lastSeq: 4, server: null }]);
    expect(kinds(commands)).toContain('end-runner');
  }
});

test('the end of a trial is told with its last interval and what the server said, and leaves the runner to end by itself', () => {
  const server = { kind: 'nothing', why: 'the server tells nothing' } as const;
  const [state, commands] = after(PREPARE, READY, START, { kind: 'runner-done', lastSeq: 7, server });
  expect(state.life.kind).toBe('idle');
  expect(said(commands)).toEqual([{ kind: 'trial-done', command: 1n, lastSeq: 7, server }]);
  expect(kinds(commands)).toEqual(['say', 'release-runner']);
});

const DIED: AgentEvent = { kind: 'runner-ended', how: 'was ended by SIGKILL' };

test.for([
  { name: 'preparing', events: [PREPARE], command: 1n },
  { name: 'ready', events: [PREPARE, READY], command: 1n },
  { name: 'armed', events: [PREPARE, READY, START], command: 1n },
  { name: 'stopping', events: [PREPARE, READY, START, STOP], command: 1n },
  { name: 'calibrating', events: [CALIBRATE], command: 9n },
])('a runner that dies while $name is a fault, and the agent stands', ({ events, command }) => {
  const [state, commands] = after(...events, DIED);
  expect(state.life.kind).toBe('idle');
  expect(said(commands)).toEqual([
    { kind: 'fault', command, code: 'runner-died', message: 'the runner was ended by SIGKILL' },
  ]);
  const next: AgentEvent = { kind: 'prepare', command: 20n, spec };
  expect(kinds(step(state, next)[1])).toEqual(['start-runner']);
});

test('a runner that ends when its trial is over is no fault', () => {
  expect(after(PREPARE, READY, START, { kind: 'runner-done', lastSeq: 7, server: null }, DIED)[1]).toEqual([]);
});

test('a repeated prepare is answered as before and starts nothing', () => {
  expect(after(PREPARE, PREPARE)[1]).toEqual([]);
  expect(said(after(PREPARE, READY, PREPARE)[1])).toEqual([{ kind: 'ready', command: 1n, facts }]);
  expect(kinds(after(PREPARE, READY, PREPARE)[1])).toEqual(['say']);
});

test('a prepare in the middle of a trial ends that trial’s runner first', () => {
  const next: AgentEvent = { kind: 'prepare', command: 5n, spec };
  expect(kinds(after(PREPARE, READY, START, next)[1])).toEqual(['end-runner', 'start-runner']);
});

test('a calibration that is young enough is told without a runner, another is taken and kept', () => {
  const cached: AgentEvent = { kind: 'calibrate', command: 9n, request, cached: calibration };
  expect(kinds(after(cached)[1])).toEqual(['say']);
  expect(after(CALIBRATE)[1]).toEqual([
    {
      kind: 'start-runner',
      message: { kind: 'calibrate', spec: { driver: 'in-process', size: null, pacing: 'precise', workers: 1 } },
    },
  ]);
  const taken: AgentEvent = { kind: 'runner-calibrated', result: calibration };
  expect(kinds(after(CALIBRATE, taken)[1])).toEqual(['say', 'keep-calibration', 'release-runner']);
});

test('a lease under the same epoch has the last answer said again', () => {
  const [, commands] = after(PREPARE, READY, { kind: 'leased', anew: 'same-epoch' });
  expect(said(commands)).toEqual([{ kind: 'ready', command: 1n, facts }]);
});

test('a lease under another epoch ends what was begun under the old one', () => {
  const [state, commands] = after(PREPARE, READY, START, { kind: 'leased', anew: 'other-epoch' });
  expect(kinds(commands)).toEqual(['end-runner']);
  expect(state).toEqual(NEW_AGENT);
});

test('a lease that expires ends the load at once, whatever is under way', () => {
  for (const events of [[], [PREPARE], [PREPARE, READY, START], [CALIBRATE]]) {
    const [state, commands] = after(...events, { kind: 'lease-expired' });
    expect(state.life.kind).toBe('ended');
    expect(commands).toEqual([{ kind: 'end-runner' }, { kind: 'end', why: 'lease-expired' }]);
    expect(step(state, PREPARE)).toEqual([state, []]);
  }
});

test('a drained agent delivers what it has, takes no more trials and ends', () => {
  const [state, commands] = after(PREPARE, READY, { kind: 'drain' });
  expect(kinds(commands)).toEqual(['end-runner', 'deliver']);
  expect(step(state, { kind: 'prepare', command: 8n, spec })[1]).toEqual([]);
  expect(step(state, { kind: 'delivered' })[1]).toEqual([{ kind: 'end', why: 'delivered' }]);
});

test('nothing that is delivered ends an agent before it is drained', () => {
  expect(after(PREPARE, { kind: 'delivered' })[1]).toEqual([]);
});
