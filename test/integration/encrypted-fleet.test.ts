// Streams between agents and coordinator where others could listen: who is let in, who is not, and what each is told.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Coordinator } from '../../src/coordinator/coordinator.ts';
import { entranceAt } from '../../src/coordinator/entrance.ts';
import { deadlinesFor } from '../../src/coordinator/fleet-plan.ts';
import { drawHex, nodeMonotonic, systemWallClock } from '../../src/time/monotonic.ts';
import { formatJoinToken, readJoinToken } from '../../src/wire/join-token.ts';
import { createAuthority } from '../../src/wire/x509.ts';
import { FakeAgent } from '../support/fake-agent.ts';
import { HandEngine } from '../support/hand-engine.ts';
import { benchmarksOf, freshFolder, loadcell, resultsOf } from '../support/loadcell.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { smallCell, smallPlan } from '../support/small-plan.ts';

const main = fileURLToPath(new URL('../../src/agent/main.ts', import.meta.url));

let journal: MemoryJournal;
let coordinator: Coordinator;
let shown: string[];
let address: string;
let token: string;
let end: Promise<unknown>;

beforeEach(async () => {
  journal = new MemoryJournal();
  shown = [];
  const engine = new HandEngine();
  const at = { listen: { host: '0.0.0.0', port: 0 }, advertise: { host: 'localhost', port: null } };
  coordinator = new Coordinator({
    runId: 'run-1',
    plan: smallPlan([smallCell({ agents: 1 })]),
    opening: { kind: 'run-started', runId: 'run-1', source: { commit: null, dirty: null, ci: null } },
    left: null,
    deadline: null,
    review: () => Promise.resolve({ kind: 'valid' }),
    entrance: await entranceAt(at, { runId: 'run-1', nowMs: Date.now(), drawHex }),
    calibrationMaxAgeS: 3600,
    deadlines: deadlinesFor('network'),
    engine,
    journal,
    wall: systemWallClock,
    monotonic: nodeMonotonic,
    drawHex,
    show: (event) => {
      if (event.kind === 'fault') shown.push(event.message);
    },
  });
  await coordinator.open();
  end = coordinator.run();
  ({ coordinator: address, token } = await engine.first);
});

afterEach(async () => {
  coordinator.interrupt('SIGINT');
  await end;
});

/** The real agent, with a token given by standard input; it ends when it is refused. */
async function agent(given: string, ...more: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  const place = ['--coordinator', address, '--run', 'run-1', '--attempt', '1', '--index', '0', ...more];
  const child = spawn(process.execPath, [main, ...place], { stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin.end(`${given}\n`);
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { stderr: await text(child.stderr), code: await exit };
}

const refusals = () => journal.events.filter(({ kind }) => kind === 'agent-refused');

test('a campaign that says where agents dial in needs no options for it', async () => {
  const folder = freshFolder();
  const campaign = `name: encrypted
targets: { nothing: { null: {} } }
scenarios: { steady: { load: { rate: 200/s, for: 3s } } }
objectives: [errors < 1%]
fleet: { agents: 2, pacing: lowCpu, coordinator: { listen: "0.0.0.0:0", advertise: 127.0.0.1 } }
warmup: 0s
seed: 42
`;
  writeFileSync(join(folder, 'c.yaml'), campaign);
  const { code, stderr } = await loadcell(['run', 'c.yaml'], folder).ended;
  // A busy machine may make the measurement invalid; what was counted is exact all the same.
  expect([0, 13], stderr).toContain(code);
  expect(benchmarksOf(folder).cells[0]?.trials[0]?.accounting).toMatchObject({ scheduled: 600, ok: 600 });
  const unreachable = await loadcell(['run', 'c.yaml', '--advertise', '0.0.0.0'], folder).ended;
  expect(unreachable).toMatchObject({ code: 64, stderr: expect.stringContaining('fleet.coordinator.advertise') });
});

test('a run over encrypted streams comes to the same result as one over a loopback address', async () => {
  const folder = freshFolder();
  const campaign = `name: encrypted
targets: { nothing: { null: {} } }
scenarios: { steady: { load: { rate: 200/s, for: 3s } } }
objectives: [errors < 1%]
fleet: { engine: local, agents: 2, workers: 1, pacing: lowCpu }
warmup: 0s
seed: 42
`;
  writeFileSync(join(folder, 'c.yaml'), campaign);
  const run = loadcell(['run', 'c.yaml', '--listen', '0.0.0.0:0', '--advertise', '127.0.0.1'], folder);
  const { code, stderr } = await run.ended;
  // A busy machine may make the measurement invalid; what was counted is exact all the same.
  expect([0, 13], stderr).toContain(code);
  const results = resultsOf(folder);
  expect(benchmarksOf(folder).cells[0]?.trials[0]?.accounting).toMatchObject({ scheduled: 600, ok: 600 });
  const files = readdirSync(results, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const kept = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('\n');
  expect(kept).not.toMatch(/PRIVATE KEY|loadcell1\./);
});

test('an agent that does not encrypt is not heard', async () => {
  const fake = new FakeAgent({ address, runId: 'run-1', token, index: 0 });
  fake.register();
  await fake.detached;
  fake.close();
  expect(journal.events.some(({ kind }) => kind === 'agent-registered')).toBe(false);
});

test('an agent without a certificate is told how to get one, on record', async () => {
  const { authority } = readJoinToken(token);
  const fake = new FakeAgent({ address, runId: 'run-1', token, index: 0, authority: authority ?? new Uint8Array() });
  fake.register();
  expect(await fake.hear('refused')).toMatchObject({
    code: 'no-certificate',
    message: expect.stringContaining('start it with that token'),
  });
  fake.close();
  expect(refusals()).toMatchObject([{ code: 'no-certificate', peer: expect.stringContaining('127.0.0.1') }]);
  expect(shown[0]).toContain('was refused (no-certificate)');
});

test('a coordinator of another authority is not trusted, and the agent says why', async () => {
  const validity = { notBefore: new Date(Date.now() - 1000), notAfter: new Date(Date.now() + 60_000) };
  const { certificate } = await createAuthority('another', validity);
  const { secret } = readJoinToken(token);
  const { code, stderr } = await agent(formatJoinToken({ secret, authority: certificate }), '--register-within', '2');
  expect(code).toBe(13);
  expect(stderr).toMatch(/the coordinator did not answer in time: .*(certificate|signature)/i);
  expect(refusals()).toEqual([]);
});

test('another token is refused with a sentence', async () => {
  const { authority } = readJoinToken(token);
  const { code, stderr } = await agent(formatJoinToken({ secret: 'guessed', authority }));
  expect(code).toBe(64);
  expect(stderr).toBe(
    'loadcell agent: the coordinator refused this agent (bad-token): the token is not that of this run; take the one that the coordinator gave out for this place\n',
  );
  expect(refusals()).toMatchObject([{ code: 'bad-token' }]);
});

test('a token that was used is refused to the next process', async () => {
  const first = spawn(
    process.execPath,
    [main, '--coordinator', address, '--run', 'run-1', '--attempt', '1', '--index', '0'],
    { stdio: ['pipe', 'ignore', 'ignore'] },
  );
  first.stdin.end(`${token}\n`);
  await journal.saw('agent-registered');
  const { code, stderr } = await agent(token);
  expect(code).toBe(64);
  expect(stderr).toMatch(/\(token-used\): the token of place 0 was used before, by another process/);
  const gone = new Promise((resolve) => first.on('close', resolve));
  coordinator.interrupt('SIGINT');
  await gone;
});
