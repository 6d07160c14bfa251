import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, hostname, platform, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFolders } from '../models/make-folders.ts';
import { type ReadText, readText } from '../wire/read-text.ts';
import { parseCpuMax, parseList, parseOsName } from './node-files.ts';
import { readCgroup } from './proc-stat.ts';

/**
 * The environment fingerprint of a node (`nodes/<id>.json`): what decides which results may be compared with which.
 * What cannot be found out is null.
 */
export interface NodeFacts {
  /** Host name, or what the engine calls the node. */
  readonly id: string;
  /** `sha256:…` of everything below but memory that varies between boots: equal keys, comparable nodes. */
  readonly key: string;
  readonly cpu: {
    readonly model: string | null;
    readonly architecture: string;
    /** Hardware threads of the node, and those this process may use. */
    readonly logical: number;
    readonly available: number;
    readonly physical: number | null;
    readonly governor: string | null;
    /** NUMA nodes; null: not told. */
    readonly numaNodes: number | null;
  };
  readonly memoryBytes: number;
  readonly os: { readonly platform: string; readonly name: string | null; readonly kernel: string };
  /** Limits of this process's cgroup; null: none. `cpus`: CPU seconds per second. */
  readonly cgroup: { readonly cpus: number | null; readonly memoryBytes: number | null };
  readonly machine: { readonly virtual: boolean | null; readonly hypervisor: string | null };
  readonly clockSource: string | null;
  readonly node: string;
  readonly onnxruntime: string | null;
  readonly loadcell: string;
}

/** What is asked of systeminformation: slow to load and to answer, the same until the next boot. */
interface Hardware {
  readonly physical: number | null;
  readonly virtual: boolean | null;
  readonly hypervisor: string | null;
}

const UNKNOWN_HARDWARE: Hardware = { physical: null, virtual: null, hypervisor: null };
/** What the hardware may cost a start. */
const HARDWARE_MS = 300;
const MOST_MEMORY_LIMIT = 2 ** 60;

/** Gathers the fingerprint of the node called `id`; `cacheFolder` keeps what is slow to find out until the next boot. */
export async function gatherNodeFacts(read: ReadText, cacheFolder: string, id = hostname()): Promise<NodeFacts> {
  const hardware = await hardwareOf(read, join(cacheFolder, 'hardware.json'));
  const processors = cpus();
  const facts: Omit<NodeFacts, 'key'> = {
    id,
    cpu: {
      model: processors[0]?.model.trim() ?? null,
      architecture: arch(),
      logical: processors.length,
      available: availableParallelism(),
      physical: hardware.physical,
      governor: line(read, '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
      numaNodes: parseList(line(read, '/sys/devices/system/node/online') ?? ''),
    },
    memoryBytes: totalmem(),
    os: { platform: platform(), name: parseOsName(read('/etc/os-release') ?? ''), kernel: release() },
    cgroup: { cpus: cpuLimit(read), memoryBytes: memoryLimit(read) },
    machine: { virtual: hardware.virtual, hypervisor: hardware.hypervisor },
    clockSource: line(read, '/sys/devices/system/clocksource/clocksource0/current_clocksource'),
    node: process.versions.node,
    onnxruntime: versionIn(onnxruntimePackage(), read),
    loadcell: packageVersion(read),
  };
  return { ...facts, key: comparabilityKey(facts) };
}

/**
 * Digest of what decides comparability. Memory is rounded to GiB (a kernel keeps back varying amounts), and what
 * systeminformation may fail to tell in time stays out.
 */
export function comparabilityKey(facts: Omit<NodeFacts, 'key'>): string {
  const { physical: _, ...cpu } = facts.cpu;
  const decisive = [
    facts.id,
    cpu,
    Math.round(facts.memoryBytes / 2 ** 30),
    facts.os,
    facts.cgroup,
    facts.clockSource,
    facts.node,
    facts.onnxruntime,
    facts.loadcell,
  ];
  return `sha256:${createHash('sha256').update(JSON.stringify(decisive)).digest('hex')}`;
}

const line = (read: ReadText, path: string): string | null => read(path)?.trim() || null;

const cpuLimit = (read: ReadText): number | null => {
  const version2 = readCgroup(read, 'cpu', ['cpu.max']);
  if (version2 !== null) return parseCpuMax(version2);
  const quota = readCgroup(read, 'cpu', ['cpu.cfs_quota_us']);
  return quota === null ? null : parseCpuMax(`${quota.trim()} ${readCgroup(read, 'cpu', ['cpu.cfs_period_us']) ?? ''}`);
};

const memoryLimit = (read: ReadText): number | null => {
  const bytes = Number(readCgroup(read, 'memory', ['memory.max', 'memory.limit_in_bytes']) ?? Number.NaN);
  return Number.isFinite(bytes) && bytes < MOST_MEMORY_LIMIT ? bytes : null;
};

/** The version of loadcell that this file belongs to; the same package.json from `src/agent` and from `dist/agent`. */
export const packageVersion = (read: ReadText): string =>
  versionIn(fileURLToPath(new URL('../../package.json', import.meta.url)), read) ?? 'unknown';

const versionIn = (path: string | null, read: ReadText): string | null => {
  const text = path === null ? null : read(path);
  return text === null ? null : ((JSON.parse(text) as { readonly version?: string }).version ?? null);
};

/** Found without loading the runtime. */
function onnxruntimePackage(): string | null {
  const folders = createRequire(import.meta.url).resolve.paths('onnxruntime-node') ?? [];
  return (
    folders.map((folder) => join(folder, 'onnxruntime-node', 'package.json')).find((path) => readText(path)) ?? null
  );
}

async function hardwareOf(read: ReadText, cacheFile: string): Promise<Hardware> {
  const boot = line(read, '/proc/sys/kernel/random/boot_id');
  const cached = boot === null ? null : await cachedHardware(cacheFile, boot);
  if (cached !== null) return cached;
  const asked = askHardware().then(async (hardware) => {
    if (boot !== null) await keepHardware(cacheFile, { boot, hardware });
    return hardware;
  });
  return Promise.race([asked.catch(() => UNKNOWN_HARDWARE), afterMs(HARDWARE_MS, UNKNOWN_HARDWARE)]);
}

async function askHardware(): Promise<Hardware> {
  const { default: information } = await import('systeminformation');
  const [cpu, system] = await Promise.all([information.cpu(), information.system()]);
  return {
    physical: cpu.physicalCores > 0 ? cpu.physicalCores : null,
    virtual: system.virtual,
    hypervisor: system.virtualHost || null,
  };
}

const afterMs = <T>(ms: number, value: T): Promise<T> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(value), ms).unref();
  });

async function cachedHardware(file: string, boot: string): Promise<Hardware | null> {
  try {
    const kept = JSON.parse(await readFile(file, 'utf8')) as { readonly boot?: string; readonly hardware?: Hardware };
    return kept.boot === boot && kept.hardware !== undefined ? { ...UNKNOWN_HARDWARE, ...kept.hardware } : null;
  } catch {
    return null;
  }
}

/** A cache that cannot be written costs the next start the same time again, nothing else. */
async function keepHardware(file: string, kept: { readonly boot: string; readonly hardware: Hardware }): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await makeFolders(dirname(file));
    await writeFile(temporary, JSON.stringify(kept));
    await rename(temporary, file);
  } catch {
    return;
  }
}
