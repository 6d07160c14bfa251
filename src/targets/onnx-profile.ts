import { z } from 'zod';
import type { NodesByProvider, ProviderNodes } from './target.ts';

/** The part of onnxruntime's profile (Chrome's trace-event format) that is read; `ts` and `dur` in microseconds. */
const eventSchema = z.looseObject({
  cat: z.string().optional(),
  name: z.string().optional(),
  ts: z.number().optional(),
  dur: z.number().optional(),
  tid: z.number().optional(),
  args: z
    .looseObject({
      provider: z.string().optional(),
      op_name: z.string().optional(),
      node_index: z.string().optional(),
    })
    .optional(),
});
const profileSchema = z.array(eventSchema);

/** One run of one node's kernel. */
interface Kernel {
  readonly provider: string;
  readonly operator: string;
  /** Name and index: what tells nodes apart, in subgraphs too. */
  readonly node: string;
  readonly thread: number;
  readonly fromUs: number;
  readonly toUs: number;
}

type Event = z.output<typeof eventSchema>;

const KERNEL = /_kernel_time$/u;

function kernelOf({ cat, name = '', ts = 0, dur = 0, tid = 0, args }: Event): Kernel[] {
  if (cat !== 'Node' || args?.provider === undefined || !KERNEL.test(name)) return [];
  return [
    {
      provider: args.provider.replace(/ExecutionProvider$/u, '').toLowerCase(),
      operator: args.op_name ?? 'unknown',
      node: `${name} ${args.node_index ?? ''}`,
      thread: tid,
      fromUs: ts,
      toUs: ts + dur,
    },
  ];
}

/**
 * What each execution provider ran, from the text of a profile: of its requests the one whose nodes took the least time,
 * so that what disturbed one of them is not told. Empty when the profile holds no node.
 */
export function nodesByProvider(profile: string): NodesByProvider {
  const events = profileSchema.parse(JSON.parse(profile));
  const kernels = events.flatMap(kernelOf);
  const requests = events.filter(({ cat, name }) => cat === 'Session' && name === 'model_run');
  const perRequest = requests.map(({ ts = 0, dur = 0 }) =>
    kernels.filter(({ fromUs }) => fromUs >= ts && fromUs <= ts + dur),
  );
  const runs = (perRequest.length === 0 ? [kernels] : perRequest).filter((run) => run.length > 0);
  const told = runs.map(summed);
  return told.reduce((best, each) => (totalMs(each) < totalMs(best) ? each : best), told[0] ?? {});
}

const totalMs = (nodes: NodesByProvider): number => Object.values(nodes).reduce((sum, { ms }) => sum + ms, 0);

function summed(kernels: readonly Kernel[]): NodesByProvider {
  const selfUs = ownTimes(kernels);
  const found = new Map<string, { ms: number; readonly nodes: Map<string, string> }>();
  kernels.forEach((kernel, index) => {
    const entry = found.get(kernel.provider) ?? { ms: 0, nodes: new Map() };
    entry.ms += (selfUs[index] ?? 0) / 1000;
    entry.nodes.set(kernel.node, kernel.operator);
    found.set(kernel.provider, entry);
  });
  return Object.fromEntries(
    [...found]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([provider, { ms, nodes }]): [string, ProviderNodes] => [
        provider,
        { count: nodes.size, ms: Math.round(ms * 1e3) / 1e3, operators: countedBy([...nodes.values()]) },
      ]),
  );
}

/** Microseconds of each kernel without those that ran inside it: a loop's body is not the loop's own time. */
function ownTimes(kernels: readonly Kernel[]): readonly number[] {
  const own = kernels.map(({ fromUs, toUs }) => toUs - fromUs);
  const order = kernels
    .map((kernel, index) => ({ ...kernel, index }))
    .sort((a, b) => a.thread - b.thread || a.fromUs - b.fromUs || b.toUs - a.toUs);
  const open: (typeof order)[number][] = [];
  for (const kernel of order) {
    while (open.length > 0 && !holds(open.at(-1), kernel)) open.pop();
    const parent = open.at(-1);
    if (parent !== undefined) own[parent.index] = (own[parent.index] ?? 0) - (kernel.toUs - kernel.fromUs);
    open.push(kernel);
  }
  return own;
}

/** An instant shared at whole microseconds is no nesting: one of no length at the other's end stands beside it. */
const holds = (outer: Kernel | undefined, inner: Kernel): boolean =>
  outer !== undefined && outer.thread === inner.thread && inner.fromUs < outer.toUs && inner.toUs <= outer.toUs;

function countedBy(names: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}
