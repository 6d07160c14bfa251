#!/usr/bin/env node
// Puts k6 into .tools/k6, once: built from k6/go.mod with this project's output extension where Go is there, else the
// official release by its checksum. k6 is licensed under the AGPL-3.0: it is built or fetched on this machine and never
// shipped with loadcell. Imports Node's own modules only.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { goBuild, goFor, LEAST_GO } from './go-toolchain.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A sentence for whoever called; nothing else is told. */
export class SetupError extends Error {}

/** Version of k6 that go.mod requires: `2.2.0`. */
export const wantedVersion = (goMod) => {
  const found = /^\s*(?:require\s+)?go\.k6\.io\/k6\/v2 v(\S+)/m.exec(goMod)?.[1];
  if (found === undefined) throw new SetupError('k6/go.mod: found no `require go.k6.io/k6/v2 v...` line, expected one');
  return found;
};

/** Digest of everything that the binary is built from. */
export function sourceKey(folder) {
  const hash = createHash('sha256');
  const sources = readdirSync(folder, { recursive: true })
    .filter((name) => /(^|\/)go\.(mod|sum)$|(?<!_test)\.go$/.test(name))
    .sort();
  for (const name of sources)
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(folder, name)))
      .update('\0');
  return hash.digest('hex');
}

/** Name of the official archive for a system, as Node names it; null: there is none. */
export function archiveName(version, platform, arch) {
  const cpu = { x64: 'amd64', arm64: 'arm64' }[arch];
  const [system, ending] =
    { linux: ['linux', 'tar.gz'], darwin: ['macos', 'zip'], win32: ['windows', 'zip'] }[platform] ?? [];
  return cpu === undefined || system === undefined ? null : `k6-v${version}-${system}-${cpu}.${ending}`;
}

/** SHA-256 of `name` in a checksums file (`<hex>  <name>` a line). */
export function checksumOf(checksums, name) {
  const line = checksums.split('\n').find((each) => each.trim().split(/\s+\*?/)[1] === name);
  const sum = line?.trim().split(/\s+/)[0];
  if (sum === undefined || !/^[0-9a-f]{64}$/.test(sum))
    throw new SetupError(`k6: found no checksum of ${name} among the release's checksums, expected one`);
  return sum;
}

/** `source`: where releases lie, `https://github.com/grafana/k6/releases/download`. Gives the archive's bytes. */
export async function fetchRelease(source, version, name) {
  const folder = `${source}/v${version}`;
  const wanted = checksumOf((await download(`${folder}/k6-v${version}-checksums.txt`)).toString('utf8'), name);
  const archive = await download(`${folder}/${name}`);
  const found = createHash('sha256').update(archive).digest('hex');
  if (found !== wanted)
    throw new SetupError(
      `k6: ${name} has the SHA-256 ${found}, expected ${wanted}; it was not used. Try again, or tell whoever runs the network between.`,
    );
  return archive;
}

