import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { fieldOf, type MountedVolume } from './pod-volumes.ts';

const RUNTIME = fileURLToPath(new URL('./container.sh', import.meta.url));
const NAMESPACES = ['--mount', '--uts', '--ipc', '--pid', '--propagation', 'private'];
/** The first process of the namespaces is a child of one outside, which ends as that does: `unshare --fork` would not. */
const FIRST = ['/bin/sh', '-c', 'setpriv --pdeathsig KILL -- "$@" & wait $!', 'first'];
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Exit codes of what a signal has ended are this and its number. */
const SIGNALLED = 128;

/** What a registry would hold: a folder of this machine that containers see as /opt/loadcell, and how it is started. */
export interface Image {
  readonly folder: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** By number, where the pod does not say: of its user and group. */
  readonly user: number;
  readonly workingFolder: string;
}

export interface ContainerSpec {
  readonly pod: V1Pod;
  readonly container: V1Container;
  readonly image: Image;
  readonly volumes: ReadonlyMap<string, MountedVolume>;
  /** Numbers of the node's GPUs that are this container's. */
  readonly gpus: readonly number[];
  /** Path of what the vendor's runtime puts into containers with GPUs: an `nvidia-smi`. */
  readonly driver: string;
  /** Of what the kubelet tells every container. */
  readonly env: Readonly<Record<string, string>>;
  /** Of this pod alone: its root and its log. */
  readonly folder: string;
}

/** A container without an image of its own: processes of this machine in namespaces. Its log is `<folder>/log`. */
export class RunningContainer {
  readonly #process: ChildProcess;
  /** Resolves to its exit code. */
  readonly ended: Promise<number>;

  constructor(spec: ContainerSpec) {
    const env = environmentOf(spec);
    const root = join(spec.folder, 'root');
    mkdirSync(root);
    const log = openSync(join(spec.folder, 'log'), 'a');
    const argv = ['--pdeathsig', 'KILL', '--', 'unshare', ...NAMESPACES, ...FIRST, '/bin/sh', RUNTIME, root];
    this.#process = spawn('setpriv', [...argv, ...runtimeArguments(spec, env)], {
      stdio: ['ignore', log, log],
      env,
    });
    this.ended = new Promise((resolve) => {
      this.#process.on('error', () => resolve(SIGNALLED - 1));
      this.#process.on('close', (code, signal) =>
        resolve(code ?? SIGNALLED + (signal === null ? 0 : constants.signals[signal])),
      );
    });
  }

  /** To its first process, as its runtime would. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const outer = this.#process.pid;
    if (outer === undefined) return;
    try {
      const [first] = readFileSync(`/proc/${outer}/task/${outer}/children`, 'utf8').trim().split(' ');
      process.kill(Number(first === '' ? outer : first), signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

function environmentOf({ pod, container, image, gpus, env }: ContainerSpec): Record<string, string> {
  const devices = gpus.join(',');
  const found: Record<string, string> = {
    PATH,
    HOSTNAME: hostNameOf(pod),
    ...image.env,
    ...env,
    NVIDIA_VISIBLE_DEVICES: devices === '' ? 'void' : devices,
    ...(devices === '' ? {} : { CUDA_VISIBLE_DEVICES: devices }),
    HOME: '/',
  };
  for (const { name, value = '', valueFrom } of container.env ?? []) {
    const path = valueFrom?.fieldRef?.fieldPath;
    if (valueFrom !== undefined && path === undefined)
      throw new Error(`variable ${name} comes from where the test kubelet does not look`);
    found[name] = path === undefined ? expanded(value, found) : fieldOf(pod, path);
  }
  return found;
}

function runtimeArguments(spec: ContainerSpec, env: Record<string, string>): string[] {
  const { pod, container, image, volumes, gpus, driver } = spec;
  const secured = { ...pod.spec?.securityContext, ...container.securityContext };
  const user = secured.runAsUser ?? image.user;
  if (secured.runAsNonRoot === true && user === 0) throw new Error('the container would run as root, which it may not');
  const mounts = (container.volumeMounts ?? []).map(({ name, mountPath, readOnly, subPath }) => {
    const volume = volumes.get(name);
    if (volume === undefined || subPath !== undefined) throw new Error(`the test kubelet cannot mount ${name}`);
    return `${volume.folder}:${mountPath}:${readOnly === true ? 'ro' : volume.access}`;
  });
  const [command, args] =
    container.command === undefined
      ? [image.entrypoint, container.args ?? image.command]
      : [container.command, container.args ?? []];
  return [
    hostNameOf(pod),
    `${user}`,
    `${secured.runAsGroup ?? image.user}`,
    `${secured.fsGroup ?? 'none'}`,
    container.securityContext?.readOnlyRootFilesystem === true ? 'ro' : 'rw',
    container.workingDir ?? image.workingFolder,
    image.folder,
    gpus.length === 0 ? 'none' : driver,
    ...mounts,
    '--',
    ...[...command, ...args].map((word) => expanded(word, env)),
  ];
}

const hostNameOf = ({ spec, metadata }: V1Pod): string => spec?.hostname ?? metadata?.name ?? 'pod';

/** `$(NAME)` becomes the variable's value, where there is such a variable. */
const expanded = (text: string, env: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\((\w+)\)/g, (whole, name: string) => env[name] ?? whole);
