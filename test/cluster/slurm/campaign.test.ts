import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { benchmarksOf, freshFolder, loadcell, type Running, resultsOf } from '../../support/loadcell.ts';
import { agentsOf } from '../agent-processes.ts';
import { accountingHolds, lastAttempts, runIdOf, scheduleDigests, trialVerdicts } from '../campaign-results.ts';
import { describeCluster } from '../describe-cluster.ts';
import { whyNoSlurm } from './slurm-cluster.ts';
import { slurmFleet, succeeded } from './slurm-fleet.ts';

describeCluster('slurm', whyNoSlurm(), () => {
  const slurm = slurmFleet();

  const campaign = (more: string, fleet = ''): string => `
name: on-slurm
targets: { sleeper: { sleep: { constant: 2ms } } }
scenarios: { load: { load: { rate: 100/s, for: 6s } } }
objectives: [errors < 5%]
instances:
  a100-40: { gpu: A100-SXM4-40GB, partition: a100, price: 3.06/h }
  half: { gpu: A100-SXM4-40GB, gpusPerAgent: 2, cpus: 2, memory: 512MiB, price: 5/h }
fleet: { engine: slurm, agents: 2, instance: a100-40, pacing: lowCpu, slurm: { shared: ${slurm.shared} }${fleet} }
telemetry: { gpu: off }
warmup: 1s
drain: 2s
seed: 7
retryInvalid: 2
${more}`;
  /** A trial that is invalid stays so. */
  const ONCE = ['--set', 'retryInvalid=0'];

  const nothingIsLeft = ({ folder }: Running): Promise<void> => slurm.nothingIsLeft(runIdOf(folder));

  test('a campaign gives the same schedule and verdict on Slurm as on this machine', async () => {
    const there = slurm.start(campaign(''));
    succeeded(await there.ended);
    const here = slurm.start(campaign(''), ['--engine', 'local', '--set', 'fleet.instance={}']);
    succeeded(await here.ended);
    const [placed, local] = [benchmarksOf(there.folder), benchmarksOf(here.folder)];
    expect(scheduleDigests(placed)).toEqual(scheduleDigests(local));
    expect(placed.verdict.kind).toBe(local.verdict.kind);
    accountingHolds(placed);
    expect(placed.cells.flatMap(lastAttempts)[0]?.accounting).toMatchObject({ scheduled: 600, ok: 600 });
    expect(placed.nodes.map(({ id, agents }) => [id, agents])).toEqual([
      [expect.stringMatching(/^gpu[12]$/), [expect.any(String)]],
      [expect.stringMatching(/^gpu[12]$/), [expect.any(String)]],
    ]);
    expect(placed.fleet).toMatchObject({
      engine: 'slurm',
      instances: { 'a100-40': { pricePerHour: 3.06, gpusPerAgent: 1 } },
    });
    expect(placed.cells[0]?.instance).toBe('a100-40');
    await nothingIsLeft(there);
  });

  test('where others could listen, agents on the nodes join by certificates of the run', async () => {
    const running = slurm.start(campaign(''), ['--listen', '0.0.0.0:0', '--advertise', '127.0.0.1']);
    succeeded(await running.ended);
    accountingHolds(benchmarksOf(running.folder));
    await nothingIsLeft(running);
  });

  test('instances are a dimension: the places of one are given back before those of the next are asked for', async () => {
    const running = slurm.start(
      campaign('vary: { instance: [a100-40, half] }\ntrials: 2', ', agents: 1').replace('agents: 2, ', ''),
    );
    succeeded(await running.ended);
    const { cells, fleet } = benchmarksOf(running.folder);
    expect(cells.map((cell) => [cell.id, cell.instance, lastAttempts(cell).length])).toEqual([
      ['sleeper/load[instance=a100-40]', 'a100-40', 2],
      ['sleeper/load[instance=half]', 'half', 2],
    ]);
    expect(Object.values(fleet?.instances ?? {}).map(({ pricePerHour }) => pricePerHour)).toEqual([3.06, 5]);
    accountingHolds(benchmarksOf(running.folder));
    await nothingIsLeft(running);
  });

  test('a model is served on a GPU node and its load comes from another place, each by a job of its own', async () => {
    const running = slurm.start(`
name: groups-on-slurm
targets: { served: { serve: { model: tiny-mlp, connections: 2 } } }
scenarios: { load: { load: { rate: 50/s, for: 3s } } }
objectives: [errors < 5%]
instances:
  a100-40: { gpu: A100-SXM4-40GB, partition: a100, price: 3.06/h }
  cpu: { cpus: 1, partition: a100, price: 0.4/h }
fleet:
  engine: slurm
  pacing: lowCpu
  slurm: { shared: ${slurm.shared} }
  groups: { servers: { instance: a100-40 }, load: { instance: cpu, agents: 1 } }
telemetry: { gpu: off }
warmup: 1s
seed: 7
`);
    const { code, stderr } = await running.ended;
    // A busy machine may make the measurement invalid.
    expect([0, 13], stderr).toContain(code);
    const result = benchmarksOf(running.folder);
    accountingHolds(result);
    const [trial] = result.cells.flatMap(lastAttempts);
    expect(trial?.accounting).toMatchObject({ scheduled: 150, ok: 150 });
    expect(trial?.perAgent.map(({ agent }) => agent)).toEqual(['agent-0']);
    expect(trial?.server?.counted).toBeGreaterThan(100);
    expect(result.nodes.flatMap(({ agents }) => agents).sort()).toEqual(['agent-0', 'server-0']);
    await nothingIsLeft(running);
  });

  test('a job that is cancelled from outside makes its trial invalid, and the next one is whole', async () => {
    const running = slurm.start(campaign('trials: 2'), ONCE);
    await running.saw(/trial 1 of 2.*load/);
    const [job = ''] = await slurm.cluster.jobs();
    await slurm.cluster.tool('scancel', job);
    const { stderr } = await running.ended;
    const result = benchmarksOf(running.folder);
    expect(trialVerdicts(result), stderr).toEqual(['invalid', 'pass']);
    accountingHolds(result);
    await nothingIsLeft(running);
  });

  test('a node whose daemon is killed loses its place; its agent is fenced, and the next trial is whole', async () => {
    const running = slurm.start(campaign('trials: 2', ', onLoss: { wait: 90s }').replace('for: 6s', 'for: 12s'), ONCE);
    await running.saw(/trial 1 of 2.*load/);
    const runId = runIdOf(running.folder);
    await slurm.cluster.killNode('gpu2');
    expect(agentsOf(runId), 'the daemon’s death ends no agent').toHaveLength(2);
    await slurm.cluster.tool('scontrol', 'update', 'nodename=gpu2', 'state=down', 'reason=killed');
    const { stderr } = await running.ended;
    await slurm.cluster.revive('gpu2');
    const result = benchmarksOf(running.folder);
    expect(trialVerdicts(result), stderr).toEqual(['invalid', 'pass']);
    accountingHolds(result);
    await nothingIsLeft(running);
  });

  test('a node that is drained keeps its agent to the end of the run', async () => {
    const running = slurm.start(campaign(''));
    await running.saw(/load/);
    await slurm.cluster.tool('scontrol', 'update', 'nodename=gpu1', 'state=drain', 'reason=test');
    succeeded(await running.ended);
    await slurm.cluster.revive('gpu1');
    await nothingIsLeft(running);
  });

  test('while the GPUs are taken it says why it waits, and at the deadline that no place came: exit 12', async () => {
    const free = await slurm.cluster.occupy();
    const running = slurm.start(campaign('', ', queue: 6s'));
    await running.saw(/waiting for agents: 0 of 2 registered; Slurm job \d+ is queued \((Resources|Priority|None)\)/);
    const ended = await running.ended;
    expect(ended.stderr).toMatch(/no place was given within 6 s: Slurm job \d+ is queued \(\w+\)/);
    expect(ended.code).toBe(12);
    await free();
    await nothingIsLeft(running);
  });

  test.each([
    ['a partition that nobody has', 'instances.a100-40.partition=a1000', /found a1000, which Slurm does not know/],
    ['a GPU that no node has', 'instances.a100-40.gpu=H100-SXM5-80GB', /Requested node configuration is not available/],
    ['more agents than nodes', 'fleet.agents=3', /Node count specification invalid/],
  ])('%s is refused before anything is written: exit 64', async (_, change, sentence) => {
    const running = slurm.start(campaign(''), ['--set', change]);
    const ended = await running.ended;
    expect(ended.stderr).toMatch(sentence);
    expect(ended.code).toBe(64);
    expect(() => resultsOf(running.folder)).toThrow();
  });

  test('engines probe says what is there and whether the campaign fits', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'campaign.yaml'), campaign(''));
    const probe = (...args: readonly string[]) =>
      loadcell(['engines', 'probe', 'campaign.yaml', ...args], folder, slurm.env()).ended;
    const fits = await probe();
    expect(fits.stdout).toMatch(
      /^slurm: 2 agents on a100-40: can be placed\n {2}found: slurm-wlm .*\n(?: {2}found: .*\n)*? {2}found: partition a100: /,
    );
    expect(fits.stdout).toMatch(/^dial: an agent on gpu[12] reached the coordinator at 127\.0\.0\.1:\d+$/m);
    succeeded(fits);
    expect(await slurm.cluster.jobs(), 'nobody is left').toEqual([]);
    const not = await probe('--set', 'instances.a100-40.constraint=nvlink9');
    expect(not.stdout).toMatch(/cannot be placed[\s\S]*problem: sbatch: .*Invalid feature/);
    expect(not.code).toBe(64);
  });

  test('a run that is ended at once, by a second signal, leaves no job behind', async () => {
    const running = slurm.start(campaign('').replace('for: 6s', 'for: 10m'));
    await running.saw(/load/);
    running.process.kill('SIGINT');
    await running.saw(/draining|SIGINT|interrupt/i);
    running.process.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.code).toBe(130);
    expect(await slurm.cluster.jobs(), 'as soon as the command has ended').toEqual([]);
    await nothingIsLeft(running);
  });

  test('what a killed coordinator leaves is found and ended', async () => {
    const running = slurm.start(campaign('').replace('for: 6s', 'for: 10m'));
    await running.saw(/load/);
    const runId = runIdOf(running.folder);
    running.process.kill('SIGKILL');
    await running.ended;
    const engines = (...args: readonly string[]) =>
      loadcell(['engines', ...args, '--engine', 'slurm'], running.folder, slurm.env()).ended;
    const listed = await engines('list', '--json');
    const [orphan] = JSON.parse(listed.stdout) as { key: { runId: string }; status: { kind: string } }[];
    expect(orphan).toMatchObject({ key: { runId, attempt: 1 }, status: { kind: 'running' } });
    const cancelled = await engines('cancel', runId);
    expect(cancelled.stdout).toBe(`slurm: ended attempt 1 of ${runId}\n`);
    expect((await engines('list')).stdout).toBe('slurm: no places held\n');
    expect(readFileSync(join(resultsOf(running.folder), 'plan.json'), 'utf8')).toContain('"engine": "slurm"');
    await nothingIsLeft(running);
  });
});
