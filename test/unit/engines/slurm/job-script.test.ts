import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ANY_INSTANCE } from '../../../../src/campaign/instance.ts';
import {
  type AgentSource,
  agentScript,
  batchScript,
  commentOf,
  gresOf,
  jobName,
  keyOfName,
  sbatchArguments,
  shellWord,
  whereaboutsOf,
} from '../../../../src/engines/slurm/job-script.ts';
import { seconds } from '../../../../src/time/ns.ts';

const key = { runId: '20261122T051800Z-smoke-7f3a', attempt: 12 };
const group = {
  runId: key.runId,
  indices: [0, 3] as const,
  coordinator: '127.0.0.1:7070',
  token: 'secret',
  instance: ANY_INSTANCE,
  stayNs: null,
};

test('a job’s name gives its run and attempt back, and somebody else’s gives none', () => {
  expect(jobName(key)).toBe('loadcell-20261122T051800Z-smoke-7f3a-12');
  expect(keyOfName(jobName(key))).toEqual(key);
  expect(keyOfName('train-resnet-3')).toBeNull();
});

test('a job’s comment gives its places and its shared folder back, and somebody else’s gives none', () => {
  const whereabouts = { indices: [0, 3, 11], shared: '/scratch/a vision | in /x/loadcell' };
  expect(whereaboutsOf(commentOf(whereabouts))).toEqual(whereabouts);
  for (const other of ['(null)', 'places', 'places 1', 'places 1, in /x', 'my places 1 in /x', 'places 1 in x'])
    expect(whereaboutsOf(other), other).toBeNull();
});

test.each([
  [{}, null],
  [{ gpusPerAgent: 2 }, 'gpu:2'],
  [{ gpu: 'A100-SXM4-40GB', gpusPerAgent: 1 }, 'gpu:a100:1'],
  [{ gpu: 'H100 80GB HBM3', gpusPerAgent: 4 }, 'gpu:h100:4'],
  [{ gpu: 'A100-SXM4-40GB', gpusPerAgent: 1, gres: 'gpu:ampere:1,nvme:1' }, 'gpu:ampere:1,nvme:1'],
])('%j asks for the generic resource %s', (change, gres) => {
  expect(gresOf({ ...ANY_INSTANCE, ...change })).toBe(gres);
});

test('sbatch is told everything that an instance asks for, and nothing secret', () => {
  const instance = {
    ...ANY_INSTANCE,
    gpu: 'A100-SXM4-40GB',
    gpusPerAgent: 2,
    cpus: 8,
    memoryBytes: 32 * 2 ** 30,
    pricePerHour: 3,
    partition: 'a100',
    account: 'vision',
    qos: 'high',
    constraint: 'sxm4',
    gres: null,
    arguments: ['--reservation=bench'],
    nodeLabels: null,
    gpuResource: null,
  };
  const args = sbatchArguments({ ...group, instance, stayNs: seconds(90) }, key, '/scratch/vision');
  expect(args).toEqual([
    '--parsable',
    '--no-requeue',
    '--export=NIL',
    '--job-name=loadcell-20261122T051800Z-smoke-7f3a-12',
    '--comment=places 0,3 in /scratch/vision',
    '--nodes=2',
    '--ntasks=2',
    '--ntasks-per-node=1',
    '--output=/dev/null',
    '--gres=gpu:a100:2',
    '--cpus-per-task=8',
    '--mem=32768M',
    '--partition=a100',
    '--account=vision',
    '--qos=high',
    '--constraint=sxm4',
    '--time=2',
    '--reservation=bench',
  ]);
  expect(args.join(' ')).not.toContain('secret');
});

test('an instance that asks for nothing leaves everything to the site', () => {
  expect(
    sbatchArguments(group, key, '/scratch').filter((word) => /gres|cpus|mem|partition|account|time=/.test(word)),
  ).toEqual([]);
});

test('a word with quotes, spaces and dollars reaches a shell as it is', () => {
  const word = `it's "$HOME" \\ and a\nline`;
  expect(String(spawnSync('/bin/sh', ['-c', `printf %s ${shellWord(word)}`]).stdout)).toBe(word);
});

