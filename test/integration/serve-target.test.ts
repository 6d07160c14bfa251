import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { served } from '../support/endpoint.ts';
import { benchmarksOf, freshFolder, loadcell, resultsOf, runCampaign, startCampaign } from '../support/loadcell.ts';
import { identityModel } from '../support/onnx-files.ts';
import { isAlive } from '../support/process-alive.ts';
import { descendants } from '../support/process-tree.ts';
import { npy } from '../support/sample-files.ts';
import { echoModel } from '../support/served-models.ts';

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

/** Sentences as they were before they were broken into lines for a terminal. */
const unwrapped = (text: string): string => text.replaceAll(/\s+/gu, ' ');

test('a served model is measured over HTTP and gRPC, nothing is lost, and the result says how it was served', async () => {
  const { code, stderr, folder } = await runCampaign(CAMPAIGN, ['--quiet']);
  expect([0, 13], stderr).toContain(code);
  const { cells, targets } = benchmarksOf(folder);
  for (const { trials } of cells) {
    const accounting = trials[0]?.accounting;
    expect([accounting?.scheduled, accounting?.ok]).toEqual([60, 60]);
    // Over gRPC it is told after the answer.
    const { service, parts } = trials[0]?.latency ?? {};
    expect(parts?.server?.mean.value).toBeGreaterThan(0);
    expect(parts?.server?.mean.value).toBeLessThan(service?.mean.value ?? 0);
    const server = trials[0]?.server;
    expect([server?.counted, server?.sent, server?.answered, server?.missing]).toEqual([80, 80, 80, []]);
    const { ok = 0, samples = 0, queueMs, computeInferMs, requestMs } = server?.measured ?? {};
    expect([ok >= 60, ok <= 80, samples]).toEqual([true, true, ok]);
    expect(Math.min(queueMs ?? -1, computeInferMs ?? -1)).toBeGreaterThanOrEqual(0);
    const seen = trials[0]?.latency.service.mean;
    expect(requestMs).toBeLessThan(seen?.value ?? 0);
  }
  expect(cells.map(({ trials }) => trials[0]?.server?.source)).toEqual([
    'GET /v2/models/model/stats',
    '/inference.GRPCInferenceService/ModelStatistics',
  ]);
  expect(readFileSync(join(resultsOf(folder), 'report.md'), 'utf8')).toContain(
    'the server counted 80 inferences, 80 were sent',
  );
  expect(targets.http?.session).toMatchObject({ provider: 'cpu', options: { sessions: 2 } });
  expect(targets.grpc?.session?.options).toMatchObject({
    'batching.max': 8,
    'batching.delayMs': 1,
    'batching.preferred': '4',
  });
  expect(targets.grpc?.model).toMatchObject({ inputs: [{ name: 'input', type: 'float32', shape: ['N', 32] }] });
}, 90_000);

test.each(['oip-binary', 'oip-json', 'grpc'])(
  'an answer over %s that its sample should not have come to is wrong-output, and a right one is ok',
  async (protocol) => {
    const folder = freshFolder();
    const yaml = `name: checked
targets:
  served:
    serve: { model: m.onnx, protocol: ${protocol}, connections: 2, batch: 2, inputs: { npy: { file: x.npy } }, expect: { npy: { file: y.npy } } }
scenarios: { load: { load: { rate: 50/s, for: 2s } } }
objectives: []
fleet: { pacing: lowCpu }
warmup: 0s
seed: 3
`;
    const x = Float32Array.from({ length: 16 }, (_, i) => i);
    const y = x.map((value, i) => (i === 13 ? value + 1 : value));
    const files = { 'c.yaml': yaml, 'x.npy': npy('<f4', [4, 4], x), 'y.npy': npy('<f4', [4, 4], y) };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    copyFileSync(echoModel(), join(folder, 'm.onnx'));
    const { code, stderr } = await loadcell(['run', 'c.yaml', '--quiet'], folder).ended;
    expect([0, 13], stderr).toContain(code);
    const [trial] = benchmarksOf(folder).cells[0]?.trials ?? [];
    const { ok = 0, failed } = trial?.accounting ?? {};
    const wrong = failed?.['wrong-output'] ?? 0;
    expect(ok + wrong).toBe(100);
    // Of the four windows of two samples, two hold the one that is wrong.
    expect(Math.min(ok, wrong)).toBeGreaterThan(25);
    expect(trial?.failures[0]).toMatchObject({ class: 'wrong-output', code: 'y', count: wrong });
    expect(trial?.failures[0]?.message).toMatch(/^sample 3, output y \[[01], 1\]: found 13, expected 14 ± /);
  },
  90_000,
);

