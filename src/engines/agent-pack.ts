import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { makeFolders } from '../models/make-folders.ts';
import { systemWallClock } from '../time/monotonic.ts';

/** The program's own folder, and whether it holds sources or what was built of them. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CODE = import.meta.url.endsWith('.ts') ? 'src' : 'dist';

/** Folders of the program that an agent or a coordinator reads: its code, and what it runs k6 with. */
const PROGRAM = [CODE, 'k6'];

const ENDING = CODE === 'src' ? 'ts' : 'js';

/** The agent's entry below an agent directory. */
export const AGENT_ENTRY = `${CODE}/agent/main.${ENDING}`;

/** That of the whole program, which an agent directory holds too: a coordinator on Slurm is started from it. */
export const PROGRAM_ENTRY = `${CODE}/cli/main.${ENDING}`;

/** What lies in packages and no agent of this platform reads. */
const LEFT_OUT = ['*.d.ts', '*.d.mts', '*.d.cts', '*.map', 'node_modules/*/test', ...foreignBinaries()];

function foreignBinaries(): readonly string[] {
  const platforms = ['linux', 'darwin', 'win32'].filter((name) => name !== process.platform);
  const architectures = ['x64', 'arm64'].filter((name) => name !== process.arch);
  return [...platforms, ...architectures.map((name) => `${process.platform}/${name}`)].map(
    (path) => `onnxruntime-node/bin/*/${path}`,
  );
}

/** What of the program's own packages only a coordinator on Kubernetes needs. */
const COORDINATORS = ['@kubernetes/client-node'];

/** Folders of packages by name. */
type Packages = ReadonlyMap<string, string>;

/** A packed agent directory. */
export interface AgentPack {
  readonly path: string;
  /** Of its bytes, lowercase hexadecimal. */
  readonly sha256: string;
}

/**
 * Packs a self-contained agent directory into `<folder>/<sha256>.tar`, unless it is there: `node`, the program, and the
 * packages that it needs, for nodes of this platform without any of them. The same content has the same digest. `scratch`
 * keeps the digest of what was packed last; a pack that is there counts as used anew. Throws with a sentence where tar is missing or the folder cannot be written.
 */
export async function packAgent(folder: string, scratch: string): Promise<AgentPack> {
  await makeFolders(scratch, 0o700);
  const packages = packagesOf(ROOT);
  const note = join(scratch, `agent-pack-${stamp(packages)}`);
  const known = existsSync(note) ? readFileSync(note, 'utf8') : null;
  const packed = known === null ? null : join(folder, `${known}.tar`);
  if (known !== null && packed !== null && existsSync(packed)) return { path: await used(packed), sha256: known };
  const made = await makePack(packages, folder, scratch);
  await writeFile(note, made.sha256);
  return made;
}

/** Changes with everything that a pack is made of: an installation of packages, the program's files, the runtime. */
function stamp(packages: Packages): string {
  const program = PROGRAM.flatMap((name) => readdirSync(join(ROOT, name), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const manifests = [ROOT, ...packages.values()].map((path) => join(path, 'package.json'));
  const hash = createHash('sha256');
  for (const path of [process.execPath, ...manifests, ...program.sort()]) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

async function makePack(packages: Packages, folder: string, scratch: string): Promise<AgentPack> {
  const work = await mkdtemp(join(scratch, 'agent-pack-'));
  try {
    const tree = join(work, 'tree');
    await layOut(tree, packages);
    const packed = join(work, 'agent.tar');
    const sha256 = await pack(tree, packed);
    return { path: await bring(packed, join(folder, `${sha256}.tar`)), sha256 };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The directory as links to what is installed here: tar follows them. */
async function layOut(tree: string, packages: Packages): Promise<void> {
  await mkdir(tree);
  await symlink(process.execPath, join(tree, 'node'));
  for (const name of ['package.json', ...PROGRAM]) await symlink(join(ROOT, name), join(tree, name));
  for (const [name, path] of packages) {
    const link = join(tree, 'node_modules', name);
    await makeFolders(dirname(link));
    await symlink(path, link);
  }
}

/**
 * The packages that a package needs at run time, and that those need, by name. What lies inside of another one's folder
 * comes along with it.
 */
function packagesOf(root: string): Packages {
  const found = new Map<string, string>();
  const open = [root];
  const seen = new Set<string>();
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    if (seen.has(folder)) continue;
    seen.add(folder);
    for (const { name, need } of dependenciesOf(folder)) {
      const path = whereIs(name, folder);
      if (path === null && need === 'optional') continue;
      if (path === null) throw new Error(`agent pack: found no package ${name}, which ${basename(folder)} needs`);
      if (!isInside(path, found)) found.set(name, path);
      open.push(path);
    }
  }
  return found;
}

interface Dependency {
  readonly name: string;
  readonly need: 'always' | 'optional';
}

function dependenciesOf(folder: string): readonly Dependency[] {
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Readonly<Record<'dependencies' | 'optionalDependencies', Record<string, string> | undefined>>;
  const optional = Object.keys(optionalDependencies);
  const always = Object.keys(dependencies).filter((name) => !optional.includes(name) && !COORDINATORS.includes(name));
  return [
    ...always.map((name) => ({ name, need: 'always' }) as const),
    ...optional.map((name) => ({ name, need: 'optional' }) as const),
  ];
}

/** The folder of a package as Node finds it from another one; null: there is none. */
function whereIs(name: string, from: string): string | null {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
  const place = places.map((folder) => join(folder, name)).find((path) => existsSync(join(path, 'package.json')));
  return place === undefined ? null : realpathSync(place);
}

const isInside = (path: string, found: Packages): boolean =>
  [...found.values()].some((other) => path.startsWith(`${other}/`));

/** Resolves to the SHA-256 of the archive. */
async function pack(tree: string, to: string): Promise<string> {
  const tar = spawn(
    'tar',
    [
      ...['--create', '--dereference', '--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'],
      ...LEFT_OUT.map((pattern) => `--exclude=${pattern}`),
      ...['--directory', tree, '.'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = once(tar, 'close') as Promise<[number | null]>;
  let said = '';
  tar.stderr.on('data', (chunk: Buffer) => {
    said += String(chunk);
  });
  const hash = createHash('sha256');
  tar.stdout.on('data', (chunk: Buffer) => hash.update(chunk));
  await pipeline(tar.stdout, createWriteStream(to, { mode: 0o600 }));
  const [code] = await ended;
  if (code !== 0) throw new Error(`agent pack: tar ended with exit code ${code}: ${said.trim().split('\n')[0]}`);
  return hash.digest('hex');
}

/** Whole or not at all: readers may look for it meanwhile. */
async function bring(packed: string, to: string): Promise<string> {
  if (existsSync(to)) return await used(to);
  await makeFolders(dirname(to), 0o700);
  const part = `${to}.${process.pid}.part`;
  await copyFile(packed, part);
  await rename(part, to);
  return to;
}

/** So that its age tells how long nobody has. */
async function used(pack: string): Promise<string> {
  const now = systemWallClock.nowMs() / 1000;
  await utimes(pack, now, now).catch(() => {});
  return pack;
}
