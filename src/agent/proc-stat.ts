/**
 * Host facts of the last second from `/proc` and the cgroup's files. Pure but for the reader given to it: what cannot
 * be read is null, never 0.
 */
import type { ReadText } from '../wire/read-text.ts';

export interface HostFacts {
  /** Share of the node's CPU time spent working, between this call and the one before. */
  readonly cpu: number | null;
  /** Share of the node's CPU time that the hypervisor gave to others, between this call and the one before. */
  readonly steal: number | null;
  /** Microseconds for which this process's cgroup was throttled, between this call and the one before. */
  readonly throttledUs: number | null;
  /** Resident memory of this process, bytes. */
  readonly rssBytes: number | null;
}

/** Clock ticks of the whole node since boot, by what they were spent on (proc_stat(5)). */
export interface CpuTicks {
  readonly busy: number;
  readonly idle: number;
  readonly steal: number;
}

/** First line of `/proc/stat`: user nice system idle iowait irq softirq steal; guest time stands in user already. */
export function parseCpuTicks(text: string): CpuTicks | null {
  const line = /^cpu +(.*)$/m.exec(text)?.[1];
  if (line === undefined) return null;
  const ticks = line.split(/ +/).map(Number);
  const at = (index: number): number => ticks[index] ?? 0;
  const busy = at(0) + at(1) + at(2) + at(5) + at(6);
  const idle = at(3) + at(4);
  return Number.isFinite(busy + idle + at(7)) ? { busy, idle, steal: at(7) } : null;
}

/** `cpu.stat` of a cgroup: `throttled_usec` (version 2) or `throttled_time` in nanoseconds (version 1). Microseconds. */
export function parseThrottledUs(text: string): number | null {
  const micro = /^throttled_usec (\d+)$/m.exec(text)?.[1];
  if (micro !== undefined) return Number(micro);
  const nano = /^throttled_time (\d+)$/m.exec(text)?.[1];
  return nano === undefined ? null : Number(nano) / 1e3;
}

/** `VmRSS` of `/proc/self/status`, bytes. */
export function parseRss(text: string): number | null {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

/**
 * Folders that may hold the files of this process's cgroup for a controller, most specific first, from
 * `/proc/self/cgroup` (cgroups(7)). Version 2 has the empty list of controllers.
 */
export function cgroupFolders(cgroup: string, controller: string): readonly string[] {
  const folders: string[] = [];
  for (const line of cgroup.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const root = controllers === '' ? '/sys/fs/cgroup' : `/sys/fs/cgroup/${controllers}`;
    const holds = controllers === '' || controllers.split(',').includes(controller);
    // Inside a container the path may be the host's while the mount shows the container's own group at its root.
    if (holds) folders.push(...(path === '/' ? [root] : [root + path, root]));
  }
  return folders;
}

/** The first of this process's cgroup files of that name that can be read. */
export function readCgroup(readText: ReadText, controller: string, names: readonly string[]): string | null {
  for (const folder of cgroupFolders(readText('/proc/self/cgroup') ?? '', controller)) {
    for (const name of names) {
      const text = readText(`${folder}/${name}`);
      if (text !== null) return text;
    }
  }
  return null;
}

const throttled = (readText: ReadText): number | null => {
  const text = readCgroup(readText, 'cpu', ['cpu.stat']);
  return text === null ? null : parseThrottledUs(text);
};

/**
 * A function that tells what happened on the node since it was called last (at first: since it was made). Shares stay
 * what they were when it is called again within one clock tick.
 */
export function createHostSampler(readText: ReadText): () => HostFacts {
  let ticks = parseCpuTicks(readText('/proc/stat') ?? '');
  let throttledUs = throttled(readText);
  let shares: { readonly cpu: number | null; readonly steal: number | null } = { cpu: null, steal: null };
  return () => {
    const ticksBefore = ticks;
    const throttledBefore = throttledUs;
    ticks = parseCpuTicks(readText('/proc/stat') ?? '');
    throttledUs = throttled(readText);
    shares = ticks === null || ticksBefore === null ? { cpu: null, steal: null } : since(ticksBefore, ticks, shares);
    return {
      ...shares,
      throttledUs: throttledUs === null || throttledBefore === null ? null : Math.max(0, throttledUs - throttledBefore),
      rssBytes: parseRss(readText('/proc/self/status') ?? ''),
    };
  };
}

function since<T>(before: CpuTicks, now: CpuTicks, same: T): T | { cpu: number; steal: number } {
  const busy = Math.max(0, now.busy - before.busy);
  const steal = Math.max(0, now.steal - before.steal);
  const all = busy + steal + Math.max(0, now.idle - before.idle);
  return all === 0 ? same : { cpu: busy / all, steal: steal / all };
}