test('a model of BF16 is served and measured, and its answers are those that its samples should come to', async () => {
  const folder = freshFolder();
  const yaml = `name: brain
targets:
  served:
    serve: { model: m.onnx, protocol: grpc, connections: 2, inputs: { npy: { file: x.npy } }, expect: { npy: { file: x.npy }, tolerance: { relative: 0.005 } } }
scenarios: { load: { load: { rate: 50/s, for: 1s } } }
objectives: []
fleet: { pacing: lowCpu }
warmup: 0s
seed: 3
`;
  const x = npy('<f4', [4, 2], Float32Array.of(0.1, -3.14, 1, -0, 1e30, 7, 0.3, 2));
  const files = { 'c.yaml': yaml, 'x.npy': x, 'm.onnx': identityModel('bfloat16', ['N', 2]) };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const { code, stderr } = await loadcell(['run', 'c.yaml', '--quiet'], folder).ended;
  expect([0, 13], stderr).toContain(code);
  const { cells, targets } = benchmarksOf(folder);
  expect(cells[0]?.trials[0]?.accounting).toMatchObject({ scheduled: 50, ok: 50 });
  expect(targets.served?.model).toMatchObject({ inputs: [{ name: 'x', type: 'bfloat16', shape: ['N', 2] }] });
}, 90_000);

test('expected outputs that are not those of the model are told before any load', async () => {
  const folder = freshFolder();
  const yaml = `name: misfit
targets: { served: { serve: { model: m.onnx, inputs: { npy: { file: x.npy } }, expect: { npy: { file: y.npy } } } } }
scenarios: { load: { load: { rate: 200/s, for: 9s } } }
`;
  const x = npy('<f4', [2, 4], new Float32Array(8));
  const files = { 'c.yaml': yaml, 'x.npy': x, 'y.npy': npy('<f4', [3, 4], new Float32Array(12)) };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  copyFileSync(echoModel(), join(folder, 'm.onnx'));
  const { code, stdout, stderr } = await loadcell(['run', 'c.yaml', '--quiet'], folder).ended;
  expect(code).toBe(64);
  expect(unwrapped(`${stdout}${stderr}`)).toContain(
    'found 3 expected outputs in y.npy, expected 2, one for each sample of the inputs',
  );
}, 90_000);

test('a server that another client uses meanwhile counts more than was sent, and the result says so', async () => {
  const { url } = await served(echoModel());
  const count = async (): Promise<number> => {
    const stats = (await (await fetch(`${url}/v2/models/m/stats`)).json()) as Stats;
    return stats.model_stats[0]?.inference_stats.success.count ?? 0;
  };
  const running = startCampaign(`name: shared
targets: { api: { http: { url: "${url}", model: m, protocol: oip-binary, connections: 2 } } }
scenarios: { load: { load: { rate: 20/s, for: 4s } } }
objectives: []
fleet: { agents: 2, pacing: lowCpu }
warmup: 0s
seed: 3
`);
  await expect.poll(count, { timeout: 60_000, interval: 50 }).toBeGreaterThan(20);
  const input = { name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] };
  for (let i = 0; i < 5; i++) {
    await fetch(`${url}/v2/models/m/infer`, { method: 'POST', body: JSON.stringify({ inputs: [input] }) });
  }
  const { code, stderr } = await running.ended;
  expect([0, 13], stderr).toContain(code);
  const [trial] = benchmarksOf(running.folder).cells[0]?.trials ?? [];
  expect(trial?.server).toMatchObject({ agent: 'agent-0', sent: 80, counted: 85 });
  const told = trial?.verdict.cautions.find((caution) => caution.code === 'server-other-clients');
  expect(told?.message).toBe('The server counted 85 inferences while 80 were sent: 5 came from elsewhere.');
}, 90_000);

interface Stats {
  readonly model_stats: readonly { readonly inference_stats: { readonly success: { readonly count: number } } }[];
}

test('a model that cannot be served is told before any load, with its sentence', async () => {
  const bound = CAMPAIGN.replace('grpc: {', 'grpc: { serve: { model: tiny-mlp, require: cuda } }\n  rest: {');
  const { code, stderr, stdout } = await runCampaign(bound, ['--quiet']);
  expect(code).toBe(64);
  expect(unwrapped(`${stdout}${stderr}`)).toContain('cannot run on cuda');
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
