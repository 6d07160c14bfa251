import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../../support/eventually.ts';
import { freePorts } from '../../support/free-ports.ts';
import { Daemons } from '../daemons.ts';

const run = promisify(execFile);

/** Debian's packages in which everything lies that a cluster needs. */
export const SLURM_PACKAGES = 'slurm-wlm slurmctld slurmd slurm-client munge slurm-wlm-basic-plugins';

const TOOLS = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'sinfo', 'scancel', 'scontrol'] as const;

/** What keeps a cluster from being brought up here, a sentence; null: nothing. */
export function whyNoSlurm(): string | null {
  const missing = TOOLS.filter((tool) => !isThere(tool));
  if (missing.length > 0) return `${missing.join(', ')} not found; apt-get install ${SLURM_PACKAGES}`;
  if (userInfo().uid !== 0)
    return 'slurmd starts jobs as root only; run these tests as root, in a container for example';
  return null;
}

const isThere = (tool: string): boolean => {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { stdio: 'ignore', env: withSbin() });
    return true;
  } catch {
    return false;
  }
};

const withSbin = (): NodeJS.ProcessEnv => ({ ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` });

/**
 * Nodes that take no jobs. Whether one is idle is not asked: Slurm works that out at most once a second, so that a node
 * which is asked about in the very second of a job's end is shown as taken long after it.
 */
const OUT = /down|drain|fail/;

export interface SlurmShape {
  readonly nodes: number;
  readonly gpusPerNode: number;
  readonly cpusPerNode: number;
}

/** A real Slurm on loopback: munged, slurmctld, a slurmd for each node with fake A100s. */
export class SlurmCluster {
  readonly folder: string;
  readonly nodes: readonly string[];
  /** For whoever calls Slurm's tools. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly #ports: readonly number[];
  readonly #daemons: Daemons;

  private constructor(folder: string, nodes: readonly string[], ports: readonly number[]) {
    this.folder = folder;
    this.nodes = nodes;
    this.#ports = ports;
    this.env = { ...withSbin(), SLURM_CONF: join(folder, 'slurm.conf') };
    this.#daemons = new Daemons(join(folder, 'log'), this.env);
  }

  /** Brings one up and resolves once every node is idle. */
  static async start(shape: SlurmShape): Promise<SlurmCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'loadcell-slurm-'));
    const nodes = Array.from({ length: shape.nodes }, (_, index) => `gpu${index + 1}`);
    const cluster = new SlurmCluster(folder, nodes, await freePorts(shape.nodes + 1));
    try {
      await cluster.#bringUp(shape);
      return cluster;
    } catch (error) {
      const logs = cluster.#daemons.logs();
      await cluster.stop();
      throw new Error(`${error instanceof Error ? error.message : error}\n${logs}`);
    }
  }

  /** Output of one of Slurm's tools. */
  async tool(name: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await run(name, args, { env: this.env, timeout: 10_000 });
    return stdout;
  }

  /** Ids of the jobs that hold a place or wait for one. */
  async jobs(): Promise<readonly string[]> {
    return (await this.tool('squeue', '-h', '-o', '%A')).split('\n').filter((id) => id !== '');
  }

  /** Takes every GPU of every node; resolves once it has, with what gives them back. */
  async occupy(): Promise<() => Promise<void>> {
    const all = [`--nodes=${this.nodes.length}`, '--exclusive', '--output=/dev/null', '--wrap=sleep 600'];
    const job = (await this.tool('sbatch', '--parsable', ...all)).trim();
    const state = (): Promise<string> => this.tool('squeue', '-h', '-j', job, '-o', '%T');
    await eventually('every node to be taken', async () => (await state()).trim() === 'RUNNING');
    return async () => {
      await this.tool('scancel', job);
    };
  }

  nodeState(node: string): Promise<string> {
    return this.tool('sinfo', '-h', '-N', '-n', node, '-o', '%T').then((text) => text.split('\n')[0]?.trim() ?? '');
  }

  /** Ends a node's daemon at once and leaves what it started alive. */
  async killNode(node: string): Promise<void> {
    await this.#daemons.kill(node);
  }

  /** Brings a node back whose daemon was killed, or which was drained. */
  async revive(node: string): Promise<void> {
    if (!this.#daemons.isRunning(node)) this.#startNode(node);
    await eventually(`node ${node} back`, async () => {
      const state = await this.nodeState(node);
      if (state !== '' && !OUT.test(state)) return true;
      await this.tool('scontrol', 'update', `nodename=${node}`, 'state=resume').catch(() => '');
      return false;
    });
  }

  /** Waits until no job holds a place or waits for one; throws where a node takes no jobs any more. */
  async quiet(): Promise<void> {
    await eventually('an empty queue', async () => (await this.jobs()).length === 0);
    for (const node of this.nodes) {
      const state = await this.nodeState(node);
      if (OUT.test(state)) throw new Error(`node ${node} is ${state}\n${this.#daemons.logs()}`);
    }
  }

  async stop(): Promise<void> {
    if (this.#daemons.isRunning('slurmctld')) {
      await this.tool('scancel', '--user', userInfo().username).catch(() => '');
      await eventually('an empty queue', async () => (await this.jobs().catch(() => [])).length === 0, 15_000).catch(
        () => {},
      );
    }
    await this.#daemons.stop();
    killStraySteps(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #bringUp(shape: SlurmShape): Promise<void> {
    for (const name of ['state', 'spool', 'gpu']) mkdirSync(join(this.folder, name));
    await this.#startMunge();
    this.#writeFiles(shape);
    this.#daemons.start('slurmctld', 'slurmctld', ['-D', '-i']);
    for (const node of this.nodes) this.#startNode(node);
    for (const node of this.nodes)
      await eventually(
        `node ${node} idle`,
        async () => (await this.nodeState(node).catch(() => '')) === 'idle',
        30_000,
      );
  }

  async #startMunge(): Promise<void> {
    const folder = join(this.folder, 'munge');
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'key'), randomBytes(128), { mode: 0o400 });
    const socket = join(this.folder, 'munge.socket');
    this.#daemons.start('munged', 'munged', [
      '--foreground',
      '--force',
      `--key-file=${join(folder, 'key')}`,
      `--socket=${socket}`,
      `--pid-file=${join(folder, 'munged.pid')}`,
      `--seed-file=${join(folder, 'seed')}`,
      '--num-threads=2',
    ]);
    await eventually('munge to answer', () =>
      run('munge', ['--socket', socket, '--no-input'], { env: this.env }).then(
        () => true,
        () => false,
      ),
    );
  }

  #writeFiles({ gpusPerNode, cpusPerNode }: SlurmShape): void {
    const host = hostname().split('.')[0] ?? 'localhost';
    const [control = 0, ...ports] = this.#ports;
    const lines = this.nodes.map((node, index) => {
      mkdirSync(join(this.folder, 'gpu', node));
      // A generic resource must be a device; a copy of /dev/null is one.
      for (let gpu = 0; gpu < gpusPerNode; gpu++)
        execFileSync('mknod', [join(this.folder, 'gpu', node, `nvidia${gpu}`), 'c', '1', '3']);
      const devices = `${join(this.folder, 'gpu', node)}/nvidia[0-${gpusPerNode - 1}]`;
      appendFileSync(
        join(this.folder, 'gres.conf'),
        `NodeName=${node} AutoDetect=off Name=gpu Type=a100 File=${devices}\n`,
      );
      return `NodeName=${node} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${ports[index]} CPUs=${cpusPerNode} RealMemory=1024 Gres=gpu:a100:${gpusPerNode} Feature=a100,sxm4-40gb State=UNKNOWN`;
    });
    const [first = 0] = this.#ports;
    const values: Readonly<Record<string, string>> = {
      HOST: host,
      CONTROL_PORT: String(control),
      USER: userInfo().username,
      RUN: this.folder,
      SRUN_PORTS: `${first + 1000}-${first + 1999}`,
      NODES: lines.join('\n'),
      NODE_NAMES: this.nodes.join(','),
    };
    const template = readFileSync(new URL('./slurm.conf.in', import.meta.url), 'utf8');
    const conf = template.replaceAll(/@([A-Z_]+)@/g, (_, name: string) => values[name] ?? '');
    writeFileSync(join(this.folder, 'slurm.conf'), conf);
  }

  #startNode(node: string): void {
    mkdirSync(join(this.folder, 'spool', node), { recursive: true });
    this.#daemons.start(node, 'slurmd', ['-D', '-N', node]);
  }
}

/** Steps outlive their slurmd on purpose; those of this cluster keep one of its log files open. */
function killStraySteps(folder: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'slurmstepd') continue;
      const files = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      if (files.some((file) => file.startsWith(folder))) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
