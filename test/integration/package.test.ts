import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freshFolder } from '../support/loadcell.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** npm and npx under the project's own Node, as a user who has that Node would call them. */
function call(
  command: 'npm' | 'npx',
  args: readonly string[],
  cwd: string,
): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: 300_000,
    env: {
      ...process.env,
      PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
      ONNXRUNTIME_NODE_INSTALL: 'skip',
      NO_COLOR: '1',
      npm_config_update_notifier: 'false',
    },
  });
  return { status, stdout, stderr };
}

test('the packed command, installed into another folder, measures a real model', { timeout: 600_000 }, () => {
  const shop = freshFolder();
  const packed = call('npm', ['pack', '--json', '--silent', '--pack-destination', shop], root);
  expect(packed.status, packed.stderr).toBe(0);
  const [archive = ''] = readdirSync(shop);
  expect(archive).toMatch(/^loadcell-.*\.tgz$/);

  const home = join(shop, 'a user');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{ "name": "a-user", "private": true }\n');
  const installed = call(
    'npm',
    ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', join(shop, archive)],
    home,
  );
  expect(installed.status, installed.stderr).toBe(0);

  // The shipped example, shortened: the same job in a tenth of the time.
  const shipped = join(home, 'node_modules', 'loadcell', 'campaigns', 'smoke.yaml');
  cpSync(shipped, join(home, 'smoke.yaml'));
  const settings = [
    'scenarios.load.load.for=3s',
    'scenarios.stress.stress.for=4s',
    'scenarios.spike.spike.for=4s',
    'warmup=500ms',
  ];
  const ran = call(
    'npx',
    ['loadcell', 'run', 'smoke.yaml', '--json', ...settings.flatMap((setting) => ['--set', setting])],
    home,
  );
  const { verdict, exitCode, folder } = JSON.parse(ran.stdout) as { verdict: string; exitCode: number; folder: string };
  expect(ran.status, ran.stderr).toBe(exitCode);
  expect(['pass', 'fail', 'inconclusive', 'invalid']).toContain(verdict);
  const benchmarks = JSON.parse(readFileSync(join(folder, 'benchmarks.json'), 'utf8')) as { cells: { id: string }[] };
  expect(benchmarks.cells.map(({ id }) => id)).toEqual(['classifier/load', 'classifier/stress', 'classifier/spike']);
});
