/** A hardware thread that agents may be pinned to. */
export interface Processor {
  readonly cpu: number;
  /** Of its core, which it may share with another thread. */
  readonly core: string;
  /** NUMA node. */
  readonly node: number;
}

const NOWHERE: ReadonlySet<number> = new Set();

/**
 * `count` processors for one agent: of one NUMA node where one has them free, and whole cores before halves of some that others
 * use. Nodes that are `near`, as those of its GPUs are, go before others; then the fullest. Null: fewer are free.
 */
export function chosenProcessors(
  all: readonly Processor[],
  isFree: (cpu: number) => boolean,
  count: number,
  near: ReadonlySet<number> = NOWHERE,
): readonly number[] | null {
  const distance = ({ node }: Processor): number => (near.has(node) ? 0 : 1);
  const free = all.filter(({ cpu }) => isFree(cpu));
  if (free.length < count) return null;
  const shared = new Set(all.filter(({ cpu }) => !isFree(cpu)).map(({ core }) => core));
  const size = ({ node }: Processor): number => free.filter((one) => one.node === node).length;
  const home = free
    .filter((one) => size(one) >= count)
    .sort((a, b) => distance(a) - distance(b) || size(a) - size(b) || a.node - b.node)[0]?.node;
  return free
    .filter(({ node }) => home === undefined || node === home)
    .sort((a, b) => distance(a) - distance(b) || rank(a, shared) - rank(b, shared) || compareCores(a, b))
    .slice(0, count)
    .map(({ cpu }) => cpu)
    .sort((a, b) => a - b);
}

const rank = ({ core }: Processor, shared: ReadonlySet<string>): number => (shared.has(core) ? 1 : 0);

const compareCores = (a: Processor, b: Processor): number => firstOf(a) - firstOf(b) || a.cpu - b.cpu;

/** The list of a core's threads begins with its first. */
const firstOf = ({ core }: Processor): number => Number.parseInt(core, 10);

/** Numbers of a list such as `0-3,8` (cpulist of sysfs, `Cpus_allowed_list`); of what is no list, none. */
export function listedCpus(text: string): readonly number[] {
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/u.test(text.trim())) return [];
  return text
    .trim()
    .split(',')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
    });
}

/**
 * The NUMA node that a PCI device is attached to, by its bus id as NVIDIA's tools write it (`00000000:07:00.0`), where Linux
 * has four digits of the domain unless it needs more. Null: not told, or the machine has but one.
 */
export function numaNodeOf(busId: string, read: (path: string) => string | null): number | null {
  const [, domain = '', rest = ''] =
    /^([0-9a-f]{4,8}):([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])$/u.exec(busId.toLowerCase()) ?? [];
  const device = `${Number.parseInt(domain, 16).toString(16).padStart(4, '0')}:${rest}`;
  const text = read(`/sys/bus/pci/devices/${device}/numa_node`)?.trim() ?? '';
  return /^\d+$/u.test(text) ? Number(text) : null;
}

/** The processors that this process may use, as Linux tells of them. `read`: a file's text; null: there is none. */
export function processorsOf(read: (path: string) => string | null): readonly Processor[] {
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/mu.exec(read('/proc/self/status') ?? '')?.[1] ?? '';
  const nodes = listedCpus(read('/sys/devices/system/node/online') ?? '');
  const nodeOf = new Map(
    nodes.flatMap((node) =>
      listedCpus(read(`/sys/devices/system/node/node${node}/cpulist`) ?? '').map((cpu) => [cpu, node] as const),
    ),
  );
  return listedCpus(allowed).map((cpu) => {
    const core = read(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`)?.trim();
    return { cpu, core: core === undefined || core === '' ? `${cpu}` : core, node: nodeOf.get(cpu) ?? 0 };
  });
}
