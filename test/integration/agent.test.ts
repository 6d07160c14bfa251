import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clockName } from '../../src/agent/clock-name.ts';
import { CREDIT } from '../../src/agent/outbox.ts';
import { readFrames } from '../../src/wire/framing.ts';
import { ReportRequestSchema } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { lengthOf } from '../../src/wire/interval-merge.ts';
import { FakeCoordinator, HEARTBEAT_MS, type Manners } from '../support/fake-coordinator.ts';
import { isAlive } from '../support/process-alive.ts';

const agentEntry = fileURLToPath(new URL('../support/agent-with-fake-runner.ts', import.meta.url));

/** Time to arm a runner in, on a busy machine too. */
const LEAD_MS = 250;

let folder: string;
let coordinator: FakeCoordinator;
const agents: RunningAgent[] = [];

interface RunningAgent {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadcell-agent-test-'));
});

afterEach(async () => {
  coordinator.close();
  for (const { child, ended } of agents.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

async function coordinate(manners: Partial<Manners> = {}): Promise<void> {
  coordinator = new FakeCoordinator(manners);
  await coordinator.listen();
}

function startAgent(env: Readonly<Record<string, string>> = {}): RunningAgent {
  const args = ['--coordinator', `127.0.0.1:${coordinator.port}`, '--run', 'r', '--attempt', '1', '--index', '0'];
  const places = ['--spool', join(folder, 'spool'), '--cache', join(folder, 'cache')];
  const child = spawn(process.execPath, [agentEntry, ...args, ...places], {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  child.stdin.end('secret\n');
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }));
  const agent = { child, ended };
  agents.push(agent);
  return agent;
}

async function runTrial(scenario: string): Promise<bigint> {
  const command = coordinator.prepare(scenario);
  await coordinator.heard('ready');
  coordinator.start(LEAD_MS);
  expect((await coordinator.heard('armed')).inTime).toBe(true);
  return command;
}

async function drainAndEnd(agent: RunningAgent): Promise<void> {
  coordinator.drain();
  await coordinator.heard('bye');
  expect(await agent.ended).toEqual({ code: 0, stderr: '' });
}

const heartbeats = (): number => coordinator.said.filter((said) => said.case === 'heartbeat').length;

const spooled = (): string[] => readdirSync(join(folder, 'spool'));

test('an agent registers, serves trial after trial with a fresh runner each, and says bye when all is delivered', async () => {
  await coordinate();
  const agent = startAgent();
  const { token, index, nodeJson } = await coordinator.heard('register');
  expect({ token, index }).toEqual({ token: 'secret', index: 0 });
  expect(JSON.parse(nodeJson)).toMatchObject({ node: process.versions.node, key: expect.stringMatching(/^sha256:/) });

  const runners = new Set<number>();
  for (const lastSeq of [3, 6]) {
    const command = coordinator.prepare('intervals=3');
    const ready = await coordinator.heard('ready');
    expect(ready.command).toBe(command);
    runners.add(JSON.parse(ready.factsJson).start.firstInferenceMs);
    const start = coordinator.start(LEAD_MS);
    const armed = await coordinator.heard('armed');
    expect(armed).toMatchObject({ command: start, inTime: true });
    expect(Number(armed.marginNs)).toBeLessThanOrEqual(LEAD_MS * 1e6);
    // On the clock that this process reads too, which the coordinator's is five seconds ahead of.
    expect(armed.clock).toBe(clockName());
    expect(Math.abs(Number(process.hrtime.bigint() - armed.zeroNs) / 1e9)).toBeLessThan(3);
    expect(await coordinator.heard('trialDone')).toMatchObject({ command, lastSeq: BigInt(lastSeq) });
  }
  expect(runners.size).toBe(2);
  await coordinator.hasReported(6);
  coordinator.drain();
  const { lastSeq, offset } = await coordinator.heard('bye');
  expect(lastSeq).toBe(6n);
  expect(Math.abs(Number(offset?.offsetNs) - 5e9)).toBeLessThanOrEqual(Number(offset?.boundNs));
  expect(await agent.ended).toEqual({ code: 0, stderr: '' });
  expect(coordinator.reported).toEqual([1, 2, 3, 4, 5, 6]);
  expect(spooled()).toEqual([]);
});

test('a runner killed in the middle of a trial is a fault with its signal, and the agent serves the next trial', async () => {
  await coordinate();
  const agent = startAgent();
  await coordinator.heard('register');
  const command = coordinator.prepare('endless');
  const runner: number = JSON.parse((await coordinator.heard('ready')).factsJson).start.firstInferenceMs;
  coordinator.start(LEAD_MS);
  await coordinator.hasReported(2);
  process.kill(runner, 'SIGKILL');
  expect(await coordinator.heard('fault')).toMatchObject({
    command,
    code: 'runner-died',
    message: 'the runner was ended by SIGKILL',
  });
  await runTrial('intervals=1');
  await coordinator.heard('trialDone');
  await drainAndEnd(agent);
});

test('a runner that aborts is a fault that quotes the last line it wrote', async () => {
  await coordinate();
  startAgent();
  await coordinator.heard('register');
  await runTrial('crash');
  const { message } = await coordinator.heard('fault');
  expect(message).toMatch(/^the runner was ended by SIGABRT: \S/);
});

test('a target that cannot be set up is a fault of its own', async () => {
  await coordinate();
  const agent = startAgent();
  await coordinator.heard('register');
  const command = coordinator.prepare('fault');
  expect(await coordinator.heard('fault')).toMatchObject({ command, code: 'target-setup', message: 'no such model' });
  await drainAndEnd(agent);
});

test('a stop ends the trial and every interval of it arrives', async () => {
  await coordinate();
  const agent = startAgent();
  await coordinator.heard('register');
  const command = await runTrial('endless');
  await coordinator.hasReported(3);
  coordinator.stop();
  const done = await coordinator.heard('trialDone');
  expect(done.command).toBe(command);
  await coordinator.hasReported(Number(done.lastSeq));
  await drainAndEnd(agent);
});

test('a start that comes too late is refused, and the agent can be armed again', async () => {
  await coordinate();
  startAgent();
  await coordinator.heard('register');
  const command = coordinator.prepare('intervals=2');
  await coordinator.heard('ready');
  coordinator.start(-20);
  const late = await coordinator.heard('armed');
  expect(late.inTime).toBe(false);
  expect(Number(late.marginNs)).toBeLessThan(0);
  coordinator.start(LEAD_MS);
  expect((await coordinator.heard('armed')).inTime).toBe(true);
  expect((await coordinator.heard('trialDone')).command).toBe(command);
});

test('after a cut the agent comes back with the same nonce and delivers what was not acknowledged', async () => {
  await coordinate({ acknowledgements: 'withheld' });
  const agent = startAgent();
  const { nonce } = await coordinator.heard('register');
  await runTrial('intervals=12');
  await coordinator.hasReported(4);
  coordinator.cut();
  coordinator.manners.acknowledgements = 'given';
  expect((await coordinator.heard('register')).nonce).toBe(nonce);
  await coordinator.hasReported(12);
  expect([...new Set(coordinator.reported)].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(coordinator.reported.filter((seq) => seq === 1).length, 'sent again').toBe(2);
  await drainAndEnd(agent);
});

test('an agent out of credit merges the seconds that it cannot send, and none is missing from their sums', async () => {
  await coordinate({ acknowledgements: 'withheld' });
  const agent = startAgent();
  await coordinator.heard('register');
  const command = await runTrial('intervals=200');
  expect((await coordinator.heard('trialDone')).command).toBe(command);
  expect(new Set(coordinator.reported).size).toBe(CREDIT);
  coordinator.manners.acknowledgements = 'given';
  coordinator.cut();
  await coordinator.hasReported(CREDIT + 1);
  await drainAndEnd(agent);
  const intervals = [...coordinator.intervals.values()].sort((a, b) => a.seq - b.seq);
  expect(intervals.length).toBeLessThan(CREDIT + 10);
  expect(intervals.map(({ seq }) => seq)).toEqual(
    intervals.map((_, at) => intervals.slice(0, at).reduce((sum, earlier) => sum + lengthOf(earlier), 0)),
  );
  expect(intervals.reduce((sum, interval) => sum + lengthOf(interval), 0)).toBe(200);
  const offered = intervals.flatMap(({ phases }) => phases).reduce((sum, counts) => sum + counts.offered, 0);
  expect(offered).toBe((200 * 201) / 2);
  expect(intervals.at(-1)?.last).toBe(true);
});

test('an answer that the cut may have lost is given again', async () => {
  await coordinate();
  startAgent();
  await coordinator.heard('register');
  const command = coordinator.prepare('intervals=1');
  await coordinator.heard('ready');
  coordinator.cut();
  await coordinator.heard('register');
  expect((await coordinator.heard('ready')).command).toBe(command);
});

test('an agent whose lease runs out stops its load by itself and keeps what was not acknowledged', async () => {
  await coordinate({ ttlMs: 1_500, acknowledgements: 'withheld' });
  const agent = startAgent();
  await coordinator.heard('register');
  const command = coordinator.prepare('endless');
  const runner: number = JSON.parse((await coordinator.heard('ready')).factsJson).start.firstInferenceMs;
  expect(command).toBe(1n);
  coordinator.start(LEAD_MS);
  await coordinator.hasReported(1);
  coordinator.manners.renewals = 'silent';
  const { code, stderr } = await agent.ended;
  expect(code).toBe(13);
  expect(stderr).toMatch(/the load was stopped; what it did not acknowledge is in .*\.spool\n$/);
  await expect.poll(() => isAlive(runner)).toBe(false);

  const [file = ''] = spooled();
  const { records, fault } = readFrames(readFileSync(join(folder, 'spool', file)));
  expect(fault).toBeNull();
  // Out of credit, a record is followed by one of the same number that holds more seconds.
  const kept = [...new Set(records.map((record) => Number(fromBinary(ReportRequestSchema, record).seq)))];
  expect(kept).toEqual(kept.map((_, index) => index + 1));
  expect(kept.length).toBeGreaterThanOrEqual(Math.max(...coordinator.reported));
});

test('an agent whose main thread is blocked for longer than its lease keeps it, and delivers every second afterwards', async () => {
  await coordinate({ ttlMs: 1_000 });
  const agent = startAgent({ LOADCELL_TEST_BLOCK_MS: '3000' });
  await coordinator.heard('register');
  const command = await runTrial('endless');
  await coordinator.hasReported(2);
  agent.child.kill('SIGUSR2');
  const before = heartbeats();
  await expect.poll(heartbeats, { timeout: 20_000 }).toBeGreaterThan(before + 2 * (1_000 / HEARTBEAT_MS));
  coordinator.stop();
  const done = await coordinator.heard('trialDone');
  expect(done.command).toBe(command);
  await coordinator.hasReported(Number(done.lastSeq));
  expect(coordinator.reported).toEqual(coordinator.reported.map((_, index) => index + 1));
  // At one interval in 20 ms, what the runner reported while nobody listened is there too.
  expect(coordinator.reported.length).toBeGreaterThan(50);
  await drainAndEnd(agent);
});

test('an agent whose lease runs out while its main thread is blocked is ended with its load', async () => {
  await coordinate({ ttlMs: 1_000 });
  const agent = startAgent({ LOADCELL_TEST_BLOCK_MS: '600000' });
  await coordinator.heard('register');
  coordinator.prepare('endless');
  const runner: number = JSON.parse((await coordinator.heard('ready')).factsJson).start.firstInferenceMs;
  coordinator.start(LEAD_MS);
  await coordinator.hasReported(1);
  coordinator.manners.renewals = 'silent';
  agent.child.kill('SIGUSR2');
  expect(await agent.ended).toEqual({
    code: null,
    stderr: 'loadcell agent: its part was over and it did not stop its load within 3 s, so the process ends itself\n',
  });
  await expect.poll(() => isAlive(runner)).toBe(false);
});

test('an agent that is fenced ends quietly, and one whose token is wrong says so', async () => {
  await coordinate({ refusal: 'fenced' });
  expect(await startAgent().ended).toEqual({ code: 0, stderr: '' });
  coordinator.manners.refusal = 'bad-token';
  const { code, stderr } = await startAgent().ended;
  expect(code).toBe(64);
  expect(stderr).toBe('loadcell agent: the coordinator refused this agent (bad-token): not you\n');
});

test('a calibration is taken once and then reused while it is young', async () => {
  await coordinate();
  startAgent();
  await coordinator.heard('register');
  coordinator.calibrate(3600);
  const first = JSON.parse((await coordinator.heard('calibrated')).resultJson);
  coordinator.calibrate(3600);
  expect(JSON.parse((await coordinator.heard('calibrated')).resultJson)).toEqual(first);
  coordinator.calibrate(0);
  expect(JSON.parse((await coordinator.heard('calibrated')).resultJson)).not.toEqual(first);
});

test('an agent that is told to end twice, as by its engine and its shell, delivers what it has all the same', async () => {
  await coordinate();
  const agent = startAgent();
  await coordinator.heard('register');
  await runTrial('endless');
  await coordinator.hasReported(2);
  agent.child.kill('SIGTERM');
  await coordinator.heard('ending');
  agent.child.kill('SIGTERM');
  await coordinator.heard('bye');
  expect(await agent.ended).toEqual({ code: 130, stderr: 'loadcell agent: ended by SIGTERM\n' });
});

test('an agent that is told to end by a signal stops its load, delivers what it has and exits 130', async () => {
  await coordinate();
  const agent = startAgent();
  await coordinator.heard('register');
  const command = await runTrial('endless');
  await coordinator.hasReported(2);
  agent.child.kill('SIGTERM');
  await coordinator.heard('bye');
  // Heartbeats and probes of the clock go their own way between them.
  const words = coordinator.said.flatMap(({ case: word }) => (word === 'ending' || word === 'fault' ? [word] : []));
  expect(words, 'what ends it is said first').toEqual(['ending', 'fault']);
  expect(await coordinator.heard('ending')).toMatchObject({ signal: 'SIGTERM' });
  expect(await coordinator.heard('fault')).toMatchObject({
    command,
    message: 'the agent was told to end by SIGTERM',
  });
  expect(await agent.ended).toEqual({ code: 130, stderr: 'loadcell agent: ended by SIGTERM\n' });
});
