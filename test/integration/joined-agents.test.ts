import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { benchmarksOf, freshFolder, loadcell, type Running, resultsOf } from '../support/loadcell.ts';

const CAMPAIGN = `
name: joined
targets: { nothing: { null: {} } }
scenarios: { load: { load: { rate: 200/s, for: 2s } } }
objectives: [errors < 5%]
fleet: { agents: 2 }
warmup: 200ms
`;

let places: string;
let started: Running[];

beforeEach(() => {
  places = mkdtempSync(join(tmpdir(), 'loadcell-places-'));
  started = [];
});

afterEach(async () => {
  for (const { process } of started) process.kill('SIGKILL');
  await Promise.all(started.map(({ ended }) => ended));
});

function start(args: readonly string[], folder?: string): Running {
  const running = loadcell(args, folder);
  started.push(running);
  return running;
}

const agent = (...args: string[]): Running => start(['agent', '--join', places, ...args]);

function coordinator(...args: string[]): Running {
  const folder = freshFolder();
  writeFileSync(join(folder, 'campaign.yaml'), CAMPAIGN);
  return start(['coordinator', 'campaign.yaml', '--join', places, '--listen', '127.0.0.1:0', ...args], folder);
}

/** The join files of both places, once they are there. */
async function offered(): Promise<readonly string[]> {
  const files = (): readonly string[] => readdirSync(places).filter((name) => name.endsWith('.join'));
  await expect.poll(files, { timeout: 30_000 }).toHaveLength(2);
  return files();
}

test('a coordinator and agents that came by themselves, before and after it, complete a campaign', async () => {
  const early = agent('--wait', '60s');
  const leader = coordinator();
  await leader.saw('waiting for agents');
  const late = agent();
  const { code, stderr } = await leader.ended;
  expect(code, stderr).toBe(0);
  expect([await early.ended, await late.ended].map((end) => [end.code, end.stderr])).toEqual([
    [0, ''],
    [0, ''],
  ]);
  const [cell] = benchmarksOf(leader.folder).cells;
  expect(cell?.trials[0]?.perAgent.map(({ accounting }) => accounting.ok > 0)).toEqual([true, true]);
  expect(readdirSync(places)).toEqual([]);
  expect(readdirSync(tmpdir())).not.toContain(`loadcell-${basename(resultsOf(leader.folder))}`);
});

test('agents that join over an address that others reach prove who they are, and so does their coordinator', async () => {
  const leader = coordinator('--listen', '0.0.0.0:0', '--advertise', '127.0.0.1');
  const [first = ''] = await offered();
  expect(JSON.parse(readFileSync(join(places, first), 'utf8'))).toMatchObject({
    coordinator: expect.stringMatching(/^127\.0\.0\.1:/),
    token: expect.stringMatching(/^loadcell1\./),
  });
  const agents = [agent(), agent()];
  const { code, stderr } = await leader.ended;
  expect(code, stderr).toBe(0);
  expect((await Promise.all(agents.map(({ ended }) => ended))).map((end) => end.code)).toEqual([0, 0]);
});

test("a join file is the user's alone, and its secret is nowhere in the results", async () => {
  const leader = coordinator();
  const [first = ''] = await offered();
  const path = join(places, first);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { token } = JSON.parse(readFileSync(path, 'utf8')) as { token: string };
  agent();
  agent();
  expect((await leader.ended).code).toBe(0);
  const results = resultsOf(leader.folder);
  const files = readdirSync(results, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(5);
  for (const { parentPath, name } of files) expect(readFileSync(join(parentPath, name)).includes(token)).toBe(false);
});

test('places of a run that was interrupted before its agents came are taken back', async () => {
  const leader = coordinator();
  await offered();
  leader.process.kill('SIGTERM');
  expect((await leader.ended).code).toBe(130);
  expect(readdirSync(places)).toEqual([]);
});

test('an agent that nobody offers a place says so and exits 12', async () => {
  expect(await agent('--wait', '300ms').ended).toMatchObject({
    code: 12,
    stderr:
      'loadcell agent: --join: found no place as long as it waited, expected one of `loadcell coordinator --join`\n',
  });
});

test('an agent that waits for a place is seen by Prometheus and leaves when it is told to', async () => {
  const waiting = agent('--wait', '60s', '--metrics', '127.0.0.1:19465');
  await expect
    .poll(() => fetch('http://127.0.0.1:19465/metrics').then(({ status }) => status, String), { timeout: 30_000 })
    .toBe(200);
  waiting.process.kill('SIGTERM');
  expect(await waiting.ended).toMatchObject({ code: 130, stderr: 'loadcell agent: ended by SIGTERM\n' });
});

test('what is no join file, and an address that nobody can dial, are refused', async () => {
  const file = join(places, 'not-one.join');
  writeFileSync(file, '{"coordinator":"127.0.0.1:7070"}', { mode: 0o600 });
  const refused = await start(['agent', '--join', file]).ended;
  expect(refused).toMatchObject({ code: 64, stderr: expect.stringContaining(`${file} is no join file`) });
  const leader = await coordinator('--listen', '0.0.0.0:0').ended;
  expect(leader).toMatchObject({ code: 64, stderr: expect.stringContaining('--advertise') });
});