async function download(url) {
  let answer;
  try {
    answer = await fetch(url, { signal: AbortSignal.timeout(300_000) });
  } catch (error) {
    const why = error.cause?.code ?? error.cause?.message ?? error.message;
    throw new SetupError(`k6: ${url} could not be reached (${why}). ${HOW}`);
  }
  if (!answer.ok) throw new SetupError(`k6: ${url} answered ${answer.status}. ${HOW}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** How to get k6 where this script cannot. */
export const HOW =
  'Install Go 1.25 or newer and run `npm run setup:k6`, or put k6 2.2 or newer on PATH (https://grafana.com/docs/k6/latest/set-up/install-k6/), or name it in LOADCELL_K6.';

const printed = (command, args, cwd = root) => {
  const result = spawnSync(command, args, { encoding: 'utf8', cwd });
  return result.status === 0 ? result.stdout.trim() : null;
};

function build(go, sources, into) {
  console.error(`setup: building k6 by ${go.version} (a minute or two, once)`);
  const ended = goBuild(go, sources, into);
  if (ended !== null) throw new SetupError(`k6: go build ended with ${ended}; its own message stands above`);
}

/** A clause: why k6 is not built here. */
const whyNotBuilt = (go) =>
  go.kind === 'absent'
    ? 'Go is not here'
    : `found ${go.found}, expected Go ${LEAST_GO.join('.')} or newer, and it could not fetch one (${go.why})`;

async function unpackRelease(version, into, why) {
  const name = archiveName(version, process.platform, process.arch);
  if (name === null) throw new SetupError(`k6: there is no release for ${process.platform} on ${process.arch}. ${HOW}`);
  console.error(`setup: ${why}; fetching ${name}, which has no output of loadcell's and costs more CPU`);
  const source = process.env.LOADCELL_K6_RELEASES ?? 'https://github.com/grafana/k6/releases/download';
  const archive = await fetchRelease(source, version, name);
  const folder = mkdtempSync(join(dirname(into), 'unpack-'));
  try {
    const file = join(folder, name);
    writeFileSync(file, archive);
    const tar = spawnSync('tar', ['-xf', file, '-C', folder], { stdio: ['ignore', 2, 'inherit'] });
    if (tar.status !== 0) throw new SetupError(`k6: tar could not unpack ${name}; its own message stands above`);
    const binary = readdirSync(folder, { recursive: true }).find((each) => /(^|[\\/])k6(\.exe)?$/.test(each));
    if (binary === undefined) throw new SetupError(`k6: found no program named k6 in ${name}, expected one`);
    renameSync(join(folder, binary), into);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes .tools/k6 hold a k6 of these sources; says what it did. */
export async function setUpK6({ sources, tools }) {
  const version = wantedVersion(readFileSync(join(sources, 'go.mod'), 'utf8'));
  const go = goFor(sources);
  const how = go.kind === 'ready' ? 'built' : 'fetched';
  const key = how === 'built' ? sourceKey(sources) : `release ${version}`;
  const binary = join(tools, process.platform === 'win32' ? 'k6.exe' : 'k6');
  const stamp = join(tools, 'setup.json');
  const before = existsSync(stamp) && existsSync(binary) ? JSON.parse(readFileSync(stamp, 'utf8')) : null;
  if (before?.key === key) return 'nothing to do';
  mkdirSync(tools, { recursive: true });
  const fresh = join(tools, `k6.${process.pid}`);
  try {
    if (go.kind === 'ready') build(go, sources, fresh);
    else await unpackRelease(version, fresh, whyNotBuilt(go));
    chmodSync(fresh, 0o755);
    const says = printed(fresh, ['version']);
    if (says === null) throw new SetupError('k6: what was set up does not start');
    renameSync(fresh, binary);
    writeFileSync(stamp, `${JSON.stringify({ key, how, version, go: go.kind === 'ready' ? go.version : null })}\n`);
    // It calls itself by the name that its file had then.
    return `done: ${says.split('\n')[0].replace(/^\S+/, 'k6')}, ${how}`;
  } finally {
    rmSync(fresh, { force: true });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes('--help')) {
    console.log(`npm run setup:k6

Puts k6 into .tools/k6, where loadcell finds it before one on PATH. Built from k6/go.mod where Go is here (k6 with loadcell's
output: the cheapest); a Go older than ${LEAST_GO.join('.')} fetches a newer one first, as a module by its checksum. Elsewhere the official
release, checked against its checksums: its samples come as CSV, which costs k6 about a fifth more CPU.
k6 is licensed under the AGPL-3.0. It is made on this machine for its own use and not part of what loadcell ships.`);
    process.exit(0);
  }
  try {
    console.log(`setup: k6: ${await setUpK6({ sources: join(root, 'k6'), tools: join(root, '.tools', 'k6') })}`);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`setup: ${error.message}`);
    process.exit(70);
  }
}
