import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { carryOut } from '../../src/coordinator/carry-out.ts';
import type { ProgressEvent } from '../../src/coordinator/progress-events.ts';
import { readJournal } from '../../src/coordinator/results-journal.ts';
import type { RunRequest } from '../../src/coordinator/supervision.ts';
import type { AgentGroup } from '../../src/engines/engine.ts';
import { anInterval, FakeAgent } from '../support/fake-agent.ts';
import { HandEngine } from '../support/hand-engine.ts';
import { smallCell, smallPlan } from '../support/small-plan.ts';

let results: string;
beforeEach(async () => {
  results = await mkdtemp(join(tmpdir(), 'loadcell-results-'));
});
afterEach(async () => {
  await rm(results, { recursive: true, force: true });
});

const request = (change: Partial<RunRequest> = {}): RunRequest => ({
  mode: 'new',
  deadline: null,
  runId: '20261122T051800Z-small-7f3a',
  plan: smallPlan([smallCell({ agents: 1 })]),
  campaignText: new TextEncoder().encode('name: small # as given\n'),
  resultsDir: results,
  source: { commit: null, dirty: null, ci: null },
  listen: { host: '127.0.0.1', port: 0 },
  calibrationMaxAgeS: 0,
  ...change,
});

/** Submits one fake agent that runs every trial by sending one interval, its last. */
async function serve(group: AgentGroup): Promise<void> {
  const agent = new FakeAgent({ address: group.coordinator, runId: group.runId, token: group.token, index: 0 });
  agent.register();
  const lease = await agent.hear('lease');
  await agent.calibrate();
  const { command } = await agent.arm();
  const report = agent.report();
  report.greet(lease);
  report.send(1, anInterval(0, 0, { last: true }));
  await report.acknowledged(1);
  agent.say({ case: 'trialDone', value: { command, lastSeq: 1n } });
  await agent.leave();
  await agent.detached;
  agent.close();
}

