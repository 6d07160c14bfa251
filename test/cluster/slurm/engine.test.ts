import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Instance } from '../../../src/campaign/instance.ts';
import { ANY_INSTANCE } from '../../../src/campaign/instance.ts';
import { AGENT_ENTRY, packAgent } from '../../../src/engines/agent-pack.ts';
import type { AgentGroup, GroupStatus } from '../../../src/engines/engine.ts';
import { SlurmEngine } from '../../../src/engines/slurm/slurm.ts';
import { toolCaller } from '../../../src/engines/tool.ts';
import { milliseconds, seconds } from '../../../src/time/ns.ts';
import { describeEngine, placeOf } from '../../support/engine-conformance.ts';
import { eventually } from '../../support/eventually.ts';
import { agentsOf } from '../agent-processes.ts';
import { describeCluster } from '../describe-cluster.ts';
import { SlurmCluster, whyNoSlurm } from './slurm-cluster.ts';

describeCluster('slurm', whyNoSlurm(), () => {
  let cluster: SlurmCluster;
  let shared: string;
  let scratch: string;

  beforeAll(async () => {
    cluster = await SlurmCluster.start({ nodes: 2, gpusPerNode: 2, cpusPerNode: 8 });
    shared = mkdtempSync(join(tmpdir(), 'loadcell-shared-'));
    scratch = mkdtempSync(join(tmpdir(), 'loadcell-scratch-'));
  });

  afterAll(async () => {
    await cluster?.stop();
    for (const folder of [shared, scratch]) rmSync(folder, { recursive: true, force: true });
  });

  const engine = (limitMs = 15_000): SlurmEngine =>
    new SlurmEngine({
      call: toolCaller(execFile, cluster.env, limitMs),
      user: userInfo().username,
      shared,
      stageAgent: async () => ({ kind: 'pack', ...(await packAgent(join(shared, 'agents'), scratch)) }),
      entry: AGENT_ENTRY,
      path: cluster.env.PATH ?? '',
      pollMs: 200,
    });

  const groupOn = (instance: Partial<Instance>, change: Partial<AgentGroup> = {}): AgentGroup => ({
    ...placeOf({ runId: 'asked', indices: [0], coordinator: '127.0.0.1:1', token: 'secret' }),
    instance: { ...ANY_INSTANCE, ...instance },
    ...change,
  });

  describeEngine('slurm', () =>
    Promise.resolve({
      engine,
      address: (port) => `127.0.0.1:${port}`,
      killMember: (handle, index) => {
        for (const pid of agentsOf(handle.key.runId, index)) process.kill(pid, 'SIGKILL');
      },
      stopMember: (handle, index) => {
        for (const pid of agentsOf(handle.key.runId, index)) process.kill(pid, 'SIGSTOP');
      },
      close: () => cluster.quiet(),
    }),
  );

  test('says what is there, and that a job of this shape would start', async () => {
    const probe = await engine().probe(groupOn({ gpu: 'A100-SXM4-40GB', gpusPerAgent: 2, partition: 'a100' }));
    expect(probe.kind).toBe('feasible');
    expect(probe.found.join('\n')).toMatch(/partition a100: 2 nodes, 2 idle; a node has gpu:a100:2, 8 CPUs, 1024 MiB/);
    expect(probe.found.join('\n')).toMatch(/to start at .* on nodes gpu1/);
  });

  test.each([
    ['a partition that nobody has', { partition: 'a1000' }, /instance.partition: found a1000/, /did you mean a100\?/],
    [
      'a GPU that no node has',
      { gpu: 'H100-SXM5-80GB', gpusPerAgent: 1 },
      /Requested node configuration/,
      /gpu:h100:1/,
    ],
    ['more GPUs than a node has', { gpu: 'A100', gpusPerAgent: 3 }, /Requested node configuration/, /gpu:a100:3/],
    ['a feature that no node has', { constraint: 'nvlink9' }, /Invalid feature/, /sinfo/],
    ['an argument that sbatch does not know', { arguments: ['--bogus'] }, /unrecognized option/, /sinfo/],
  ])('refuses %s before anything starts, with Slurm’s own reason', async (_, instance, message, hint) => {
    const probe = await engine().probe(groupOn(instance));
    expect(probe).toMatchObject({
      kind: 'infeasible',
      problems: [{ message: expect.stringMatching(message), hint: expect.stringMatching(hint) }],
    });
    expect(await cluster.jobs()).toEqual([]);
  });

  test('refuses more agents than there are nodes, and a walltime that the partition does not give', async () => {
    const many = await engine().probe(groupOn({}, { indices: [0, 1, 2] }));
    expect(many).toMatchObject({ problems: [{ message: expect.stringMatching(/Node count specification invalid/) }] });
    const long = await engine().probe(groupOn({ partition: 'short' }, { stayNs: seconds(7200) }));
    expect(long).toMatchObject({ problems: [{ message: expect.stringMatching(/time limit is invalid/) }] });
  });

  test('a Slurm that does not answer is unknown, and never gone', async () => {
    const impatient = new SlurmEngine({
      ...optionsOf(),
      call: toolCaller(execFile, { ...cluster.env, SLURM_CONF: '/dev/null' }, 15_000),
    });
    const handle = { engine: 'slurm', key: { runId: 'x', attempt: 1 }, members: [{ index: 0, id: '1.0' }] } as const;
    expect((await impatient.status(handle)).kind).toBe('unknown');
    expect(await impatient.probe(groupOn({}))).toMatchObject({ problems: [{ code: 'no-answer' }] });
  });

  test('without Slurm’s tools on the PATH it says so', async () => {
    const without = new SlurmEngine({ ...optionsOf(), call: toolCaller(execFile, { PATH: scratch }, 15_000) });
    expect(await without.probe(groupOn({}))).toMatchObject({
      problems: [{ code: 'tool-missing', message: expect.stringMatching(/sbatch is not on the PATH/) }],
    });
  });

  test('tells why a group waits while the GPUs are taken, and places it when they are free', async () => {
    const free = await cluster.occupy();
    const key = { runId: 'waits', attempt: 1 };
    const handle = await engine().submit(groupOn({ gpu: 'A100', gpusPerAgent: 1 }, { runId: 'waits' }), key);
    const seen: GroupStatus[] = [];
    const unwatch = engine().watch(handle, (status) => seen.push(status));
    await eventually('a reason', () => seen.some(({ kind }) => kind === 'queued'));
    expect(seen[0]).toMatchObject({
      kind: 'queued',
      reason: expect.stringMatching(/^Slurm job \d+ is queued \(\w+\)$/),
    });
    await free();
    await eventually('the place', () => seen.some(({ kind }) => kind === 'running'));
    unwatch();
    const status = await engine().status(handle);
    expect(status).toMatchObject({
      members: [{ index: 0, node: expect.stringMatching(/^gpu[12]$/), gpus: [expect.any(String)] }],
    });
    await engine().cancel(handle, milliseconds(0));
    expect(agentsOf('waits')).toEqual([]);
  });

  test('takes back a job that still waits, and leaves no token behind', async () => {
    const free = await cluster.occupy();
    const handle = await engine().submit(groupOn({}, { runId: 'early' }), { runId: 'early', attempt: 1 });
    await engine().cancel(handle, seconds(5));
    expect(await engine().list({ runId: null })).toEqual([]);
    expect(readdirSync(join(shared, 'runs'))).not.toContain('early');
    await free();
    await cluster.quiet();
  });

  test('the run’s token stands in no argument, comment or environment of the job', async () => {
    const handle = await engine().submit(groupOn({}, { runId: 'quiet', token: 'a secret to look for' }), {
      runId: 'quiet',
      attempt: 1,
    });
    await eventually('the agent', () => agentsOf('quiet').length === 1);
    const id = handle.members[0]?.id.split('.')[0] ?? '';
    expect(await cluster.tool('scontrol', 'show', 'job', '-dd', id)).not.toContain('secret');
    await engine().cancel(handle, milliseconds(0));
  });

  test('the job that docs/slurm.md tells to submit by hand runs on both nodes', async () => {
    const guide = readFileSync(new URL('../../../docs/slurm.md', import.meta.url), 'utf8');
    const [, script = ''] = /```sh\n(sbatch [\s\S]*?)```/.exec(guide) ?? [];
    execFileSync('/bin/sh', ['-c', script], { cwd: scratch, env: { ...cluster.env }, timeout: 20_000 });
    await cluster.quiet();
    expect(readFileSync(join(scratch, 'by-hand.log'), 'utf8').trim().split('\n').sort()).toEqual(['gpu1 0', 'gpu2 0']);
  });

  const optionsOf = () => ({
    user: userInfo().username,
    shared,
    stageAgent: () => Promise.reject(new Error('not staged here')),
    entry: AGENT_ENTRY,
    path: '',
    pollMs: 200,
  });
});
