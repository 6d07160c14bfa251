// The Go that builds what this project needs in Go: the one on PATH where it is new enough, else the toolchain that it
// fetches as a module, by the checksum database, as Go 1.21 and later do of themselves. Imports Node's own modules only.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What k6's go.mod asks for. */
export const LEAST_GO = [1, 25];
/** Fetched by a Go that is too old. */
const TOOLCHAIN = 'go1.26.8';

/** `go version go1.26.8 linux/amd64` is new enough. */
export function goIsEnough(printed) {
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(printed) ?? [];
  if (major === undefined) return false;
  return Number(major) > LEAST_GO[0] || (Number(major) === LEAST_GO[0] && Number(minor) >= LEAST_GO[1]);
}

/** The module that holds a toolchain for a system, by what `go env GOOS GOARCH` printed. */
export const toolchainModule = (printed) => {
  const [system, cpu] = printed.trim().split(/\s+/);
  return `golang.org/toolchain@v0.0.1-${TOOLCHAIN}.${system}-${cpu}`;
};

/**
 * `{ kind: 'ready', command, version }`, `{ kind: 'absent' }`, or `{ kind: 'old', found, why }` where a newer one could not
 * be fetched. `sources`: the module that is to be built; asked beside its go.mod, a Go that fetches the toolchain that a
 * module wants answers with that one.
 */
export function goFor(sources) {
  const found = ran('go', ['version'], sources);
  if (found.status === null) return { kind: 'absent' };
  if (found.status === 0 && goIsEnough(found.stdout)) return ready('go', found.stdout);
  const old = versionIn(ran('go', ['version'], tmpdir()).stdout);
  const fetched = fetchedToolchain();
  if (fetched.kind !== 'fetched') return { kind: 'old', found: old, why: fetched.why };
  const version = ran(fetched.command, ['version'], sources);
  if (version.status === 0 && goIsEnough(version.stdout)) return ready(fetched.command, version.stdout);
  return { kind: 'old', found: old, why: firstLine(version.stderr) };
}

const ready = (command, printed) => ({ kind: 'ready', command, version: printed.trim() });

function fetchedToolchain() {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-go-'));
  try {
    // Outside of any module whose go.mod an old Go could not read.
    writeFileSync(join(folder, 'go.mod'), 'module fetch\n');
    const module = toolchainModule(ran('go', ['env', 'GOOS', 'GOARCH'], folder).stdout);
    const { status, stdout, stderr } = ran('go', ['mod', 'download', '-json', module], folder);
    const { Dir: dir, Error: problem } = parsed(stdout);
    if (status !== 0 || dir === undefined) return { kind: 'refused', why: firstLine(problem ?? stderr) };
    makeExecutable(dir);
    return { kind: 'fetched', command: join(dir, 'bin', process.platform === 'win32' ? 'go.exe' : 'go') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A module's files come without the right to run them. */
function makeExecutable(dir) {
  const tools = join(dir, 'pkg', 'tool');
  const folders = [join(dir, 'bin'), ...readdirSync(tools).map((system) => join(tools, system))];
  for (const folder of folders) for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o755);
}

/** A toolchain that is called by its path is the one that is meant: neither GOROOT nor GOTOOLCHAIN may choose another. */
export function goEnvironment(command, env) {
  if (command === 'go') return env;
  const { GOROOT: _, ...rest } = env;
  return { ...rest, GOTOOLCHAIN: 'local' };
}

/** Builds the program of the module in `sources`; gives null, or how `go build` ended. */
export function goBuild(go, sources, into, flags = []) {
  const env = goEnvironment(go.command, process.env);
  const result = spawnSync(go.command, ['build', '-trimpath', ...flags, '-o', into, '.'], {
    cwd: sources,
    stdio: ['ignore', 2, 'inherit'],
    env: { ...env, CGO_ENABLED: '0', GOFLAGS: `${env.GOFLAGS ?? ''} -mod=readonly`.trim() },
  });
  return result.status === 0 ? null : (result.status ?? result.signal);
}

function ran(command, args, cwd) {
  const env = goEnvironment(command, process.env);
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', cwd, env });
  return { status, stdout: stdout ?? '', stderr: stderr ?? '' };
}

const versionIn = (printed) => /go\d+(?:\.\d+)*/.exec(printed)?.[0] ?? 'a Go of an unknown version';

const firstLine = (text) => text.trim().split('\n')[0] ?? '';

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
