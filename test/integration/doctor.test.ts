import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { CHECKS, type Finding } from '../../src/cli/doctor/finding.ts';
import { freshFolder, loadcell } from '../support/loadcell.ts';
import { NvmlStub } from '../support/nvml-stub.ts';
import { testWith } from '../support/tools.ts';

interface Shown {
  readonly exitCode: number;
  readonly findings: readonly Finding[];
}

test('the doctor looks at everything, leaves nothing behind, and is not held up by a tool that hangs', async () => {
  const folder = freshFolder();
  const tools = freshFolder();
  const tool = (name: string, script: string): void => {
    writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(tools, name), 0o755);
  };
  tool('nvidia-smi', 'sleep 60; true');
  tool('k6', 'echo "k6 v0.49.0 (go1.21, linux/amd64)"');
  tool('sinfo', 'echo "slurm_load_partitions: unable to contact the controller" >&2; exit 1');
  const began = performance.now();
  const ended = await loadcell(['doctor', '--json', '--results', join(folder, 'results')], folder, {
    PATH: `${tools}${delimiter}${process.env.PATH ?? ''}`,
    LOADCELL_K6: join(tools, 'k6'),
  }).ended;
  expect(performance.now() - began).toBeLessThan(25_000);
  const { exitCode, findings } = JSON.parse(ended.stdout) as Shown;
  expect(ended.code, ended.stderr).toBe(0);
  expect(exitCode).toBe(0);
  expect(findings.map(({ check }) => check)).toEqual([...CHECKS]);
  const of = (check: Finding['check']) => findings.find((finding) => finding.check === check);
  expect(of('Node')).toEqual({ check: 'Node', status: 'ok', found: process.versions.node });
  expect(of('onnxruntime')?.status).toBe('ok');
  expect(of('providers')?.found).toMatch(/^cpu/);
  expect(of('loopback')?.status).toBe('ok');
  expect(of('GPUs')).toMatchObject({ status: 'warning', found: 'nvidia-smi: gave no answer within 5 s' });
  expect(of('k6')).toMatchObject({
    status: 'warning',
    found: 'LOADCELL_K6: found k6 0.49.0, expected 2.2 or newer',
  });
  expect(of('Slurm')?.found).toContain('unable to contact the controller');
  expect(readdirSync(folder)).toEqual([]);
});

testWith('cc', 'GPUs that only the library of their driver tells of are seen as loadcell gpu sees them', async () => {
  const stub = new NvmlStub('a100', 2);
  stub.behave('foreign=1');
  const folder = freshFolder();
  const ended = await loadcell(['doctor', '--json', '--quiet'], folder, { ...stub.env, PATH: '/nowhere' }).ended;
  stub.remove();
  const { findings } = JSON.parse(ended.stdout) as Shown;
  expect(findings.find(({ check }) => check === 'GPUs')).toMatchObject({
    status: 'warning',
    found: expect.stringMatching(
      /^2: NVIDIA A100-SXM4-40GB, driver 550\.54\.15, CUDA 12\.4.*; others compute on them \(1 process\)$/,
    ),
  });
});

test('a results folder that cannot be made stops every run: exit 64, said in words', async () => {
  const folder = freshFolder();
  mkdirSync(join(folder, 'a'));
  writeFileSync(join(folder, 'a', 'file'), '');
  const ended = await loadcell(['doctor', '--results', join(folder, 'a', 'file', 'results')], folder).ended;
  expect(ended.code).toBe(64);
  const unwrapped = ended.stdout.replaceAll(/\n {2,}/g, ' ');
  expect(unwrapped).toMatch(/^missing {2}results folder {2,}\S+: cannot be written: ENOTDIR/m);
  expect(ended.stdout).toContain('no run is possible here: results folder');
  expect(ended.stdout).not.toContain('\u001b');
});