function world(engine: HandEngine) {
  const shown: ProgressEvent[] = [];
  return {
    shown,
    engineFor: () => Promise.resolve(engine),
    wall: { nowMs: () => Date.now() },
    monotonic: () => process.hrtime.bigint(),
    drawHex: (bytes: number) => 'ab'.repeat(bytes),
    self: { host: 'here', boot: 'this', process: '1@1' },
    isRunning: () => false,
    show: (event: ProgressEvent) => {
      shown.push(event);
    },
  };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

test('a run leaves a whole results folder: as given, as planned, as journaled, as judged', async () => {
  const engine = new HandEngine();
  const around = world(engine);
  const { outcome } = carryOut(request(), around);
  await serve(await engine.first);
  const finished = await outcome;
  expect(finished).toMatchObject({ kind: 'finished', folder: join(results, '20261122T051800Z-small-7f3a') });
  if (finished.kind !== 'finished') throw new Error('unreachable');
  const { folder, summary } = finished;
  expect((await readdir(folder)).sort()).toEqual([
    'benchmarks.json',
    'calibration.json',
    'campaign.yaml',
    'journal',
    'manifest.json',
    'nodes',
    'plan.json',
    'report.html',
    'report.md',
    'series',
    'telemetry',
  ]);
  expect(await readFile(join(folder, 'campaign.yaml'), 'utf8')).toBe('name: small # as given\n');
  expect(JSON.parse(await readFile(join(folder, 'benchmarks.json'), 'utf8'))).toEqual(summary);
  expect(summary.run).toMatchObject({ id: '20261122T051800Z-small-7f3a', state: 'complete' });
  // One second of three was reported: what is missing is seen, and never taken for a result.
  expect(finished.verdict.kind).toBe('invalid');
  expect(finished.exitCode).toBe(13);
  expect(around.shown.at(-1)).toEqual({ kind: 'judging' });
  const kinds: string[] = [];
  for await (const entry of readJournal(folder))
    kinds.push(entry.kind === 'event' ? entry.timed.event.kind : 'interval');
  expect([kinds[0], kinds.at(-1)]).toEqual(['run-started', 'run-ended']);
  expect(kinds).toContain('interval');
});

test('an interrupt before anybody has registered still leaves a judged folder, marked interrupted', async () => {
  const engine = new HandEngine();
  const undertaking = carryOut(request(), world(engine));
  undertaking.interrupt('SIGINT');
  const finished = await undertaking.outcome;
  expect(finished).toMatchObject({ kind: 'finished', exitCode: 130 });
  if (finished.kind !== 'finished') throw new Error('unreachable');
  expect(finished.summary.run.state).toBe('interrupted');
  expect(engine.cancelled).toEqual([1]);
});

test('a folder that exists already is refused before the start, and nobody is asked for a place', async () => {
  const engine = new HandEngine();
  const first = carryOut(request(), world(engine));
  first.interrupt('SIGINT');
  await first.outcome;
  const again = new HandEngine();
  const { outcome } = carryOut(request(), world(again));
  expect(await outcome).toMatchObject({
    kind: 'failed',
    exitCode: 64,
    message: expect.stringContaining('exists already'),
  });
  expect(again.submitted).toEqual([]);
});

test('a port that is taken is refused before a folder is made', async () => {
  const engine = new HandEngine();
  const holder = carryOut(request(), world(engine));
  const { coordinator } = await engine.first;
  const listen = { host: '127.0.0.1', port: Number(coordinator.split(':')[1]) };
  const { outcome } = carryOut(request({ runId: 'second', listen }), world(new HandEngine()));
  expect(await outcome).toMatchObject({ kind: 'failed', code: 'port', exitCode: 64 });
  expect(await exists(join(results, 'second'))).toBe(false);
  holder.interrupt('SIGINT');
  await holder.outcome;
});

test('an address that no agent could dial is refused before a folder is made', async () => {
  const { outcome } = carryOut(request({ listen: { host: '0.0.0.0', port: 0 } }), world(new HandEngine()));
  expect(await outcome).toMatchObject({
    kind: 'failed',
    code: 'usage',
    exitCode: 64,
    message:
      '--listen, or fleet.coordinator.listen: found 0.0.0.0:0, which agents on other nodes cannot dial; name the address by which they reach this machine with --advertise, or fleet.coordinator.advertise',
  });
  expect(await exists(join(results, request().runId))).toBe(false);
});

test('an engine that throws gives no place, and the run says so', async () => {
  const engine = new HandEngine();
  engine.submit = () => Promise.reject(new Error('spawn ENOMEM'));
  const { outcome } = carryOut(request(), world(engine));
  expect(await outcome).toEqual({
    kind: 'failed',
    code: 'no-place',
    exitCode: 12,
    message: 'local: spawn ENOMEM',
  });
});

test('a results folder below a file is refused before the start', async () => {
  const resultsDir = join(results, 'file');
  await writeFile(resultsDir, '');
  const { outcome } = carryOut(request({ resultsDir }), world(new HandEngine()));
  expect(await outcome).toMatchObject({ kind: 'failed', code: 'path', exitCode: 64 });
});

test('a results folder that is removed during a run is evidence that cannot be written, and is said so', async () => {
  const engine = new HandEngine();
  const { outcome } = carryOut(request(), world(engine));
  const group = await engine.first;
  const folder = join(results, '20261122T051800Z-small-7f3a');
  await rm(folder, { recursive: true });
  await serve(group);
  expect(await outcome).toEqual({
    kind: 'failed',
    code: 'evidence-unwritable',
    exitCode: 70,
    message: `${folder}: was removed while the run wrote into it; what it had recorded is lost`,
  });
});

test('a plan that is lost during a run is evidence that cannot be written', async () => {
  const engine = new HandEngine();
  const { outcome } = carryOut(request(), world(engine));
  const group = await engine.first;
  await rm(join(results, '20261122T051800Z-small-7f3a', 'plan.json'));
  await serve(group);
  expect(await outcome).toMatchObject({
    kind: 'failed',
    exitCode: 70,
    message: expect.stringContaining('plan.json: not found'),
  });
});
