import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processGroup } from '../../src/cli/process-group.ts';
import { type SupervisedEnd, Supervisor, type SupervisorOptions } from '../../src/cli/supervise.ts';
import type { RunRequest } from '../../src/coordinator/supervision.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../support/${name}`, import.meta.url));

let resultsDir: string;

beforeEach(() => {
  resultsDir = mkdtempSync(join(tmpdir(), 'loadcell-supervise-'));
});

afterEach(() => {
  rmSync(resultsDir, { recursive: true });
});

interface Watched {
  readonly signals: EventEmitter;
  readonly end: Promise<SupervisedEnd>;
  /** Id of the coordinator's group, once it has begun the run. */
  readonly group: Promise<number>;
}

function supervise(runId: string, options: Partial<SupervisorOptions> = {}): Watched {
  const signals = new EventEmitter();
  const group = Promise.withResolvers<number>();
  const supervisor = new Supervisor({
    spawn,
    env: process.env,
    signals: signals as unknown as NodeJS.Process,
    entry: fixture('supervised-coordinator.ts'),
    ...options,
  });
  const end = supervisor.run({ runId, resultsDir } as RunRequest, (event) => {
    if (event.kind === 'waiting') group.resolve(event.of);
  });
  return { signals, end, group: group.promise };
}

async function ended({ end, group }: Watched): Promise<SupervisedEnd> {
  const how = await end;
  expect(processGroup(await group).isAlive(), 'nothing of the group is left').toBe(false);
  return how;
}

const NOTHING_KEPT = 'it had not begun to record, so there is nothing to keep';

test('a run that finishes gives its result and the verdict’s exit code, and takes progress with it', async () => {
  expect(await ended(supervise('finish'))).toMatchObject({
    kind: 'finished',
    exitCode: 10,
    result: { folder: '/results/r' },
  });
});

test('a coordinator that does not leave after its last word is ended with everything it started', async () => {
  expect(await ended(supervise('linger'))).toMatchObject({ kind: 'finished', exitCode: 0 });
});

test('a run that cannot be carried out gives its sentence and its exit code', async () => {
  expect(await ended(supervise('fail'))).toEqual({ kind: 'failed', exitCode: 13, message: 'nobody came' });
});

test('a coordinator that is killed takes its agents with it, and a sentence says what is kept where', async () => {
  mkdirSync(join(resultsDir, 'die', 'journal'), { recursive: true });
  expect(await ended(supervise('die'))).toEqual({
    kind: 'failed',
    exitCode: 70,
    message: `the coordinator was ended by SIGKILL before the run was over; everything that was acknowledged is in ${join(resultsDir, 'die', 'journal')}; go on with it: loadcell run --resume ${join(resultsDir, 'die')}`,
  });
});

test('a coordinator that fails of itself is quoted', async () => {
  expect(await ended(supervise('crash'))).toEqual({
    kind: 'failed',
    exitCode: 70,
    message: `the coordinator ended with exit code 1 before the run was over: Error: a defect; ${NOTHING_KEPT}`,
  });
});

test.for(['SIGINT', 'SIGTERM'] as const)('a first %s drains the run and exits 130', async (signal) => {
  const watched = supervise('drain');
  await watched.group;
  watched.signals.emit(signal, signal);
  expect(await ended(watched)).toMatchObject({ kind: 'finished', exitCode: 130 });
});

test('a second signal ends everything at once', async () => {
  const watched = supervise('deaf');
  await watched.group;
  watched.signals.emit('SIGINT', 'SIGINT');
  watched.signals.emit('SIGINT', 'SIGINT');
  const before = performance.now();
  expect(await ended(watched)).toEqual({
    kind: 'failed',
    exitCode: 130,
    message: `ended at once by SIGINT; ${NOTHING_KEPT}`,
  });
  expect(performance.now() - before).toBeLessThan(2000);
});

test('SIGHUP ends nothing', async () => {
  const watched = supervise('drain');
  await watched.group;
  watched.signals.emit('SIGHUP', 'SIGHUP');
  expect(watched.signals.listenerCount('SIGHUP')).toBe(1);
  watched.signals.emit('SIGTERM', 'SIGTERM');
  expect(await ended(watched)).toMatchObject({ kind: 'finished' });
});

test('a coordinator that was stopped is ended by the second signal too', async () => {
  const watched = supervise('deaf');
  process.kill(await watched.group, 'SIGSTOP');
  watched.signals.emit('SIGTERM', 'SIGTERM');
  watched.signals.emit('SIGTERM', 'SIGTERM');
  expect(await ended(watched)).toMatchObject({ kind: 'failed', exitCode: 130 });
});

test('a coordinator that stays stopped is ended, and a sentence says so', async () => {
  const watched = supervise('deaf', { stoppedLookMs: 20 });
  process.kill(await watched.group, 'SIGSTOP');
  expect(await ended(watched)).toEqual({
    kind: 'failed',
    exitCode: 70,
    message: `the coordinator was stopped (SIGSTOP) and did not go on for 20 s, so it was ended; ${NOTHING_KEPT}`,
  });
});

test('a coordinator that is stopped for a while only goes on', async () => {
  const watched = supervise('drain', { stoppedLookMs: 200 });
  const group = await watched.group;
  process.kill(group, 'SIGSTOP');
  while (!processGroup(group).isStopped()) await delay(5);
  process.kill(group, 'SIGCONT');
  watched.signals.emit('SIGTERM', 'SIGTERM');
  expect(await ended(watched)).toMatchObject({ kind: 'finished', exitCode: 130 });
});

test('a supervisor without a run leaves nothing behind when it is dismissed', async () => {
  const supervisor = new Supervisor({
    spawn,
    env: process.env,
    signals: new EventEmitter() as unknown as NodeJS.Process,
    entry: fixture('supervised-coordinator.ts'),
  });
  await expect(supervisor.dismiss()).resolves.toBeUndefined();
  await expect(supervisor.dismiss(), 'again').resolves.toBeUndefined();
});

test('a program that cannot be started is a sentence', async () => {
  const supervisor = new Supervisor({
    spawn: (_command, args, options) => spawn('/no/such/program', args, options),
    env: process.env,
    signals: new EventEmitter() as unknown as NodeJS.Process,
  });
  expect(await supervisor.run({ runId: 'r', resultsDir } as RunRequest, () => {})).toEqual({
    kind: 'failed',
    exitCode: 70,
    message: `the coordinator could not be started: spawn /no/such/program ENOENT; ${NOTHING_KEPT}`,
  });
});

test.for([{ stopped: 'nobody' }, { stopped: 'everybody' }])(
  'nothing outlives a supervisor that is killed by two seconds, $stopped being stopped',
  async ({ stopped }) => {
    const supervisor = spawn(process.execPath, [fixture('supervisor-process.ts'), 'deaf'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: supervisor.stdout }), 'line')) as [string];
    const group = processGroup(Number(line));
    expect(group.isAlive()).toBe(true);
    if (stopped === 'everybody') group.kill('SIGSTOP');
    supervisor.kill('SIGKILL');
    await expect.poll(() => group.isAlive(), { timeout: 2000, interval: 10 }).toBe(false);
  },
);
