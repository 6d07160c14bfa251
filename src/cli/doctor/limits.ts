import { parseMemoryAvailable } from '../../agent/host-files.ts';
import type { NodeFacts } from '../../agent/node-facts.ts';
import { parseThrottledUs, readCgroup } from '../../agent/proc-stat.ts';
import { figureText } from '../../report/figures.ts';
import { type Finding, ok, sizeText, warning } from './finding.ts';
import type { Machine } from './machine.ts';

/** What the operating system and the container allow. Null: there is no limit, or the system does not tell. */
export interface LimitFacts {
  readonly cpus: number | null;
  readonly availableCpus: number;
  /** Since the cgroup was made, microseconds. */
  readonly throttledUs: number | null;
  readonly memoryBytes: number;
  readonly memoryAvailableBytes: number | null;
  readonly memoryLimitBytes: number | null;
  readonly memoryUsedBytes: number | null;
  /** `unlimited` is infinity. */
  readonly openFiles: number | null;
}

const LEAST_MEMORY = 2 ** 30;
/** Sockets and files of a coordinator and its agents, with connections of a network target. */
const LEAST_FILES = 4096;

export function limitFacts(node: NodeFacts, { readText }: Pick<Machine, 'readText'>): LimitFacts {
  const throttling = readCgroup(readText, 'cpu', ['cpu.stat']);
  const used = readCgroup(readText, 'memory', ['memory.current', 'memory.usage_in_bytes']);
  return {
    cpus: node.cgroup.cpus,
    availableCpus: node.cpu.available,
    throttledUs: throttling === null ? null : parseThrottledUs(throttling),
    memoryBytes: node.memoryBytes,
    memoryAvailableBytes: parseMemoryAvailable(readText('/proc/meminfo') ?? ''),
    memoryLimitBytes: node.cgroup.memoryBytes,
    memoryUsedBytes: used === null ? null : Number(used),
    openFiles: parseOpenFiles(readText('/proc/self/limits') ?? ''),
  };
}

/** The soft limit of `/proc/self/limits` (proc_pid_limits(5)). */
export function parseOpenFiles(text: string): number | null {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(text)?.[1];
  if (soft === undefined) return null;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

export const judgeLimits = (facts: LimitFacts): readonly Finding[] => [
  cpuLimit(facts),
  throttling(facts),
  memory(facts),
  memoryLimit(facts),
  openFiles(facts),
];

function cpuLimit({ cpus, availableCpus }: LimitFacts): Finding {
  if (cpus === null) return ok('CPU limit', 'none');
  const found = `${figureText(cpus)} CPUs' worth of time on ${availableCpus} CPUs`;
  return warning(
    'CPU limit',
    found,
    'a quota stops every thread until its next period (100 ms by default): pin whole CPUs (cpuset, static CPU manager) instead',
  );
}

function throttling({ throttledUs }: LimitFacts): Finding {
  if (throttledUs === null) return ok('CPU throttling', 'not counted for this process');
  const found = `${figureText(throttledUs / 1e6)} s so far`;
  if (throttledUs === 0) return ok('CPU throttling', found);
  return warning('CPU throttling', found, 'raise the CPU limit of the container or the cgroup');
}

function memory({ memoryBytes, memoryAvailableBytes }: LimitFacts): Finding {
  if (memoryAvailableBytes === null) return ok('memory', sizeText(memoryBytes));
  const found = `${sizeText(memoryAvailableBytes)} available of ${sizeText(memoryBytes)}`;
  if (memoryAvailableBytes >= LEAST_MEMORY) return ok('memory', found);
  return warning(
    'memory',
    found,
    'below 1 GiB runs may swap or be killed: end other programs or take a larger machine',
  );
}

function memoryLimit({ memoryLimitBytes, memoryUsedBytes }: LimitFacts): Finding {
  if (memoryLimitBytes === null) return ok('memory limit', 'none');
  const used = memoryUsedBytes === null ? '' : `, ${sizeText(memoryUsedBytes)} used`;
  const found = `${sizeText(memoryLimitBytes)}${used}`;
  if (memoryLimitBytes - (memoryUsedBytes ?? 0) >= LEAST_MEMORY) return ok('memory limit', found);
  return warning(
    'memory limit',
    found,
    'less than 1 GiB is left: raise the memory limit of the container or the cgroup',
  );
}

function openFiles({ openFiles: most }: LimitFacts): Finding {
  if (most === null) return ok('open files', 'not shown by this system');
  const found = most === Number.POSITIVE_INFINITY ? 'unlimited' : `${most}`;
  if (most >= LEAST_FILES) return ok('open files', found);
  return warning('open files', found, 'many agents or connections run out of them: ulimit -n 65536');
}
