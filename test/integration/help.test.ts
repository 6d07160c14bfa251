import { spawnSync } from 'node:child_process';
import { closeSync, cpSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freshFolder, loadcell } from '../support/loadcell.ts';

test('without a verb the help goes to stderr and the exit code says that nothing was done', async () => {
  const ended = await loadcell([]).ended;
  expect(ended.code).toBe(64);
  expect(ended.stdout).toBe('');
  expect(ended.stderr).toMatch(/^Usage: loadcell/);
  const asked = await loadcell(['--help']).ended;
  expect(asked).toMatchObject({ code: 0, stderr: '', stdout: ended.stderr });
});

test('help knows the verbs of verbs', async () => {
  const [long, short] = await Promise.all([
    loadcell(['help', 'model', 'make']).ended,
    loadcell(['model', 'make', '--help']).ended,
  ]);
  expect(long.code).toBe(0);
  expect(long.stdout).toBe(short.stdout);
});

test.each([
  [['calibrat'], "unknown command 'calibrat'\n(Did you mean calibrate?)"],
  [['doctor', '--jsno'], "unknown option '--jsno'\n(Did you mean --json?)"],
  [['help', 'docter'], 'help: found docter, which is no verb; did you mean doctor?'],
  [['help', 'doctor', 'now'], 'help: found now, which is no verb; doctor has none of its own'],
  [['model', 'maek'], "unknown command 'maek'\n(Did you mean make?)"],
])('%j is answered with the nearest that is known', async (args, sentence) => {
  const ended = await loadcell(args).ended;
  expect(ended.code).toBe(64);
  expect(ended.stdout).toBe('');
  expect(ended.stderr.trimEnd()).toBe(`loadcell: ${sentence}`);
});

test.each([['run'], ['bench'], ['peak'], ['runs'], ['show'], ['doctor'], ['gate']])(
  'loadcell %s refuses a results folder without a name',
  async (verb) => {
    const ended = await loadcell([verb, '--results', '']).ended;
    expect(ended.stderr).toBe(
      'loadcell: --results: found an empty text, expected a folder, for example --results results\n',
    );
    expect(ended.code).toBe(64);
  },
);

const FULL = '/dev/full';
const bin = fileURLToPath(new URL('../../bin/loadcell.js', import.meta.url));

test.skipIf(!existsSync(FULL))('output that the disk has no room for is told, with an exit code of its own', () => {
  const full = openSync(FULL, 'w');
  const ended = spawnSync(process.execPath, [bin, 'completion', 'bash'], { stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  expect(ended.status).toBe(70);
  expect(String(ended.stderr)).toBe(
    'loadcell: standard output: cannot be written (the disk is full); what stands there is not whole\n',
  );
});

test('a checkout before its set-up says what to do', () => {
  const checkout = freshFolder();
  for (const name of ['bin', 'src', 'package.json']) {
    cpSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), join(checkout, name), { recursive: true });
  }
  const ended = spawnSync(process.execPath, [join(checkout, 'bin', 'loadcell.js'), 'runs'], { encoding: 'utf8' });
  expect(ended.status).toBe(64);
  expect(ended.stderr).toMatch(
    /^loadcell: found no package \S+, expected the locked packages; npm run setup installs them\n$/,
  );
});

/** As what is started by it sees itself. */
const OLD_NODE = `data:text/javascript,${encodeURIComponent(
  "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })",
)}`;

test.each([
  ['a checkout', ['bin', 'src', 'package.json'], 'npm run setup brings one'],
  ['an installed package', ['bin', 'package.json'], 'npm install node@24 brings one beside it'],
])('%s says under an older Node how to come by a newer one', (_, holds, remedy) => {
  const folder = freshFolder();
  for (const name of holds)
    cpSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), join(folder, name), { recursive: true });
  const ended = spawnSync(process.execPath, ['--import', OLD_NODE, join(folder, 'bin', 'loadcell.js'), 'runs'], {
    encoding: 'utf8',
  });
  expect(ended.stderr).toBe(`loadcell: found Node 20.1.0, expected 24 or newer; ${remedy}\n`);
  expect([ended.status, ended.stdout]).toEqual([64, '']);
});
