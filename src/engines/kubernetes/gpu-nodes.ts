import type { V1NodeSelectorRequirement } from '@kubernetes/client-node';
import type { Instance } from '../../campaign/instance.ts';

/**
 * Which nodes have the GPUs that an instance asks for. Labels as NVIDIA's GPU feature discovery writes them
 * (https://github.com/NVIDIA/k8s-device-plugin/tree/main/docs/gpu-feature-discovery), unless the campaign names others.
 */

export const PRODUCT_LABEL = 'nvidia.com/gpu.product';
const WHOLE_GPU = 'nvidia.com/gpu';

/** Products that a shorter name may stand for. */
const A100 = ['A100-SXM4-40GB', 'A100-SXM4-80GB', 'A100-PCIE-40GB', 'A100-80GB-PCIe'];

/** Labels of nodes whose GPUs are dealt to several containers at a time, and the values that say so. */
const SHARING: Readonly<Record<string, readonly string[]>> = {
  'nvidia.com/gpu.sharing-strategy': ['time-slicing', 'mps'],
  'cloud.google.com/gke-gpu-sharing-strategy': ['time-sharing', 'mps'],
};
/** On nodes where every `nvidia.com/gpu` is a MIG instance. */
const MIG_SLICES = 'nvidia.com/gpu.slices.gi';

type Requirement = V1NodeSelectorRequirement;

export interface GpuDemand {
  /** Of each agent; null: none. */
  readonly limit: { readonly resource: string; readonly count: number } | null;
  /** What the node's labels must satisfy. */
  readonly requirements: readonly Requirement[];
}

/**
 * What an instance asks of its node. GPUs that are shared, and MIG instances in the place of whole GPUs, are taken only where
 * they are asked for: their product's name says so (`-SHARED`, `-MIG-3g.20gb`), and a list of names does not contain it.
 */
export function gpuDemand(instance: Instance): GpuDemand {
  const named = labelRequirements(instance.nodeLabels ?? {});
  if (instance.gpusPerAgent === 0) return { limit: null, requirements: named };
  const { model, mig } = migOf(instance.gpu);
  const resource = instance.gpuResource ?? (mig === null ? WHOLE_GPU : `nvidia.com/mig-${mig}`);
  const products = instance.nodeLabels === null && model !== null ? { [PRODUCT_LABEL]: productsOf(model) } : {};
  const labels = { ...instance.nodeLabels, ...products };
  return {
    limit: { resource, count: instance.gpusPerAgent },
    requirements: [
      ...labelRequirements(labels),
      ...notShared(labels),
      ...(resource === WHOLE_GPU && Object.keys(labels).length === 0
        ? [{ key: MIG_SLICES, operator: 'DoesNotExist' }]
        : []),
    ],
  };
}

/** `MIG 3g.20gb`, `A100-SXM4-40GB MIG 3g.20gb`: a slice that has a resource of its own, and the GPU that it is cut from. */
function migOf(gpu: string | null): { readonly model: string | null; readonly mig: string | null } {
  const [, before, slice] = /^(.*?)\s*\bMIG (\d+g\.\d+gb\S*)$/i.exec(gpu ?? '') ?? [];
  if (slice === undefined) return { model: gpu, mig: null };
  return { model: before === undefined || before === '' ? null : before, mig: slice.toLowerCase().replace('+', '.') };
}

/**
 * The model that an agent is to find, as its driver says it; null: any whole GPU. Slices may be asked for by their resource or
 * by a label alone, where nodes have them so.
 */
export function modelOf({ gpu, gpuResource, nodeLabels }: Instance): string | null {
  if (gpu !== null) return gpu;
  const [, ofResource] = /\/mig-(\d+g\.\d+gb\S*)$/.exec(gpuResource ?? '') ?? [];
  const ofLabels = Object.values(nodeLabels ?? {}).flatMap((values) =>
    values.flatMap((value) => /-MIG-(\d+g\.\d+gb\S*)$/.exec(value)?.[1] ?? []),
  );
  const [slice, ...others] = new Set(ofResource === undefined ? ofLabels : [ofResource]);
  if (slice === undefined) return null;
  // Of several kinds any will do: the label of the node has decided.
  return others.length > 0 ? 'MIG ' : `MIG ${slice.replace(/\.(?=[a-z])/, '+')}`;
}

/** Names under which nodes have a model: with the vendor before it, and as older versions wrote it. */
function productsOf(gpu: string): readonly string[] {
  const model = gpu.replace(/^NVIDIA[\s-]+/i, '').replaceAll(/\s+/g, '-');
  const asked = model.toLowerCase();
  const models = [...new Set([...A100.filter((name) => name.toLowerCase().includes(asked)), model])];
  return models.flatMap((name) => [`NVIDIA-${name}`, name]);
}

const labelRequirements = (labels: Readonly<Record<string, readonly string[]>>): Requirement[] =>
  Object.entries(labels).map(([key, values]) => ({ key, operator: 'In', values: [...values] }));

function notShared(labels: Readonly<Record<string, readonly string[]>>): Requirement[] {
  if (Object.values(labels).some((values) => values.some((value) => value.endsWith('-SHARED')))) return [];
  return Object.entries(SHARING)
    .filter(([key]) => labels[key] === undefined)
    .map(([key, values]) => ({ key, operator: 'NotIn', values: [...values] }));
}

/** Whether a node with these labels will do. */
export const satisfies = (labels: Readonly<Record<string, string>>, requirements: readonly Requirement[]): boolean =>
  requirements.every(({ key, operator, values = [] }) => {
    const value = labels[key];
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        throw new Error(`node affinity: found the operator ${operator}`);
    }
  });
