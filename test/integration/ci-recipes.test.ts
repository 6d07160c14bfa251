import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseGateFile } from '../../src/campaign/gate-file.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/ci.md', import.meta.url)), 'utf8');
const bin = fileURLToPath(new URL('../../bin/loadcell.js', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'loadcell-ci-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text);

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly { readonly run?: string }[] }>>;
}

test('the policy on the page is one', () => {
  const [policy = ''] = blocks('yaml');
  expect(parseGateFile(policy, 'gate.yaml')).toMatchObject({ ok: true, policy: { confirm: 'repeat', looks: [8, 16] } });
});

test('the workflow on the page calls verbs and options that there are', async () => {
  const [, workflow = ''] = blocks('yaml');
  const steps = Object.values((parse(workflow) as Workflow).jobs).flatMap((job) => job.steps);
  const calls = steps.flatMap(({ run }) => (run?.startsWith('npx loadcell ') ? [run] : []));
  expect(calls).toHaveLength(1);
  for (const call of calls) {
    const [, , verb = '', ...rest] = call.split(' ');
    const help = await sh(`'${process.execPath}' '${bin}' ${verb} --help`);
    for (const option of rest.filter((word) => word.startsWith('--'))) expect(help.stdout).toContain(option);
  }
});

test('the nightly script measures, finds no baseline, keeps the night and tells the trend', async () => {
  const [script = ''] = blocks('sh nightly');
  writeFileSync(join(work, 'nightly.sh'), script);
  writeFileSync(join(work, 'loadcell'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`);
  chmodSync(join(work, 'loadcell'), 0o755);
  writeFileSync(
    join(work, 'night.yaml'),
    'name: night\ntargets: { s: { sleep: { constant: 5ms } } }\nscenarios: { load: { load: { rate: 100/s, for: 2s }, objectives: [errors < 50%] } }\nwarmup: 200ms\ndrain: 1s\n',
  );
  const night = await sh('sh nightly.sh night.yaml');
  expect(night.code, night.stderr).toBe(0);
  expect(night.stdout).toMatch(/found 0 earlier nights/);
  expect(night.stdout).toMatch(/kept \S+-night-[0-9a-f]{4} with \d+ figures/);
  expect(night.stdout).toContain('no series has 8 nights yet');
  expect(readFileSync(join(work, 'summary.md'), 'utf8')).toContain('## loadcell gate: no-baseline');
  expect(night.stderr).toContain('::warning title=gate no-baseline::');
});

function sh(command: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const github = { GITHUB_STEP_SUMMARY: join(work, 'summary.md'), GITHUB_ACTIONS: 'true' };
  const child = spawn('sh', ['-c', command], {
    cwd: work,
    env: { ...process.env, ...github, NO_COLOR: '1', PATH: `${work}:${process.env.PATH ?? ''}` },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}
