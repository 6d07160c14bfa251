import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { goEnvironment, goFor, goIsEnough, toolchainModule } from '../../../scripts/go-toolchain.mjs';
import { archiveName, checksumOf, fetchRelease, sourceKey, wantedVersion } from '../../../scripts/setup-k6.mjs';

test('the version of k6 is the one that its module requires, alone or in a block', () => {
  expect(wantedVersion('require go.k6.io/k6/v2 v2.2.0\n')).toBe('2.2.0');
  expect(wantedVersion('require (\n\tgithub.com/a/b v1.0.0\n\tgo.k6.io/k6/v2 v2.3.1\n)\ntool go.k6.io/k6/v2')).toBe(
    '2.3.1',
  );
  expect(() => wantedVersion('module x')).toThrow('k6/go.mod: found no');
  expect(wantedVersion(readFileSync(new URL('../../../k6/go.mod', import.meta.url), 'utf8'))).toMatch(/^2\.\d+\.\d+$/);
});

test('Go is new enough from 1.25 on', () => {
  expect(['go version go1.26.8 linux/amd64', 'go version go1.25 x', 'go version go2.0 x'].map(goIsEnough)).toEqual([
    true,
    true,
    true,
  ]);
  expect(['go version go1.24.9 x', 'devel'].map(goIsEnough)).toEqual([false, false]);
});

/** A `go` that answers as an old one does. */
function withOldGo(download: string, use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-old-go-'));
  const path = process.env.PATH;
  try {
    writeFileSync(
      join(folder, 'go'),
      `#!/bin/sh
case "$1" in
  version) echo go version go1.19.8 linux/amd64 ;;
  env) echo linux; echo amd64 ;;
  mod) ${download} ;;
esac
`,
      { mode: 0o755 },
    );
    process.env.PATH = `${folder}:/bin:/usr/bin`;
    use(folder);
  } finally {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  }
}

test('a Go that is too old fetches a toolchain and makes it fit to run', () =>
  withOldGo('echo "{\\"Dir\\": \\"$FAKE_TOOLCHAIN\\"}"', (folder) => {
    const toolchain = join(folder, 'toolchain');
    mkdirSync(join(toolchain, 'bin'), { recursive: true });
    mkdirSync(join(toolchain, 'pkg/tool/linux_amd64'), { recursive: true });
    const compiler = join(toolchain, 'pkg/tool/linux_amd64/compile');
    writeFileSync(compiler, '', { mode: 0o444 });
    writeFileSync(join(toolchain, 'bin/go'), '#!/bin/sh\necho "go version go1.26.8 $GOTOOLCHAIN$GOROOT"\n', {
      mode: 0o444,
    });
    process.env.FAKE_TOOLCHAIN = toolchain;
    process.env.GOROOT = '/of/the/old/one';
    try {
      const command = join(toolchain, 'bin/go');
      expect(goFor(folder)).toEqual({ kind: 'ready', command, version: 'go version go1.26.8 local' });
      expect(statSync(compiler).mode & 0o111).toBe(0o111);
    } finally {
      delete process.env.FAKE_TOOLCHAIN;
      delete process.env.GOROOT;
    }
  }));

test('a Go that is too old and cannot fetch a newer one says so', () =>
  withOldGo(`echo '{"Error": "dial tcp: no route to host"}'; exit 1`, (folder) => {
    expect(goFor(folder)).toEqual({ kind: 'old', found: 'go1.19.8', why: 'dial tcp: no route to host' });
  }));

test('a system without Go is told from one whose Go is old', () => {
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  try {
    expect(goFor(tmpdir())).toEqual({ kind: 'absent' });
  } finally {
    process.env.PATH = path;
  }
});

test('toolchains are named as modules, and the Go on PATH keeps its own environment', () => {
  expect(toolchainModule('darwin\narm64\n')).toMatch(/^golang\.org\/toolchain@v0\.0\.1-go1\.\d+\.\d+\.darwin-arm64$/);
  expect(goEnvironment('go', { GOROOT: '/x' })).toEqual({ GOROOT: '/x' });
});

test('releases are named by system and processor, and some have none', () => {
  expect(archiveName('2.2.0', 'linux', 'x64')).toBe('k6-v2.2.0-linux-amd64.tar.gz');
  expect(archiveName('2.2.0', 'darwin', 'arm64')).toBe('k6-v2.2.0-macos-arm64.zip');
  expect(archiveName('2.2.0', 'linux', 's390x')).toBeNull();
  expect(archiveName('2.2.0', 'freebsd', 'x64')).toBeNull();
});

test('the binary is built anew when a source changes, and not for a test', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-k6-sources-'));
  try {
    writeFileSync(join(folder, 'go.mod'), 'module x');
    const before = sourceKey(folder);
    writeFileSync(join(folder, 'x_test.go'), 'package x');
    expect(sourceKey(folder)).toBe(before);
    writeFileSync(join(folder, 'x.go'), 'package x');
    expect(sourceKey(folder)).not.toBe(before);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('an official release', () => {
  const NAME = 'k6-v9.9.9-linux-amd64.tar.gz';
  const archive = Buffer.from('not really an archive');
  const right = createHash('sha256').update(archive).digest('hex');

  async function serving(checksums: string, use: (source: string) => Promise<void>): Promise<void> {
    const server = createServer((request, response) => {
      const isSums = request.url?.endsWith('checksums.txt') === true;
      const isArchive = request.url === `/v9.9.9/${NAME}`;
      response.statusCode = isSums || isArchive ? 200 : 404;
      response.end(isSums ? checksums : isArchive ? archive : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.close();
    }
  }

  test('is taken when it has its checksum', () =>
    serving(`${'0'.repeat(64)}  other\n${right}  ${NAME}\n`, async (source) => {
      expect(await fetchRelease(source, '9.9.9', NAME)).toEqual(archive);
    }));

  test('is not used when it has another one', () =>
    serving(`${'0'.repeat(64)}  ${NAME}\n`, async (source) => {
      await expect(fetchRelease(source, '9.9.9', NAME)).rejects.toThrow(
        `k6: ${NAME} has the SHA-256 ${right}, expected ${'0'.repeat(64)}; it was not used`,
      );
    }));

  test('is not used when nobody says what its checksum is', () => {
    expect(() => checksumOf(`${right}  other`, NAME)).toThrow(`k6: found no checksum of ${NAME}`);
    expect(() => checksumOf(`short  ${NAME}`, NAME)).toThrow('k6: found no checksum');
  });

  test('that is not there, or cannot be reached, is answered with how to get k6', async () => {
    await serving(`${right}  none\n`, async (source) => {
      await expect(fetchRelease(`${source}/nowhere/x`, '9.9.9', 'x')).rejects.toThrow(/no checksum|answered 404/);
    });
    await expect(fetchRelease('http://127.0.0.1:1', '9.9.9', NAME)).rejects.toThrow(
      /could not be reached \(.+\)\. Install Go 1\.25 or newer and run `npm run setup:k6`/,
    );
  });
});
