import type { V1Affinity, V1Container, V1Job, V1OwnerReference, V1PodSpec, V1Secret } from '@kubernetes/client-node';
import type { KubernetesSite } from '../../campaign/fleet-spec.ts';
import type { Ns } from '../../time/ns.ts';
import { EXIT_CODES } from '../../verdict/exit-code.ts';
import { formatPlaceList } from '../../wire/place-list.ts';
import { agentArgv } from '../agent-argv.ts';
import type { AgentGroup, AttemptKey } from '../engine.ts';
import { annotationsOf, jobName, labelsOf, runLabels } from './attempt-name.ts';
import { modelOf } from './gpu-nodes.ts';
import {
  CONTAINER_SECURITY,
  nodeAffinity,
  POD_SECURITY,
  queueLabels,
  resources,
  siteFields,
  WRITABLE,
  wholeSeconds,
} from './pod-shape.ts';

/** The one container of each pod. */
export const CONTAINER = 'agent';
/** Seconds from SIGTERM to SIGKILL. */
export const GRACE_S = 5;

/** As the project's images have it. */
const COMMAND = ['node', '/opt/loadcell/dist/agent/main.js'];
const SECRET_FOLDER = '/run/loadcell';
const TOKEN = 'token';
/** How long a Job that is over stays, for whoever looks for its reasons: its coordinator deletes it much sooner. */
const KEPT_S = 600;

export interface JobOrder {
  readonly group: AgentGroup;
  readonly key: AttemptKey;
  readonly site: KubernetesSite;
  /** As the cluster knows whoever submits. */
  readonly user: string;
  /** How long the run waits for its places. */
  readonly queueNs: Ns;
  /** The Job of the coordinator, where it has one: what is made goes when that does. */
  readonly owner: OwningJob | null;
}

/** A Job that owns others. */
export interface OwningJob {
  readonly name: string;
  readonly uid: string;
}

/**
 * The Job of an attempt: a pod for each place, numbered. Nothing is tried again: a failed pod is an end of its number alone,
 * and the others go on; an agent that was refused for what it was told ends all of them.
 */
export function jobManifest(order: JobOrder): V1Job {
  const { group, key, site, user, queueNs, owner } = order;
  const places = group.indices.length;
  const labels = { ...site.labels, ...labelsOf(key, user) };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(key),
      labels: { ...labels, ...queueLabels(site) },
      annotations: annotationsOf(key, group.indices),
      ...(owner === null ? {} : { ownerReferences: [ownedBy(owner)] }),
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
    ownerReferences: [ownedBy({ name: jobName(key), uid })],
  },
  type: 'Opaque',
  immutable: true,
  data: { [TOKEN]: Buffer.from(`${group.token}\n`).toString('base64') },
});

const ownedBy = ({ name, uid }: OwningJob): V1OwnerReference => ({ apiVersion: 'batch/v1', kind: 'Job', name, uid });

function podSpec(order: JobOrder): V1PodSpec {
  const { group, key, site } = order;
  return {
    ...siteFields(site, site.serviceAccount),
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: GRACE_S,
    ...(group.stayNs === null ? {} : { activeDeadlineSeconds: wholeSeconds(group.stayNs) }),
    affinity: affinity(order),
    securityContext: POD_SECURITY,
    containers: [container(order)],
    volumes: [{ name: 'token', secret: { secretName: jobName(key), defaultMode: 0o440 } }, ...WRITABLE.volumes],
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
    securityContext: CONTAINER_SECURITY,
    // The kubelet keeps the last words of an agent that failed in the pod's status.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [{ name: 'token', mountPath: SECRET_FOLDER, readOnly: true }, ...WRITABLE.mounts],
  };
}

function affinity({ group, key, site }: JobOrder): V1Affinity {
  const onNodes = nodeAffinity(group.instance);
  return {
    ...(Object.keys(onNodes).length === 0 ? {} : { nodeAffinity: onNodes }),
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
