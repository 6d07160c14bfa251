import type { V1Node, V1Taint, V1Toleration } from '@kubernetes/client-node';
import type { GpuDemand } from './gpu-nodes.ts';
import { PRODUCT_LABEL, satisfies } from './gpu-nodes.ts';
import { amount } from './quantity.ts';

/** What one agent asks of a node. */
export interface PlaceDemand extends GpuDemand {
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly V1Toleration[];
  /** By resource: `cpu`, `memory` in bytes, `nvidia.com/gpu`. */
  readonly requests: Readonly<Record<string, string>>;
  readonly spread: 'nodes' | 'none';
}

/** Places that the nodes have, whoever holds them. */
export interface Room {
  /** On all nodes that fit. */
  readonly ever: number;
  /** On those of them that take pods at present. */
  readonly now: number;
}

/** Taints by which a node says that it takes no pods for the time being. */
const PASSING = /^node\.(kubernetes\.io|cloudprovider\.kubernetes\.io)\//;

export function roomOn(nodes: readonly V1Node[], demand: PlaceDemand): Room {
  const fitting = nodes.filter((node) => fits(node, demand));
  return { ever: placesOn(fitting, demand), now: placesOn(fitting.filter(takesPods), demand) };
}

const placesOn = (nodes: readonly V1Node[], demand: PlaceDemand): number =>
  nodes.reduce((sum, node) => sum + capacityOf(node, demand), 0);

function fits({ metadata, spec }: V1Node, { requirements, nodeSelector, tolerations }: PlaceDemand): boolean {
  const labels = metadata?.labels ?? {};
  const wanted = Object.entries(nodeSelector).every(([key, value]) => labels[key] === value);
  const forbidding = (spec?.taints ?? []).filter(
    ({ key, effect }) => effect !== 'PreferNoSchedule' && !PASSING.test(key),
  );
  return (
    wanted &&
    satisfies(labels, requirements) &&
    forbidding.every((taint) => tolerations.some((toleration) => bears(toleration, taint)))
  );
}

/** As the scheduler has it (core/v1, Toleration). */
const bears = ({ key, operator = 'Equal', value, effect }: V1Toleration, taint: V1Taint): boolean =>
  (effect === undefined || effect === '' || effect === taint.effect) &&
  (key === undefined || key === '' ? operator === 'Exists' : key === taint.key) &&
  (operator === 'Exists' || (value ?? '') === (taint.value ?? ''));

function capacityOf({ status }: V1Node, { requests, spread }: PlaceDemand): number {
  const demands = Object.entries({ ...requests, pods: '1' });
  const counts = demands.map(([resource, each]) => amount(status?.allocatable?.[resource] ?? '0') / amount(each));
  const places = Math.floor(Math.min(...counts));
  return spread === 'nodes' ? Math.min(1, places) : places;
}

const takesPods = ({ spec, status }: V1Node): boolean =>
  spec?.unschedulable !== true &&
  (status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True');

/** Lines for people: nodes by the product of their GPUs. */
export function nodeLines(nodes: readonly V1Node[], resource: string): readonly string[] {
  const kinds = nodes.map((node) => {
    const each = node.status?.allocatable?.[resource] ?? '0';
    return `${node.metadata?.labels?.[PRODUCT_LABEL] ?? 'no GPU product'}, ${each} ${resource} each`;
  });
  return [...new Set(kinds)].map((kind) => {
    const count = kinds.filter((other) => other === kind).length;
    return `${count} ${count === 1 ? 'node' : 'nodes'}: ${kind}`;
  });
}
