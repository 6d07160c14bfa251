import type { V1Container, V1NodeAffinity, V1PodSpec, V1Toleration } from '@kubernetes/client-node';
import type { KubernetesSite } from '../../campaign/fleet-spec.ts';
import type { Instance } from '../../campaign/instance.ts';
import { type Ns, toSeconds } from '../../time/ns.ts';
import { gpuDemand } from './gpu-nodes.ts';

/** What the pods of agents and coordinators have in common. */

/** Group of the images' user: files of Secrets are given to it. */
const GROUP = 1000;
/** How long a pod stays on a node that is not there any more. Who led its agent has fenced it long before. */
const LOST_NODE_S = 5;
const QUEUE_LABEL = 'kueue.x-k8s.io/queue-name';

/** What the pod security standard `restricted` asks for, of a pod and of its container. */
export const POD_SECURITY = {
  runAsNonRoot: true,
  fsGroup: GROUP,
  seccompProfile: { type: 'RuntimeDefault' },
} as const satisfies V1PodSpec['securityContext'];
export const CONTAINER_SECURITY: NonNullable<V1Container['securityContext']> = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};

/** Where a container of the project's images writes beside what it is for. */
export const WRITABLE = {
  volumes: [
    { name: 'tmp', emptyDir: {} },
    { name: 'cache', emptyDir: {} },
  ],
  mounts: [
    { name: 'tmp', mountPath: '/tmp' },
    { name: 'cache', mountPath: '/var/cache/loadcell' },
  ],
} as const;

/** What a site says of each of its pods. */
export function siteFields(site: KubernetesSite, serviceAccount: string | null): Partial<V1PodSpec> {
  const named = {
    serviceAccountName: serviceAccount,
    priorityClassName: site.priorityClass,
    runtimeClassName: site.runtimeClass,
  };
  return {
    ...(Object.fromEntries(Object.entries(named).filter(([, name]) => name !== null)) as Partial<V1PodSpec>),
    ...(site.imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: site.imagePullSecrets.map((name) => ({ name })) }),
    ...(Object.keys(site.nodeSelector).length === 0 ? {} : { nodeSelector: { ...site.nodeSelector } }),
    tolerations: tolerations(site),
  };
}

/** Of a Job that Kueue is to let go; none where there is no queue. */
export const queueLabels = ({ queue }: KubernetesSite): Record<string, string> =>
  queue === null ? {} : { [QUEUE_LABEL]: queue };

function tolerations(site: KubernetesSite): V1Toleration[] {
  const gone = ['not-ready', 'unreachable'].map((condition) => ({
    key: `node.kubernetes.io/${condition}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: LOST_NODE_S,
  }));
  // Pods without GPUs too: a cluster may have no other nodes.
  return [{ key: 'nvidia.com/gpu', operator: 'Exists' }, ...gone, ...site.tolerations];
}

/**
 * Processors are limited only where memory is given too: the pod is then of the class that a node may give processors of its own.
 * Without that a limit would be a quota, which stops a measurement's threads.
 */
export function resources(instance: Instance): NonNullable<V1Container['resources']> {
  const { limit } = gpuDemand(instance);
  const cpu: Record<string, string> = instance.cpus === null ? {} : { cpu: `${instance.cpus}` };
  const memory: Record<string, string> =
    instance.memoryBytes === null ? {} : { memory: `${Math.ceil(instance.memoryBytes)}` };
  const gpus: Record<string, string> = limit === null ? {} : { [limit.resource]: `${limit.count}` };
  const limits = { ...gpus, ...memory, ...(instance.memoryBytes === null ? {} : cpu) };
  return { requests: { ...cpu, ...memory }, limits };
}

/** Which nodes an instance may be on; empty: any. */
export function nodeAffinity(instance: Instance): V1NodeAffinity {
  const { requirements } = gpuDemand(instance);
  if (requirements.length === 0) return {};
  const nodeSelectorTerms = [{ matchExpressions: [...requirements] }];
  return { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
}

export const wholeSeconds = (duration: Ns): number => Math.max(1, Math.ceil(toSeconds(duration)));