describe('the script of a task', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "load'cell-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the script as a task of Slurm would; the agent is a shell script. */
  function run(task: string, agent: string, source?: AgentSource) {
    const installed = join(folder, 'agent');
    mkdirSync(installed);
    writeFileSync(join(installed, 'node'), `#!/bin/sh\n${agent}\n`, { mode: 0o700 });
    const script = agentScript({
      folder,
      indices: [0, 3],
      source: source ?? { kind: 'folder', path: installed },
      entry: 'src/agent/main.ts',
      runId: key.runId,
      argv: ['--run', key.runId],
    });
    writeFileSync(join(folder, 'agent.sh'), script);
    const env = {
      PATH: process.env.PATH,
      SLURM_PROCID: task,
      SLURMD_NODENAME: 'n7',
      CUDA_VISIBLE_DEVICES: '1',
      TMPDIR: folder,
    };
    const { status } = spawnSync('/bin/sh', [join(folder, 'agent.sh')], { env, timeout: 10_000 });
    const text = (name: string): string | null => {
      const path = join(folder, `${name}-${task}`);
      return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
    };
    return { status, node: text('node'), exit: text('exit'), log: text('log') };
  }

  test('gives the agent its place by its number, and tells node, devices and end', () => {
    const cache = `${folder}/loadcell-${process.getuid?.()}`;
    expect(run('1', 'echo "$@" >&2; exit 70')).toEqual({
      status: 70,
      node: 'n7 1',
      exit: '70',
      log: `${join(folder, 'agent')}/src/agent/main.ts --run ${key.runId} --index 3 --node n7 --spool ${cache}/${key.runId}.spool --files ${cache}/files`,
    });
  });

  test('tells of an agent that a signal ended', () => {
    expect(run('0', 'kill -KILL $$')).toMatchObject({ status: 137, exit: '137' });
  });

  test('refuses a task that has no place', () => {
    expect(run('2', 'exit 0')).toMatchObject({
      status: 64,
      exit: '64',
      node: null,
      log: expect.stringContaining('found task 2'),
    });
  });

  test('refuses a pack that holds something else than was packed', () => {
    const path = join(folder, 'pack.tar');
    writeFileSync(path, 'not it');
    expect(run('0', 'exit 0', { kind: 'pack', path, sha256: 'ab'.repeat(32) })).toMatchObject({
      status: 64,
      log: expect.stringMatching(/found SHA-256 [0-9a-f]{64} on n7, expected abab/),
    });
  });

  test('unpacks an agent once on a node, and takes away those that nobody has used for two months', () => {
    const tree = join(folder, 'tree');
    mkdirSync(tree);
    writeFileSync(join(tree, 'node'), '#!/bin/sh\nexit 0\n', { mode: 0o700 });
    const path = join(folder, 'pack.tar');
    expect(spawnSync('tar', ['--mtime=@0', '-cf', path, '-C', tree, '.']).status).toBe(0);
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    const cache = join(folder, `loadcell-${process.getuid?.()}`);
    const [own, old, recent] = [sha256, 'ab'.repeat(32), 'cd'.repeat(32)].map((name) => join(cache, `agent-${name}`));
    for (const [agent, days] of [[old, 70] as const, [recent, 50] as const]) {
      mkdirSync(agent ?? '', { recursive: true });
      utimesSync(agent ?? '', Date.now() / 1000 - days * 86_400, Date.now() / 1000 - days * 86_400);
    }
    expect(run('0', 'exit 70', { kind: 'pack', path, sha256 })).toMatchObject({ status: 0 });
    expect([own, old, recent].map((agent) => existsSync(agent ?? ''))).toEqual([true, false, true]);
    utimesSync(own ?? '', 1, 1);
    rmSync(path);
    rmSync(join(folder, 'agent'), { recursive: true });
    expect(run('0', 'exit 70', { kind: 'pack', path, sha256 })).toMatchObject({ status: 0 });
  });

  test('refuses a folder without an agent', () => {
    expect(run('0', 'exit 0', { kind: 'folder', path: '/nowhere' })).toMatchObject({
      status: 64,
      log: 'loadcell agent: /nowhere: holds no agent on n7; expected an unpacked agent directory',
    });
  });
});

test('the batch script starts a task on every node and outlives each of them', () => {
  const script = batchScript('/shared/it', 2, '/opt/slurm/bin');
  expect(script).toMatch(/^#!\/bin\/sh\n/);
  expect(script).toContain('--kill-on-bad-exit=0 --wait=0');
  expect(script).toContain('--ntasks=2 --ntasks-per-node=1');
  expect(script).toContain("/bin/sh '/shared/it/agent.sh'");
  expect(spawnSync('/bin/sh', ['-n'], { input: script }).status).toBe(0);
});
