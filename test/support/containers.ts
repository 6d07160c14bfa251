import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where Debian's packages come from. */
const MIRROR = process.env.LOADCELL_DEBIAN_MIRROR ?? 'http://deb.debian.org/debian';

export interface Called {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Builds and runs images by buildah and podman, in a storage of its own, as root; `close` leaves nothing behind. */
export class ContainerBench {
  readonly #folder = mkdtempSync(join(tmpdir(), 'loadcell-containers-'));
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: Record<string, string> = {}) {
    const storage = join(this.#folder, 'storage.conf');
    const containers = join(this.#folder, 'containers.conf');
    writeFileSync(storage, storageConf(this.#folder));
    writeFileSync(containers, CONTAINERS_CONF);
    this.#env = {
      ...process.env,
      ...env,
      CONTAINERS_STORAGE_CONF: storage,
      CONTAINERS_CONF: containers,
      BUILDAH_ISOLATION: 'chroot',
    };
  }

  /** Calls a program; throws with what it said when it ends with anything but 0. */
  async must(command: string, args: readonly string[], cwd = ROOT): Promise<string> {
    const { code, stdout, stderr } = await this.call(command, args, cwd);
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
    return stdout.trim();
  }

  call(command: string, args: readonly string[], cwd = ROOT): Promise<Called> {
    return new Promise((resolve) => {
      execFile(command, [...args], { cwd, env: this.#env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
        resolve({ code, stdout, stderr });
      });
    });
  }

  podman(...args: string[]): Promise<string> {
    return this.must('podman', args);
  }

  /** The images that Dockerfiles are built from, as far as the tests need what is in them, made from Debian's packages. */
  async makeBases({ node, prometheus }: { readonly node: string; readonly prometheus: string }): Promise<void> {
    const debian = join(this.#folder, 'debian');
    const wanted = '--include=ca-certificates,libatomic1,libstdc++6';
    await this.must('debootstrap', ['--variant=minbase', wanted, 'bookworm', debian, MIRROR]);
    // podman gives the image's root folder this mode: every user must get through it.
    await this.must('chmod', ['755', debian]);
    await this.#import(debian, 'localhost/debian');
    const kit = join(this.#folder, 'kit');
    mkdirSync(kit);
    cpSync(process.execPath, join(kit, 'node'));
    cpSync(await npmFolder(this), join(kit, 'npm'), { recursive: true, dereference: true });
    cpSync('/usr/bin/prometheus', join(kit, 'prometheus'));
    await this.standIn(node, NODE_IMAGE, kit);
    await this.standIn(prometheus, PROMETHEUS_IMAGE, kit);
    rmSync(debian, { recursive: true });
    rmSync(kit, { recursive: true });
  }

  /** An image under a public name, from a Dockerfile's text and the folder that it copies from. */
  async standIn(tag: string, dockerfile: string, context = this.#folder): Promise<void> {
    const file = join(this.#folder, 'StandIn');
    writeFileSync(file, dockerfile);
    await this.must('buildah', [...BUD, '--quiet', '-t', tag, '-f', file, context]);
  }

  /** Builds one target of a Dockerfile with the working tree as its context. */
  async build(tag: string, dockerfile: string, args: readonly string[] = []): Promise<void> {
    const ca = process.env.NODE_EXTRA_CA_CERTS;
    const secret = ca !== undefined && existsSync(ca) ? ['--secret', `id=ca,src=${ca}`] : [];
    const cache = await this.must('npm', ['config', 'get', 'cache']);
    mkdirSync(cache, { recursive: true });
    const volumes = ['--volume', `${cache}:/root/.npm`];
    await this.must('buildah', [...BUD, '--layers', ...secret, ...volumes, ...args, '-t', tag, '-f', dockerfile, '.']);
  }

  /** Bytes of an image, and of what it adds to its base. */
  async sizes(tag: string, base: string): Promise<{ readonly whole: number; readonly added: number }> {
    const of = async (name: string): Promise<number> =>
      Number(await this.podman('image', 'inspect', '--format', '{{.Size}}', name));
    const whole = await of(tag);
    return { whole, added: whole - (await of(base)) };
  }

  /** Containers of a service of a compose project that is up, or was. */
  async containersOf(project: string, service: string): Promise<readonly string[]> {
    const filters = [`label=com.docker.compose.project=${project}`, `label=com.docker.compose.service=${service}`];
    const found = await this.podman('ps', '-aq', ...filters.flatMap((filter) => ['--filter', filter]));
    return found.split('\n').filter((id) => id !== '');
  }

  /** Ends what runs and removes everything that was stored, whatever state it is in. */
  async close(): Promise<void> {
    await this.call('podman', ['pod', 'rm', '--all', '--force', '--time', '0']);
    await this.call('podman', ['rm', '--all', '--force', '--time', '0']);
    await this.call('podman', ['network', 'prune', '--force']);
    await this.call('podman', ['volume', 'rm', '--all', '--force']);
    await this.call('podman', ['rmi', '--all', '--force']);
    // Where storage was mounted over itself; and podman's own last steps may still be under way.
    await this.call('umount', ['--recursive', '--lazy', join(this.#folder, 'graph', 'overlay')]);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 });
  }

  async #import(rootFolder: string, tag: string): Promise<void> {
    const archive = join(this.#folder, 'root.tar');
    await this.must('tar', ['-C', rootFolder, '-cf', archive, '.']);
    await this.podman('import', '--quiet', archive, tag);
    rmSync(archive);
  }
}

const BUD = ['bud', '--format', 'docker', '--pull-never'];

const NODE_IMAGE = `
FROM localhost/debian
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && useradd --uid 1000 --create-home node
`;

const PROMETHEUS_IMAGE = `
FROM localhost/debian
COPY prometheus /bin/prometheus
RUN install -d -o 65534 -g 65534 /prometheus
USER 65534
VOLUME /prometheus
ENTRYPOINT ["/bin/prometheus"]
`;

const storageConf = (folder: string): string => `
[storage]
driver = "overlay"
runroot = "${join(folder, 'run')}"
graphroot = "${join(folder, 'graph')}"
`;

/** What works without systemd, and with the limits of a container that runs the tests. */
const CONTAINERS_CONF = `
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
[network]
network_backend = "netavark"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
log_driver = "k8s-file"
`;

/** npm's own folder, wherever it is installed. */
async function npmFolder(bench: ContainerBench): Promise<string> {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith('npm-cli.js')) return dirname(dirname(cli));
  return dirname(dirname(realpathSync(await bench.must('sh', ['-c', 'command -v npm']))));
}
