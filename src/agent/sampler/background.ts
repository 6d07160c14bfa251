import { readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** Of sched(7). A thread of SCHED_BATCH that wakes does not take the place of one that runs. */
const POLICY = { batch: 3, idle: 5 } as const;
/** The shortest slice that EEVDF grants, ns: `__setparam_fair` in kernel/sched/syscalls.c, since Linux 6.12. */
export const SHORT_SLICE_NS = 100_000;
/** The first version of `struct sched_attr`, bytes: sched_setattr(2). */
const ATTRIBUTES_BYTES = 48;
const AT = { size: 0, policy: 4, nice: 16, sliceNs: 24 } as const;
/** Numbers of the system calls, which the C library of most systems has no function for: asm/unistd.h. */
const CALLS: Partial<Record<NodeJS.Architecture, { readonly set: number; readonly get: number }>> = {
  x64: { set: 314, get: 315 },
  arm64: { set: 274, get: 275 },
};

/** Nice values with their weights (`sched_prio_to_weight` in kernel/sched/core.c); one of nice 0 weighs 1024. */
const WEIGHTS = [
  [10, 110],
  [11, 87],
  [12, 70],
  [13, 56],
  [14, 45],
  [15, 36],
  [16, 29],
  [17, 23],
  [18, 18],
  [19, 15],
] as const;
const WEIGHT_OF_OTHERS = 1024;

/**
 * The nice value of a thread with the shortest slice that leaves the core at once to one that wakes. Under EEVDF the earlier
 * deadline runs, and a deadline is a slice by the weight: the short slice of a light thread must end later than the slice of
 * the others, `baseNs`. No lighter than that: on a node whose cores are all busy it still has to be served. Where no weight
 * does, or the kernel tells of no slice (0, before Linux 6.12), it is 10.
 */
export function niceInBackground(baseNs: number): number {
  const fits = WEIGHTS.find(([, weight]) => (SHORT_SLICE_NS * WEIGHT_OF_OTHERS) / weight > baseNs);
  return fits?.[0] ?? constants.priority.PRIORITY_BELOW_NORMAL;
}

/**
 * Puts this process with all its threads, and what it starts from now on, behind everybody else: it computes where a core is
 * free, and a thread of others that wakes on its core need not wait for it. Where that is not allowed or not known it runs
 * as what it was started as; nothing of what it does depends on it. One that was started as SCHED_IDLE stands there already.
 * Others are those of its CPU cgroup: between cgroups their own weights decide.
 */
export async function moveToBackground(): Promise<void> {
  try {
    setPriority(Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
    const calls = CALLS[process.arch];
    if (process.platform === 'linux' && calls !== undefined) await behindOthers(calls);
  } catch {
    // Not allowed here.
  }
}

async function behindOthers({ set, get }: { readonly set: number; readonly get: number }): Promise<void> {
  const { default: koffi } = await import('koffi');
  const call = koffi.load(null).func('long syscall(long number, ...)');
  const attributes = Buffer.alloc(ATTRIBUTES_BYTES);
  const code: number = call(get, 'int', 0, 'void *', attributes, 'unsigned int', ATTRIBUTES_BYTES, 'unsigned int', 0);
  if (code === 0 && attributes.readUInt32LE(AT.policy) === POLICY.idle) return;
  const baseNs = code === 0 ? Number(attributes.readBigUInt64LE(AT.sliceNs)) : 0;
  attributes.fill(0);
  attributes.writeUInt32LE(ATTRIBUTES_BYTES, AT.size);
  attributes.writeUInt32LE(POLICY.batch, AT.policy);
  attributes.writeInt32LE(Math.max(getPriority(), niceInBackground(baseNs)), AT.nice);
  attributes.writeBigUInt64LE(BigInt(SHORT_SLICE_NS), AT.sliceNs);
  // Those that compile and collect were there before this ran.
  for (const thread of readdirSync('/proc/self/task')) {
    call(set, 'int', Number(thread), 'void *', attributes, 'unsigned int', 0);
  }
}
