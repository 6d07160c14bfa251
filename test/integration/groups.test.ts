import { expect, test } from 'vitest';
import { agentsOf } from '../cluster/agent-processes.ts';
import { eventually } from '../support/eventually.ts';
import { benchmarksOf, resultsOf, runCampaign, startCampaign } from '../support/loadcell.ts';

const campaign = (more = '', seconds = 3): string => `name: groups
targets:
  http: { serve: { model: tiny-mlp, connections: 4 } }
  grpc: { serve: { model: tiny-mlp, protocol: grpc, connections: 1 } }
scenarios: { load: { load: { rate: 40/s, for: ${seconds}s } } }
objectives: [errors < 5%]
fleet: { pacing: lowCpu, groups: { servers: { agents: 1 }, load: { agents: 2 } } }
warmup: 1s
seed: 3
${more}`;

test('a model is served by agents of its own, and load comes from others; the result says who did what', async () => {
  const { code, stderr, folder } = await runCampaign(campaign(), ['--quiet']);
  expect([0, 13], stderr).toContain(code);
  const { cells, nodes, targets } = benchmarksOf(folder);
  expect(nodes.flatMap(({ agents }) => agents).sort()).toEqual(['agent-0', 'agent-1', 'server-0']);
  for (const { trials } of cells) {
    const [trial] = trials;
    expect([trial?.accounting.scheduled, trial?.accounting.ok]).toEqual([120, 120]);
    expect(trial?.perAgent.map(({ agent, accounting }) => [agent, accounting.ok > 0])).toEqual([
      ['agent-0', true],
      ['agent-1', true],
    ]);
    // One server, which both loaded: 160 requests with those of the warm-up.
    expect(trial?.server?.counted).toBeGreaterThan(100);
  }
  expect(targets.http?.session).toMatchObject({ provider: 'cpu' });
  expect(targets.http).toHaveProperty('model.sha256');
  expect(targets.http).not.toHaveProperty('listening');
}, 90_000);

test('a server that is killed makes its trial invalid; its place is filled again and the next trial is whole', async () => {
  const running = startCampaign(campaign('trials: 2\ncells: { only: [http/load] }', 6));
  await running.saw(/trial 1 of 2.*load/);
  const runId = resultsOf(running.folder).split('/').at(-1) ?? '';
  await eventually('the server', () => agentsOf(runId, 2).length === 1);
  for (const pid of agentsOf(runId, 2)) process.kill(pid, 'SIGKILL');
  const { stderr } = await running.ended;
  const [cell] = benchmarksOf(running.folder).cells;
  expect(
    cell?.trials.map(({ verdict }) => verdict.kind),
    stderr,
  ).toEqual(['invalid', 'pass']);
  expect(cell?.trials[1]?.accounting).toMatchObject({ scheduled: 240, ok: 240 });
}, 90_000);
