/** A hardware thread that agents may be pinned to. */
export interface Processor {
  readonly cpu: number;
  /** Of its core, which it may share with another thread. */
  readonly core: string;
  /** NUMA node. */
  readonly node: number;
}

/**
 * `count` processors for one agent: of one NUMA node where one has them free, the fullest that does, and whole cores before
 * halves of some that others use. Null: fewer are free.
 */
export function chosenProcessors(
  all: readonly Processor[],
  isFree: (cpu: number) => boolean,
  count: number,
): readonly number[] | null {
  const free = all.filter(({ cpu }) => isFree(cpu));
  if (free.length < count) return null;
  const shared = new Set(all.filter(({ cpu }) => !isFree(cpu)).map(({ core }) => core));
  const nodes = [...new Set(free.map(({ node }) => node))]
    .map((node) => free.filter((one) => one.node === node))
    .sort((a, b) => a.length - b.length);
  const home = nodes.find((node) => node.length >= count) ?? nodes.toReversed().flat();
  return home
    .toSorted((a, b) => rank(a, shared) - rank(b, shared) || compareCores(a, b))
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
