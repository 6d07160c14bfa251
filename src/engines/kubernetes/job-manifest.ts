import type { V1Affinity, V1Container, V1Job, V1PodSpec, V1Secret, V1Toleration } from '@kubernetes/client-node';
import type { KubernetesSite } from '../../campaign/fleet-spec.ts';
import type { Instance } from '../../campaign/instance.ts';
import { type Ns, toSeconds } from '../../time/ns.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { formatPlaceList } from '../../wire/place-list.ts';
import { agentArgv } from '../agent-argv.ts';
import type { AgentGroup, AttemptKey } from '../engine.ts';
import { annotationsOf, jobName, labelsOf, runLabels } from './attempt-name.ts';
import { gpuDemand, modelOf } from './gpu-nodes.ts';

/** The one container of each pod. */
export const CONTAINER = 'agent';
/** Seconds from SIGTERM to SIGKILL. */
export const GRACE_S = 5;

/** As the project's images have it. */
const COMMAND = ['node', '/opt/loadcell/dist/agent/main.js'];
/** Group of the images' user: the files of the Secret are given to it. */
const GROUP = 1000;
const SECRET_FOLDER = '/run/loadcell';
const TOKEN = 'token';
/** How long a Job that is over stays, for whoever looks for its reasons: its coordinator deletes it much sooner. */
const KEPT_S = 600;
/** How long an agent stays on a node that is not there any more. The coordinator has fenced it long before. */
const LOST_NODE_S = 5;
const QUEUE_LABEL = 'kueue.x-k8s.io/queue-name';

export interface JobOrder {
  readonly group: AgentGroup;
  readonly key: AttemptKey;
  readonly site: KubernetesSite;
  /** As the cluster knows whoever submits. */
  readonly user: string;
  /** How long the run waits for its places. */
  readonly queueNs: Ns;
}

/**
 * The Job of an attempt: a pod for each place, numbered. Nothing is tried again: a failed pod is an end of its number alone,
 * and the others go on; an agent that was refused for what it was told ends all of them.
 */
export function jobManifest(order: JobOrder): V1Job {
  const { group, key, site, user, queueNs } = order;
  const places = group.indices.length;
  const labels = { ...site.labels, ...labelsOf(key, user) };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(key),
      labels: { ...labels, ...(site.queue === null ? {} : { [QUEUE_LABEL]: site.queue }) },
      annotations: annotationsOf(key, group.indices),
    },
    spec: {
      completionMode: 'Indexed',
      completions: places,
      parallelism: places,
      backoffLimitPerIndex: 0,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          {
            action: 'FailJob',
            onExitCodes: { containerName: CONTAINER, operator: 'In', values: [EXIT_CODES['before-start'].code] },
          },
        ],
      },
      ttlSecondsAfterFinished: KEPT_S,
      ...(group.stayNs === null ? {} : { activeDeadlineSeconds: wholeSeconds(queueNs) + wholeSeconds(group.stayNs) }),
      // Kueue lets it go.
      ...(site.queue === null ? {} : { suspend: true }),
      template: { metadata: { labels }, spec: podSpec(order) },
    },
  };
}

/** What the agents of an attempt join with; it goes when its Job does. */
export const secretManifest = ({ group, key, site, user }: JobOrder, uid: string): V1Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: jobName(key),
    labels: { ...site.labels, ...labelsOf(key, user) },
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: jobName(key), uid }],
  },
  type: 'Opaque',
  immutable: true,
  data: { [TOKEN]: Buffer.from(`${group.token}\n`).toString('base64') },
});

function podSpec(order: JobOrder): V1PodSpec {
  const { group, key, site } = order;
  const named = {
    serviceAccountName: site.serviceAccount,
    priorityClassName: site.priorityClass,
    runtimeClassName: site.runtimeClass,
  };
  const given = Object.fromEntries(Object.entries(named).filter(([, name]) => name !== null)) as Partial<V1PodSpec>;
  return {
    ...given,
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: GRACE_S,
    ...(group.stayNs === null ? {} : { activeDeadlineSeconds: wholeSeconds(group.stayNs) }),
    ...(site.imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: site.imagePullSecrets.map((name) => ({ name })) }),
    ...(Object.keys(site.nodeSelector).length === 0 ? {} : { nodeSelector: { ...site.nodeSelector } }),
    affinity: affinity(order),
    tolerations: tolerations(order),
    securityContext: { runAsNonRoot: true, fsGroup: GROUP, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container(order)],
    volumes: [
      { name: 'token', secret: { secretName: jobName(key), defaultMode: 0o440 } },
      { name: 'tmp', emptyDir: {} },
      { name: 'cache', emptyDir: {} },
    ],
  };
}

/** The kubelet puts in what stands in `$( )`: the number of the pod, which the Job's controller gives it, and its node. */
function container({ group, key, site }: JobOrder): V1Container {
  const instance = { ...group.instance, gpu: modelOf(group.instance) };
  return {
    name: CONTAINER,
    image: site.image,
    imagePullPolicy: 'IfNotPresent',
    command: [...(site.command ?? COMMAND)],
    args: [
      ...agentArgv({ ...group, instance }, key),
      ...['--places', formatPlaceList(group.indices), '--nth', '$(JOB_COMPLETION_INDEX)', '--node', '$(NODE_NAME)'],
      ...['--token-file', `${SECRET_FOLDER}/${TOKEN}`],
    ],
    env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
    resources: resources(group.instance),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    },
    // The kubelet keeps the last words of an agent that failed in the pod's status.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'token', mountPath: SECRET_FOLDER, readOnly: true },
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'cache', mountPath: '/var/cache/loadcell' },
    ],
  };
}

/**
 * Processors are limited only where memory is given too: the pod is then of the class that a node may give processors of its own.
 * Without that a limit would be a quota, which stops a measurement's threads.
 */
function resources(instance: Instance): NonNullable<V1Container['resources']> {
  const { limit } = gpuDemand(instance);
  const cpu: Record<string, string> = instance.cpus === null ? {} : { cpu: `${instance.cpus}` };
  const memory: Record<string, string> =
    instance.memoryBytes === null ? {} : { memory: `${Math.ceil(instance.memoryBytes)}` };
  const gpus: Record<string, string> = limit === null ? {} : { [limit.resource]: `${limit.count}` };
  const limits = { ...gpus, ...memory, ...(instance.memoryBytes === null ? {} : cpu) };
  return { requests: { ...cpu, ...memory }, limits };
}

function affinity({ group, key, site }: JobOrder): V1Affinity {
  const { requirements } = gpuDemand(group.instance);
  return {
    ...(requirements.length === 0
      ? {}
      : {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [...requirements] }],
            },
          },
        }),
    ...(site.spread === 'none'
      ? {}
      : {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: runLabels(key.runId) } },
            ],
          },
        }),
  };
}

function tolerations({ site }: JobOrder): V1Toleration[] {
  const gone = ['not-ready', 'unreachable'].map((condition) => ({
    key: `node.kubernetes.io/${condition}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: LOST_NODE_S,
  }));
  // Agents without GPUs too: a cluster may have no other nodes.
  return [{ key: 'nvidia.com/gpu', operator: 'Exists' }, ...gone, ...site.tolerations];
}

const wholeSeconds = (duration: Ns): number => Math.max(1, Math.ceil(toSeconds(duration)));
