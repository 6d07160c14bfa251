import { expect, test } from 'vitest';
import { benchmarksOf, runCampaign, startCampaign } from '../support/loadcell.ts';
import { isAlive } from '../support/process-alive.ts';
import { descendants } from '../support/process-tree.ts';

const CAMPAIGN = `name: served
targets:
  http: { serve: { model: tiny-mlp, connections: 4, sessions: 2 } }
  grpc: { serve: { model: tiny-mlp, protocol: grpc, connections: 1, batching: { max: 8, delay: 1ms, preferred: [4] } } }
scenarios: { load: { load: { rate: 20/s, for: 3s } } }
objectives: []
fleet: { pacing: lowCpu }
warmup: 1s
seed: 3
`;

test('a served model is measured over HTTP and gRPC, nothing is lost, and the result says how it was served', async () => {
  const { code, stderr, folder } = await runCampaign(CAMPAIGN, ['--quiet']);
  expect([0, 13], stderr).toContain(code);
  const { cells, targets } = benchmarksOf(folder);
  for (const { trials } of cells) {
    const accounting = trials[0]?.accounting;
    expect([accounting?.scheduled, accounting?.ok]).toEqual([60, 60]);
  }
  expect(targets.http?.session).toMatchObject({ provider: 'cpu', options: { sessions: 2 } });
  expect(targets.grpc?.session?.options).toMatchObject({
    'batching.max': 8,
    'batching.delayMs': 1,
    'batching.preferred': '4',
  });
  expect(targets.grpc?.model).toMatchObject({ inputs: [{ name: 'input', type: 'float32', shape: ['N', 32] }] });
}, 90_000);

test('a model that cannot be served is told before any load, with its sentence', async () => {
  const bound = CAMPAIGN.replace('grpc: {', 'grpc: { serve: { model: tiny-mlp, require: cuda } }\n  rest: {');
  const { code, stderr, stdout } = await runCampaign(bound, ['--quiet']);
  expect(code).toBe(64);
  expect(`${stdout}${stderr}`).toContain('cannot run on cuda');
}, 90_000);

test('an interrupted run leaves no endpoint behind', async () => {
  const running = startCampaign(CAMPAIGN.replace('for: 3s', 'for: 60s'));
  const endpoints = (): number =>
    descendants(running.pid).filter(({ command }) => command.includes('endpoint/main')).length;
  await expect.poll(endpoints, { timeout: 60_000, interval: 200 }).toBe(1);
  const family = descendants(running.pid).map(({ pid }) => pid);
  running.process.kill('SIGINT');
  expect((await running.ended).code).toBe(130);
  await expect.poll(() => family.filter(isAlive), { timeout: 2_000 }).toEqual([]);
}, 90_000);
