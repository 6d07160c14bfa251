/** What sinfo says of nodes, a line for each node and partition (sinfo(1), "--format"). */

export interface Node {
  readonly name: string;
  /** What the daemons dial. */
  readonly address: string;
  readonly host: string;
  readonly partition: string;
  /** `idle`, `mixed`, `down*`, `drained`. */
  readonly state: string;
  /** `gpu:a100:2(S:0-1)`; `(null)` where there is none. */
  readonly gres: string;
  readonly cpus: number;
  /** MiB. */
  readonly memoryMib: number;
}

/** For `sinfo -N --format`. */
export const NODE_FORMAT = '%N|%o|%n|%R|%T|%G|%c|%m';

export const parseNodes = (text: string): readonly Node[] =>
  text.split('\n').flatMap((line) => {
    const [name, address, host, partition, state, gres, cpus, memory] = line.trim().split('|');
    if (name === undefined || partition === undefined || state === undefined) return [];
    return [
      {
        name,
        address: address ?? '',
        host: host ?? '',
        partition,
        state,
        gres: gres ?? '',
        cpus: Number(cpus),
        memoryMib: Number(memory),
      },
    ];
  });

/** Nodes that run jobs, now or when they are free. A star means that the node does not answer. */
const USABLE = ['idle', 'mixed', 'allocated', 'completing', 'planned', 'reserved'];

const isUsable = ({ state }: Node): boolean => USABLE.includes(state);

/** Whether a partition, or any when none is named, has nodes that run no jobs at present. */
export const hasUnusable = (nodes: readonly Node[], partition: string | null): boolean =>
  nodes.some((node) => (partition === null || node.partition === partition) && !isUsable(node));

/** A line for each partition: its nodes, how many are idle, what one of them has. */
export function partitionLines(nodes: readonly Node[]): readonly string[] {
  const names = [...new Set(nodes.map(({ partition }) => partition))];
  return names.map((name) => {
    const own = nodes.filter(({ partition }) => partition === name);
    const idle = own.filter(({ state }) => state === 'idle').length;
    const unusable = own.filter((node) => !isUsable(node));
    const gres = [...new Set(own.map((node) => node.gres.replace(/\(.*\)$/, '')))].filter((text) => text !== '');
    const sizes = [...new Set(own.map(({ cpus, memoryMib }) => `${cpus} CPUs, ${memoryMib} MiB`))];
    const states = unusable.length === 0 ? '' : `, ${unusable.map((node) => `${node.name} ${node.state}`).join(', ')}`;
    return `partition ${name}: ${own.length} ${own.length === 1 ? 'node' : 'nodes'}, ${idle} idle${states}; a node has ${[...gres, ...sizes].join(', ')}`;
  });
}
