#!/usr/bin/env node
// Puts a Kubernetes control plane for the tests into .tools/kubernetes, once: built from its Go module. Nothing of it is
// part of what loadcell ships. Imports Node's own modules only.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goBuild, goFor } from './go-toolchain.mjs';
import { SetupError, sourceKey } from './setup-k6.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, 'test', 'cluster', 'kubernetes', 'control-plane');
const tools = join(root, '.tools', 'kubernetes');
const PROGRAM = 'kube-apiserver';
/** Names by which the one program is the others. */
const OTHERS = ['kube-controller-manager', 'kube-scheduler'];
const GO = 'Go 1.26 or newer';

/** An API server that does not know its own version refuses its own feature gates. */
function versionFlags() {
  const goMod = readFileSync(join(sources, 'go.mod'), 'utf8');
  const [, version, major, minor] = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)/.exec(goMod) ?? [];
  if (version === undefined) throw new SetupError(`${sources}/go.mod: found no version of k8s.io/kubernetes`);
  const set = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const flags = Object.entries(set).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ['-ldflags', ['-s', '-w', ...flags].join(' ')];
}

function setUp() {
  const key = sourceKey(sources);
  const stamp = join(tools, 'setup.json');
  const isThere = [PROGRAM, ...OTHERS].every((name) => existsSync(join(tools, name)));
  if (isThere && existsSync(stamp) && JSON.parse(readFileSync(stamp, 'utf8')).key === key) return 'nothing to do';
  const go = goFor(sources);
  if (go.kind === 'absent') throw new SetupError(`kubernetes: found no Go, expected ${GO}`);
  if (go.kind === 'old')
    throw new SetupError(`kubernetes: found ${go.found}, expected ${GO}, and it could not fetch one (${go.why})`);
  mkdirSync(tools, { recursive: true });
  const fresh = join(tools, `${PROGRAM}.${process.pid}`);
  try {
    console.error(`setup: building Kubernetes' control plane by ${go.version} (some minutes, once)`);
    const ended = goBuild(go, sources, fresh, versionFlags());
    if (ended !== null) throw new SetupError(`kubernetes: go build ended with ${ended}; its own message stands above`);
    renameSync(fresh, join(tools, PROGRAM));
  } finally {
    rmSync(fresh, { force: true });
  }
  for (const name of OTHERS) {
    rmSync(join(tools, name), { force: true });
    symlinkSync(PROGRAM, join(tools, name));
  }
  const { stdout, status } = spawnSync(join(tools, PROGRAM), ['--version'], { encoding: 'utf8' });
  if (status !== 0) throw new SetupError('kubernetes: what was built does not start');
  writeFileSync(stamp, `${JSON.stringify({ key, version: stdout.trim(), go: go.version })}\n`);
  return `done: ${stdout.trim()}`;
}

if (process.argv.includes('--help')) {
  console.log(`npm run setup:test-kubernetes

Builds Kubernetes' API server, controller manager and scheduler from ${sources}
into .tools/kubernetes, for npm run test:cluster. Needs ${GO}, or an older one that may fetch it; takes some four minutes on
two cores the first time. The tests also need etcd: apt-get install etcd-server.`);
} else {
  try {
    console.log(`setup: kubernetes: ${setUp()}`);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`setup: ${error.message}`);
    process.exit(70);
  }
}
