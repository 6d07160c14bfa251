#!/usr/bin/env node
// Sets the checkout up: the locked packages, the project's own Node among them, and nothing else. Runs on Node >= 20
// before anything is installed, so it imports Node's own modules only. Does nothing when the lock file has not changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.loadcell-setup');
const quiet = process.argv.includes('--quiet');
const gpu = process.argv.includes('--gpu');

if (process.argv.includes('--help')) {
  console.log(`npm run setup [-- --gpu]

Installs what package-lock.json names into node_modules, once. npm start and npm test call it by themselves.
  --gpu   also download onnxruntime's CUDA libraries (several hundred MB; needs network access to their host)`);
  process.exit(0);
}

const fail = (sentence) => {
  console.error(`setup: ${sentence}`);
  process.exit(70);
};

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 20)
  fail(`found Node ${process.versions.node}, expected 20 or newer to set the project up (it then brings its own)`);

const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const pinned = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
const done = () => existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === wanted && existsSync(pinned);

const npm = (args) => {
  const cli = process.env.npm_execpath;
  const [command, rest] =
    cli?.endsWith('.js') || cli?.endsWith('.cjs') ? [process.execPath, [cli, ...args]] : ['npm', args];
  return spawnSync(command, rest, {
    cwd: root,
    stdio: ['ignore', quiet ? 2 : 'inherit', 'inherit'],
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NODE_ENV: 'development' },
  });
};

if (!done()) {
  console.error('setup: installing the locked packages (once)');
  const result = npm(['ci', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev']);
  if (result.error) fail(`npm could not be started: ${result.error.message}`);
  if (result.status !== 0) fail(`npm ci ended with ${result.status ?? result.signal}; its own message stands above`);
  const version = spawnSync(pinned, ['--version'], { encoding: 'utf8' });
  if (version.status !== 0)
    fail(
      'the pinned Node was not placed, probably because npm is told not to run install scripts (ignore-scripts); run: npm rebuild node --ignore-scripts=false',
    );
  writeFileSync(stamp, `${wanted}\n`);
  console.error(`setup: done, Node ${version.stdout.trim()}`);
} else if (!quiet) {
  console.log('setup: nothing to do');
}

if (gpu) {
  const folder = join(root, 'node_modules', 'onnxruntime-node');
  const result = spawnSync(pinned, ['./script/install'], {
    cwd: folder,
    stdio: 'inherit',
    env: {
      ...process.env,
      ONNXRUNTIME_NODE_INSTALL: '',
      ONNXRUNTIME_NODE_INSTALL_CUDA: process.env.ONNXRUNTIME_NODE_INSTALL_CUDA ?? 'v12',
    },
  });
  if (result.status !== 0) fail("onnxruntime's CUDA libraries could not be downloaded; its own message stands above");
}
